import { part } from "../api.ts";
import { given, textOption } from "../command.ts";
import type { ClientCommand, CommandContext, OptionSpec } from "../command.ts";
import { EXIT, usageFailure, type ExitCode } from "../failure.ts";
import { plainText } from "../plain-text.ts";
import { packageWord } from "./package-word.ts";

const REGISTRY_USUAL = "default";
const COLUMNS = ["id", "registry", "package", "version", "rule", "mode", "result", "openedAt", "reason"];
const RULE_COLUMNS = ["version", "rule", "mode", "outcome", "counts", "source", "reason"];
const RULE: OptionSpec = { type: "string", value: "RULE", what: "Only of this rule." };
const IN_REGISTRY: OptionSpec = {
  type: "string",
  value: "NAME",
  what: `In this registry; ${REGISTRY_USUAL} when left out.`,
};

interface CheckedVersion {
  version: string;
  result: string;
  before: string | null;
  rules: CheckedRule[];
}

interface CheckedRule {
  rule: string;
  outcome: string | null;
  reason: string | null;
}

interface Analysis {
  registry: string;
  package: string;
  analysedAt: string;
  analysedBefore: string | null;
  versions: CheckedVersion[];
  opened: { version: string; rule: string }[];
  closed: { version: string; rule: string }[];
}

function shown(finding: Record<string, unknown>): Record<string, unknown> {
  return { ...finding, reason: plainText(String(finding["reason"])) };
}

async function list({ options, api, print }: CommandContext): Promise<void> {
  const registry = textOption(options, "registry");
  const names = ["state", "mode", "rule", "package", "version"];
  const chosen = given(Object.fromEntries(names.map((name) => [name, textOption(options, name)])));
  const query = new URLSearchParams(chosen as Record<string, string>).toString();
  const path = registry === undefined ? "/findings" : `/registries/${part(registry)}/findings`;
  const items = await api.list(query === "" ? path : `${path}?${query}`);
  print.list(print.asJson ? items : items.map(shown), COLUMNS);
}

function pathOf({ words: [id = ""], options }: CommandContext): string {
  const registry = textOption(options, "registry") ?? REGISTRY_USUAL;
  return `/registries/${part(registry)}/findings/${part(id)}`;
}

async function show(context: CommandContext): Promise<void> {
  const { api, print } = context;
  const finding = await api.call<Record<string, unknown>>("GET", pathOf(context));
  print.one(print.asJson ? finding : shown(finding));
}

async function close(context: CommandContext): Promise<void> {
  const { words, options, api, print } = context;
  const note = textOption(options, "note");
  if (note === undefined) throw usageFailure('Say why, such as --note "only used in tests".');
  const finding = await api.call<Record<string, unknown>>("POST", `${pathOf(context)}/close`, { note });
  print.done(`Closed the finding ${words[0] ?? ""}.`, finding);
}

async function reanalyse(context: CommandContext): Promise<ExitCode> {
  const { words, options, api, print } = context;
  const registry = textOption(options, "registry") ?? REGISTRY_USUAL;
  if (words[0] === undefined) {
    const job = await api.call<Record<string, unknown>>("POST", `/registries/${part(registry)}/reanalyse`);
    print.done(
      `Everything in the registry ${registry} is being judged anew, by the job ${String(job["id"])}.`,
      job,
    );
    return EXIT.done;
  }
  const { name, range } = packageWord(words[0]);
  const path = `/registries/${part(registry)}/packages/${part(name)}/reanalyse`;
  const analysis = await api.call<Analysis>("POST", path);
  const versions = analysis.versions.filter(({ version }) => range === "*" || version === range);
  if (print.asJson) print.one({ ...analysis, versions });
  else showAnalysis(context, { ...analysis, versions });
  return versions.some(({ result }) => result === "noncompliant") ? EXIT.refused : EXIT.done;
}

function showAnalysis({ io, print }: CommandContext, analysis: Analysis): void {
  const { registry, analysedAt, analysedBefore, versions, opened, closed } = analysis;
  const name = plainText(analysis.package);
  for (const { version, result, before, rules } of versions) {
    const was = before === null || before === result ? "" : `, before that ${before}`;
    io.out(`${name}@${version} in the registry ${registry}: ${result}${was}.\n\n`);
    const lines = rules.map((rule) => ({
      ...rule,
      version,
      outcome: rule.outcome ?? "nothing against it",
      reason: plainText(rule.reason ?? ""),
    }));
    print.list(lines, RULE_COLUMNS);
    io.out("\n");
  }
  for (const { version, rule } of opened) io.out(`Opened a finding: ${name}@${version}, ${rule}.\n`);
  for (const { version, rule } of closed) io.out(`Closed a finding: ${name}@${version}, ${rule}.\n`);
  io.out(`Judged at ${analysedAt}; before that ${analysedBefore ?? "never"}.\n`);
}

/** `entrepot findings …` and `entrepot reanalyse`. */
export const FINDING_COMMANDS: readonly ClientCommand[] = [
  {
    name: "findings show",
    summary: "Show a finding with its evidence.",
    words: ["<id>"],
    options: { registry: IN_REGISTRY },
    run: show,
  },
  {
    name: "findings close",
    summary: "Say that a finding may stay as it is.",
    words: ["<id>"],
    options: {
      registry: IN_REGISTRY,
      note: { type: "string", value: "TEXT", what: "Why; shown with the finding." },
    },
    run: close,
  },
  {
    name: "findings",
    summary: "List what somebody has to look at, the newest first.",
    words: [],
    options: {
      registry: { type: "string", value: "NAME", what: "Only in this registry; in all when left out." },
      state: { type: "string", value: "STATE", what: "open, closed or all; open when left out." },
      mode: {
        type: "string",
        value: "MODE",
        what: "enforce: of rules in force; shadow: of those that report.",
      },
      rule: RULE,
      package: { type: "string", value: "NAME", what: "Only of this package." },
      version: { type: "string", value: "VERSION", what: "Only of this version." },
    },
    run: list,
  },
  {
    name: "reanalyse",
    summary: "Judge a package anew, or all of a registry, and say what every rule makes of it.",
    words: ["[package]"],
    options: { registry: IN_REGISTRY },
    run: reanalyse,
  },
];
