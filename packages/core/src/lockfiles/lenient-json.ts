import { JsonScanner } from "../packument/json-scanner.ts";
import { invalidLockfile } from "./lockfile.ts";

/**
 * Parses JSON, also with comments and with commas after the last item.
 *
 * @throws EntrepotError `request-invalid`; says the line
 */
export function parseLenientJson(text: string): unknown {
  const plain = withoutExtras(text);
  try {
    return JSON.parse(plain) as unknown;
  } catch (cause) {
    throw invalidLockfile(`it is not valid JSON${placeOfFault(plain)}`, cause);
  }
}

// Not every engine says where it stopped.
function placeOfFault(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const scanner = new JsonScanner(bytes, { code: "request-invalid", subject: "It" });
  const lineOf = (at: number): number => new TextDecoder().decode(bytes.subarray(0, at)).split("\n").length;
  try {
    const end = scanner.skipSpace(scanner.skipValue(scanner.skipSpace(0), 1));
    return ` in line ${lineOf(end)}: something follows its end`;
  } catch (error) {
    const fault = /: (.+) at byte (\d+)\.$/su.exec(error instanceof Error ? error.message : "");
    return fault === null ? "" : ` in line ${lineOf(Number(fault[2]))}: ${fault[1] ?? ""}`;
  }
}

// What is taken out becomes blanks, so that positions stay what they are.
function withoutExtras(text: string): string {
  const parts: string[] = [];
  let done = 0;
  for (const { from, to } of extrasOf(text)) {
    parts.push(text.slice(done, from), text.slice(from, to).replace(/[^\n]/gu, " "));
    done = to;
  }
  return parts.join("") + text.slice(done);
}

interface Stretch {
  from: number;
  to: number;
}

/** Comments, and commas after the last item, in the order of the text. */
function extrasOf(text: string): Stretch[] {
  const extras: Stretch[] = [];
  let comma = -1;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] as string;
    const end = character === "/" ? commentEnd(text, at) : at;
    if (end > at) {
      extras.push({ from: at, to: end });
      at = end - 1;
      continue;
    }
    if ((character === "]" || character === "}") && comma !== -1) extras.push({ from: comma, to: comma + 1 });
    if (character === '"') at = stringEnd(text, at);
    if (character === ",") comma = at;
    else if (!/\s/u.test(character)) comma = -1;
  }
  return extras.toSorted((one, other) => one.from - other.from);
}

/** Where the comment that starts here ends; the start itself if none does. */
function commentEnd(text: string, start: number): number {
  const next = text[start + 1];
  if (next !== "/" && next !== "*") return start;
  const end = next === "/" ? text.indexOf("\n", start) : text.indexOf("*/", start + 2);
  if (end === -1) return text.length;
  return next === "/" ? end : end + 2;
}

/** Where the string that starts here has its closing quote; the end of the text if it has none. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === '"') return at;
  }
  return text.length;
}
