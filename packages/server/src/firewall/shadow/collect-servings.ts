import { performance } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import { LOOK } from "../decisions/decision.ts";
import type { DecisionRow } from "../decisions/read-decisions.ts";

const HOUR_MS = 3_600_000;

/** What one person, for one project, fetched within an hour. */
export interface Serving {
  /** When first, in milliseconds. */
  at: number;
  principal: string;
  project: string | null;
  count: number;
}

/** A version that was served, with everything that is known of it. */
export interface ServedPackageVersion {
  registryId: string;
  name: string;
  version: string;
  servings: Serving[];
}

/** What a rule refused for real. */
export interface RealRefusals {
  rule: string;
  /** `name@version`, each once. */
  versions: Set<string>;
  people: Set<string>;
  count: number;
}

/** What the log of decisions tells of some time. */
export interface Traffic {
  versions: ServedPackageVersion[];
  downloads: number;
  refusals: RealRefusals[];
  /** True when there was more than is told. */
  isCut: boolean;
}

export interface TrafficLimits {
  /** On the clock of `performance.now()`. */
  giveUpAt: number;
  versionsMax: number;
  servingsMax: number;
}

/** Adds decisions, the newest first, up by version, by who asked and by the hour. What is beyond the limits is left out. */
export async function collectServings(
  pages: AsyncIterable<readonly DecisionRow[]>,
  limits: TrafficLimits,
): Promise<Traffic> {
  const versions = new Map<string, ServedPackageVersion>();
  const servings = new Map<string, Serving>();
  const refusals = new Map<string, RealRefusals>();
  const traffic = { downloads: 0, isCut: false };

  function addServed(row: DecisionRow): void {
    const key = `${row.registry_id}\n${row.name}\n${row.version}`;
    const servingKey = [key, row.principal, row.project ?? "", Math.floor(row.at / HOUR_MS)].join("\n");
    traffic.downloads += row.count;
    const known = servings.get(servingKey);
    if (known !== undefined) {
      known.count += row.count;
      known.at = Math.min(known.at, row.at);
      return;
    }
    const version = versions.get(key);
    const isRoom = version !== undefined || versions.size < limits.versionsMax;
    if (!isRoom || servings.size >= limits.servingsMax) {
      traffic.isCut = true;
      return;
    }
    const { at, principal, project, count, registry_id: registryId, name } = row;
    const serving = { at, principal, project, count };
    servings.set(servingKey, serving);
    if (version === undefined) {
      versions.set(key, { registryId, name, version: row.version, servings: [serving] });
    } else {
      version.servings.push(serving);
    }
  }

  for await (const rows of pages) {
    for (const row of rows) {
      if (row.outcome === "served" && row.purpose !== LOOK) addServed(row);
      else if (row.outcome === "refused") addRefusal(refusals, row, limits);
    }
    if (performance.now() > limits.giveUpAt) {
      traffic.isCut = true;
      break;
    }
    await nextTurn();
  }
  return { ...traffic, versions: [...versions.values()], refusals: [...refusals.values()] };
}

function addRefusal(
  refusals: Map<string, RealRefusals>,
  row: DecisionRow,
  { versionsMax }: TrafficLimits,
): void {
  const rule = row.rule ?? "";
  const found = refusals.get(rule) ?? { rule, versions: new Set(), people: new Set(), count: 0 };
  refusals.set(rule, found);
  found.count += row.count;
  if (found.versions.size < versionsMax) found.versions.add(`${row.name}@${row.version}`);
  if (found.people.size < versionsMax) found.people.add(row.principal);
}
