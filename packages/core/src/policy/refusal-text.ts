import { isoOf } from "./opinion.ts";
import type { Verdict } from "./verdict.ts";

/** Long reasons are cut: the text is also a response header. */
const REASON_LENGTH_MAX = 300;
const ALTERNATIVES_MAX = 3;

/** What is refused, and where. */
interface RefusedSubject {
  name: string;
  version: string;
  registry: string;
  /** A page on which an exception can be asked for, if it is known here. */
  requestUrl?: string;
  /** True where no version of the package is left; the verdict is about one of them. */
  isWholePackage?: boolean;
}

/**
 * The one line that a person at a terminal sees when a version is refused: what, where, until when, why, which
 * rule, and what to do. Line breaks and control characters of the reason are gone.
 *
 * @example refusalText(verdict, { name: "left", version: "1.1.0", registry: "default" })
 * // 'left@1.1.0 is blocked in the registry default: miner in postinstall (rule operator-status, set by ada).
 * Ask …'
 */
export function refusalText(verdict: Verdict, subject: RefusedSubject): string {
  const setBy = verdict.evidence["setBy"];
  const source = typeof setBy === "string" ? `rule ${verdict.rule}, set by ${setBy}` : `rule ${verdict.rule}`;
  const reason = shorten(oneLine(verdict.reason)).replace(/\.$/u, "") || "no reason was given";
  const { name, version, registry } = subject;
  const what = `${name}@${version} is ${wordFor(verdict)} in the registry ${registry}`;
  const scope = subject.isWholePackage === true ? `Every version of ${name} is refused. ` : "";
  return oneLine(`${scope}${what}: ${reason} (${source}). ${advice(verdict, subject)}`);
}

function wordFor({ outcome, until }: Verdict): string {
  const words = { hold: "held", hide: "hidden", deny: "blocked", warn: "allowed", allow: "allowed" };
  const end = isoOf(until);
  return end === null ? words[outcome] : `${words[outcome]} until ${end}`;
}

function advice(verdict: Verdict, { requestUrl, isWholePackage }: RefusedSubject): string {
  const best = verdict.alternatives.slice(0, ALTERNATIVES_MAX).join(" or ");
  const other = isWholePackage === true ? "Choose another package" : "Choose another version";
  const use = best === "" ? other : `Use ${best}`;
  const ask = (forWhat: string): string =>
    requestUrl === undefined ? `ask an administrator of this registry ${forWhat}` : `ask at ${requestUrl}`;
  switch (verdict.rule) {
    case "malware":
      return `${use}; only two administrators together can let it pass.`;
    case "name-claim":
      return "Publish the package here, or ask an administrator of this registry to change the claim.";
    case "published-secret":
      return `Take it out, replace it where it is in use, and publish again; or ${ask("to allow it")}.`;
    case "integrity-change":
      return `${use}, or ask an administrator of this registry to look into it.`;
    default:
      return `${use}, or ${ask("to allow it")}.`;
  }
}

function oneLine(text: string): string {
  return text.replace(/[\p{C}\s]+/gu, " ").trim();
}

function shorten(text: string): string {
  return text.length > REASON_LENGTH_MAX ? `${text.slice(0, REASON_LENGTH_MAX)}…` : text;
}
