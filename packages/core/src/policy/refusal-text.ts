import type { Verdict } from "./verdict.ts";

/** Long reasons are cut: the text is also a response header. */
const REASON_LENGTH_MAX = 300;

/**
 * The one line that a person at a terminal sees when a version is refused: what, where, which rule, why, and
 * what to do. Line breaks and control characters of the reason are gone.
 *
 * @example refusalText(verdict, { name: "left", version: "1.1.0", registry: "default" })
 * // 'left@1.1.0 is blocked in the registry default: miner in postinstall (rule operator-status, set by ada).
 * Ask …'
 */
export function refusalText(
  verdict: Verdict,
  subject: { name: string; version: string; registry: string },
): string {
  const setBy = verdict.evidence["setBy"];
  const source = typeof setBy === "string" ? `rule ${verdict.rule}, set by ${setBy}` : `rule ${verdict.rule}`;
  const reason = shorten(oneLine(verdict.reason)).replace(/\.$/u, "") || "no reason was given";
  const { name, version, registry } = subject;
  const what = `${name}@${version} is ${wordFor(verdict)} in the registry ${registry}`;
  return oneLine(`${what}: ${reason} (${source}). ${advice(verdict)}`);
}

function wordFor(verdict: Verdict): string {
  if (verdict.outcome === "hold") {
    return verdict.until === null ? "held" : `held until ${new Date(verdict.until).toISOString()}`;
  }
  return verdict.outcome === "hide" ? "hidden" : "blocked";
}

function advice(verdict: Verdict): string {
  const ask = "ask an administrator of this registry to allow it";
  if (verdict.alternatives.length === 0) return `Choose another version, or ${ask}.`;
  return `Use ${verdict.alternatives.slice(0, 3).join(" or ")}, or ${ask}.`;
}

function oneLine(text: string): string {
  return text.replace(/[\p{C}\s]+/gu, " ").trim();
}

function shorten(text: string): string {
  return text.length > REASON_LENGTH_MAX ? `${text.slice(0, REASON_LENGTH_MAX)}…` : text;
}
