import {
  EntrepotError,
  isEntrepotError,
  NEVER_LIFTED,
  normalizeVersion,
  parsePackageName,
  type Principal,
  type RuleId,
  type Verdict,
} from "@entrepot/core";
import { listExceptions, type ExceptionRecord } from "../../firewall/index.ts";
import type { OwnSession } from "../../identity/index.ts";
import type { Registry } from "../../registry/index.ts";
import { exceptionViewOf, isOwnerOf, mayDecideOn, type ExceptionView } from "../exception-rights.ts";
import { findSession } from "../session-cookie.ts";
import type { PageContext } from "./page.ts";

/** What a request is about, as the URL says it. */
export interface Asked {
  registry: string;
  name: string;
  /** Empty when the whole package is meant. */
  version: string;
}

/** What a page may show to whoever opened it. */
export interface RequestState {
  asked: Asked;
  session: OwnSession | null;
  /** Null: there is no such registry, or it is not theirs to see. */
  registry: Registry | null;
  /** Why the version is refused; null when it is not, or nothing is known of it. */
  verdict: Verdict | null;
  /** Versions that are refused, where no single one is meant. */
  hidden: ReadonlyMap<string, Verdict>;
  /** Requests and exceptions about the package: their own, and those that they may decide on. */
  records: readonly ExceptionRecord[];
  view: ExceptionView;
}

const RECORDS_MAX = 20;
const ANONYMOUS: Principal = { kind: "anonymous" };

/** Reads the URL. Throws `request-invalid`, `name-invalid` and `version-invalid`. */
export function askedIn(query: URLSearchParams): Asked {
  const [registry, name, version] = ["registry", "package", "version"].map((key) => query.get(key) ?? "");
  if (!registry || !name) {
    throw new EntrepotError("request-invalid", {
      message: "This page needs a registry and a package; open it by the URL that the refusal shows.",
    });
  }
  const normal = version ? normalizeVersion(version) : "";
  if (normal === null) throw new EntrepotError("version-invalid");
  return { registry: registry.toLowerCase(), name: parsePackageName(name).full, version: normal };
}

/** Gathers what the page shows. No upstream is asked because somebody opens a page. */
export async function requestState(context: PageContext, asked: Asked): Promise<RequestState> {
  const { deps, request } = context;
  const session = await findSession(deps, request);
  const principal = session?.principal ?? ANONYMOUS;
  const view = await exceptionViewOf(deps, principal);
  const registry = await visibleRegistry(context, asked, principal);
  const hidden = registry === null ? new Map<string, Verdict>() : await hiddenIn(context, registry, asked);
  return {
    asked,
    session,
    registry,
    verdict: hidden.get(asked.version) ?? null,
    hidden: asked.version === "" ? hidden : new Map<string, Verdict>(),
    records: registry === null || session === null ? [] : await recordsOf(context, { asked, registry, view }),
    view,
  };
}

async function visibleRegistry(
  { deps }: PageContext,
  asked: Asked,
  principal: Principal,
): Promise<Registry | null> {
  const registry = (await deps.registries.snapshot()).byName.get(asked.registry);
  if (registry === undefined || !registry.active) return null;
  const target = { registry, packageName: asked.name };
  return (await deps.access.ask({ principal, permission: "view", target })).allowed ? registry : null;
}

async function hiddenIn(
  { deps }: PageContext,
  registry: Registry,
  { name }: Asked,
): Promise<ReadonlyMap<string, Verdict>> {
  try {
    return (await deps.verdicts.of(registry, name, { cachedOnly: true })).hidden;
  } catch (error) {
    if (isEntrepotError(error, "package-not-found")) return new Map();
    throw error;
  }
}

async function recordsOf(
  { deps }: PageContext,
  { asked, registry, view }: { asked: Asked; registry: Registry; view: ExceptionView },
): Promise<ExceptionRecord[]> {
  const records = await listExceptions(deps, {
    workspaceId: deps.workspaceId,
    filter: { registryId: registry.id, packageName: asked.name },
    cursor: null,
    limit: RECORDS_MAX,
  });
  return records.filter((record) => isOwnerOf(view, record) || mayDecideOn(view, record));
}

/** The rule that an exception would have to lift; null where none can. */
export function liftable({ rule }: Verdict): RuleId | null {
  return rule === "default" || rule === "exception" || NEVER_LIFTED.has(rule) ? null : rule;
}
