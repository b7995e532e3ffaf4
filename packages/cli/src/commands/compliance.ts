import { part } from "../api.ts";
import { textOption } from "../command.ts";
import type { ClientCommand, CommandContext } from "../command.ts";
import { EXIT, usageFailure, type ExitCode } from "../failure.ts";
import { plainText } from "../plain-text.ts";
import { packageWord } from "./package-word.ts";

const REGISTRY_USUAL = "default";
const COLUMNS = ["rule", "result", "counts", "source", "reason"];

interface Reason extends Record<string, unknown> {
  reason: string;
}

interface Compliance {
  registry: string;
  package: string;
  version: string;
  at: string;
  result: string;
  advisories: { currentAt: string | null };
  reasons: Reason[];
  shadow: Reason[];
}

function shown({ reason, ...rest }: Reason): Record<string, unknown> {
  return { ...rest, reason: plainText(reason) };
}

function show({ io, print }: CommandContext, found: Compliance): void {
  const { result, registry, version, at, advisories, reasons, shadow } = found;
  io.out(`${plainText(found.package)}@${version} in the registry ${registry}: ${result}.\n`);
  if (reasons.length > 0) {
    io.out("\n");
    print.list(reasons.map(shown), COLUMNS);
  }
  if (shadow.length > 0) {
    io.out("\nRules that only report:\n");
    print.list(shadow.map(shown), COLUMNS);
  }
  const data =
    advisories.currentAt === null ? "without advisory data" : `with advisory data of ${advisories.currentAt}`;
  io.out(`\nJudged at ${at}, ${data}.\n`);
}

async function compliance(context: CommandContext): Promise<ExitCode> {
  const { words, options, api, print } = context;
  const { name, range } = packageWord(words[0] ?? "");
  if (range === "*") throw usageFailure(`Say which version, as in ${name}@1.2.3.`);
  const registry = textOption(options, "registry") ?? REGISTRY_USUAL;
  const path = `/registries/${part(registry)}/packages/${part(name)}/versions/${part(range)}/compliance`;
  const found = await api.call<Compliance>("GET", path);
  if (print.asJson) print.one(found);
  else show(context, found);
  return found.result === "noncompliant" ? EXIT.refused : EXIT.done;
}

/** `entrepot compliance`. */
export const COMPLIANCE_COMMANDS: readonly ClientCommand[] = [
  {
    name: "compliance",
    summary: "Say whether a version is as policy wants it, rule by rule.",
    words: ["<package@version>"],
    options: {
      registry: { type: "string", value: "NAME", what: `In this registry; ${REGISTRY_USUAL} when left out.` },
    },
    run: compliance,
  },
];
