import { part } from "../api.ts";
import { textOption } from "../command.ts";
import type { ClientCommand, CommandContext } from "../command.ts";
import { EXIT, type ExitCode } from "../failure.ts";
import { plainText, shellWord } from "../plain-text.ts";
import { packageWord } from "./package-word.ts";

const REGISTRY_USUAL = "default";
const ROWS_MAX = 20;

interface Verdict {
  outcome: string;
  rule: string;
  reason: string;
  until: string | null;
}

interface Opinion extends Verdict {
  mode: string;
  exception: { id: string; expiresAt: string | null } | null;
}

interface Candidate {
  version: string;
  isHidden: boolean;
  verdict: Verdict;
  opinions: Opinion[];
  publishedAt: string | null;
  deprecated: string | null;
}

/** What the server explains. */
interface Explanation {
  registry: string;
  package: string;
  origin: string;
  claim: string | null;
  upstream: { name: string; freshUntil: string | null; isFresh: boolean } | null;
  advisories: { epoch: number | null; currentAt: string | null };
  withoutPolicy: string | null;
  chosen: string | null;
  refusal: { version: string } | null;
  candidates: Candidate[];
  candidateCount: number;
  hiddenCount: number;
  tagMoves: { tag: string; from: string; to: string | null; isOtherLine?: boolean }[];
  text: string;
  exceptionUrl: string | null;
}

const STATES: Readonly<Record<string, string>> = { hold: "held", hide: "hidden", deny: "blocked" };

function stateOf({ isHidden, verdict }: Candidate): string {
  if (isHidden) return STATES[verdict.outcome] ?? verdict.outcome;
  if (verdict.rule === "exception") return "excepted";
  return verdict.outcome === "warn" ? "warned of" : "listed";
}

/** What else is against a version, without being what decides. */
function othersAgainst({ opinions, verdict, isHidden }: Candidate): string[] {
  const against = opinions.filter(
    ({ outcome, rule }) => outcome !== "allow" && !(isHidden && rule === verdict.rule),
  );
  // A rule that is off is nothing to worry about; programs find it in the JSON.
  return against
    .filter(({ mode }) => mode !== "off")
    .map(({ rule, mode, outcome, exception }) => {
      if (exception !== null) {
        const end = exception.expiresAt === null ? "" : ` until ${exception.expiresAt}`;
        return `${rule} (excepted${end})`;
      }
      if (mode !== "enforce") return `${rule} (${mode}: would ${outcome})`;
      return outcome === "warn" ? `${rule} (warns)` : rule;
    });
}

function rowOf(candidate: Candidate): Record<string, unknown> {
  const { version, verdict, publishedAt, deprecated } = candidate;
  const isTelling = verdict.rule !== "default";
  return {
    version,
    state: stateOf(candidate),
    rule: isTelling ? verdict.rule : null,
    until: verdict.until,
    published: publishedAt,
    because: isTelling ? plainText(verdict.reason) : null,
    alsoAgainst: othersAgainst(candidate),
    deprecated,
  };
}

/** Lines about where all of it comes from. */
function sourcesOf(found: Explanation): string[] {
  const { upstream, claim, advisories, origin } = found;
  const lines: string[] = [];
  if (origin === "local") lines.push("It is a package of this registry's own.");
  if (claim !== null) {
    lines.push(`No upstream is asked for this name: the claim ${claim} says that it is our own.`);
  }
  if (upstream !== null) {
    const until =
      upstream.freshUntil === null ? "" : ` ${upstream.isFresh ? "until" : "since"} ${upstream.freshUntil}`;
    const age = upstream.isFresh ? "is fresh" : "is old";
    lines.push(`The upstream ${upstream.name} answered for it; what it said ${age}${until}.`);
  }
  const { currentAt, epoch } = advisories;
  lines.push(
    currentAt === null
      ? "There is no advisory data yet."
      : `Advisory data is of ${currentAt}${epoch === null ? "" : ` (epoch ${epoch})`}.`,
  );
  return lines;
}

function isEmpty(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}

function show({ io, print }: CommandContext, found: Explanation): void {
  const { candidates, candidateCount, hiddenCount, tagMoves } = found;
  io.out(`${plainText(found.text)}\n`);
  if (candidates.length > 0) {
    io.out("\n");
    const rows = candidates.slice(0, ROWS_MAX).map(rowOf);
    // What no version has needs no column.
    const columns = Object.keys(rows[0] ?? {}).filter((column) => rows.some((row) => !isEmpty(row[column])));
    print.list(rows, columns);
    const more = candidateCount - rows.length;
    if (more > 0) io.out(`and ${more} more; ${hiddenCount} of ${candidateCount} are hidden.\n`);
  }
  io.out("\n");
  for (const { tag, from, to, isOtherLine } of tagMoves) {
    const line = isOtherLine === true ? ", which is another line of versions" : "";
    const where = to === null ? `is left out; it was ${from}` : `goes to ${to} instead of ${from}${line}`;
    io.out(`The tag ${plainText(tag)} ${where}.\n`);
  }
  for (const line of sourcesOf(found)) io.out(`${plainText(line)}\n`);
  if (found.refusal === null) return;
  const wish = shellWord(`${found.package}@${found.refusal.version}`);
  const at = found.exceptionUrl === null ? "" : ` at ${plainText(found.exceptionUrl)}, or`;
  const command = `entrepot request ${wish} --registry ${found.registry} --days 7 --reason "why you need it"`;
  io.out(`Ask for ${found.refusal.version}${at} with:\n  ${command}\n`);
}

async function why(context: CommandContext): Promise<ExitCode> {
  const { words, options, api, print } = context;
  const { name, range } = packageWord(words[0] ?? "");
  const registry = textOption(options, "registry") ?? REGISTRY_USUAL;
  const query = new URLSearchParams({ package: name, range: range === "*" ? "" : range });
  const found = await api.call<Explanation>(
    "GET",
    `/registries/${part(registry)}/explain?${query.toString()}`,
  );
  if (print.asJson) print.one(found);
  else show(context, found);
  return found.chosen === null ? EXIT.refused : EXIT.done;
}

/** `entrepot why`. */
export const WHY_COMMANDS: readonly ClientCommand[] = [
  {
    name: "why",
    summary: "Say why npm gets the version it gets, or none.",
    words: ["<package@range>"],
    options: {
      registry: { type: "string", value: "NAME", what: `In this registry; ${REGISTRY_USUAL} when left out.` },
    },
    run: why,
  },
];
