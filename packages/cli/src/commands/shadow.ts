import { part } from "../api.ts";
import { textOption } from "../command.ts";
import type { ClientCommand, CommandContext } from "../command.ts";

const SHOWN_DEFAULT = 20;

interface Sum {
  name: string;
  versions: number;
  downloads: number;
}

interface ShadowRule {
  rule: string;
  downloads: number;
  counts: Record<string, number>;
  versions: { name: string; version: string; outcome: string; downloads: number; reason: string }[];
  packages: Sum[];
  people: Sum[];
  projects: Sum[];
}

interface Report {
  days: number;
  versions: number;
  downloads: number;
  rules: ShadowRule[];
  refused: { rule: string; versions: number; people: number; refusals: number }[];
  unknown: number;
  isCut: boolean;
}

function pathOf({ options }: CommandContext): string {
  const registry = textOption(options, "registry");
  const query = new URLSearchParams();
  for (const name of ["days", "rule"]) {
    const value = textOption(options, name);
    if (value !== undefined) query.set(name, value);
  }
  const place = registry === undefined ? "/shadow" : `/registries/${part(registry)}/shadow`;
  return query.size === 0 ? place : `${place}?${query.toString()}`;
}

async function shadow(context: CommandContext): Promise<void> {
  const { api, print, io, options } = context;
  const report = await api.call<Report>("GET", pathOf(context));
  if (print.asJson) return print.one(report);
  const { days, versions, downloads, rules, refused, unknown, isCut } = report;
  io.out(`${downloads} downloads of ${versions} versions in the last ${days} days.\n`);
  if (isCut) io.out("There was more than could be looked at; ask for fewer days, or for one registry.\n");
  if (unknown > 0) io.out(`Of ${unknown} of these versions nothing is known any more.\n`);
  if (rules.length === 0) {
    const rule = textOption(options, "rule");
    io.out(
      rule === undefined
        ? "\nNo rule in shadow would have refused any.\n"
        : `\nThe rule ${rule} would have refused none.\n`,
    );
  }
  for (const rule of rules) showRule(context, rule);
  if (refused.length === 0) return;
  io.out("\nRefused for real:\n");
  print.list(refused, ["rule", "versions", "people", "refusals"]);
}

function showRule({ print, io }: CommandContext, rule: ShadowRule): void {
  const { counts, downloads } = rule;
  io.out(
    `\n${rule.rule} would have refused ${counts["versions"]} versions in ${downloads} downloads, to ` +
      `${counts["people"]} people and ${counts["projects"]} projects:\n`,
  );
  const rows = rule.versions.slice(0, SHOWN_DEFAULT);
  print.list(rows, ["name", "version", "outcome", "downloads", "reason"]);
  const more = (counts["versions"] ?? 0) - rows.length;
  if (more > 0) io.out(`and ${more} more; --json gives them.\n`);
  if (rule.people.length > 0) {
    io.out("\n");
    print.list(rule.people.slice(0, SHOWN_DEFAULT), ["name", "versions", "downloads"]);
  }
  if (rule.projects.length > 0) {
    io.out("\n");
    print.list(rule.projects.slice(0, SHOWN_DEFAULT), ["name", "versions", "downloads"]);
  }
}

/** `entrepot shadow`. */
export const SHADOW_COMMANDS: readonly ClientCommand[] = [
  {
    name: "shadow",
    summary: "Tell what rules in shadow would have refused of what was installed.",
    words: [],
    options: {
      registry: { type: "string", value: "NAME", what: "Only in this registry; in all when left out." },
      days: { type: "string", value: "N", what: "So many days back; 14 when left out." },
      rule: { type: "string", value: "RULE", what: "Only this rule, whatever its mode is." },
    },
    run: shadow,
  },
];
