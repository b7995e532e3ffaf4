import { invalidLockfile } from "./lockfile.ts";

/** An entry of yarn 1: the first of its patterns, as `name@^1.0.0`, and what stands directly below it. */
export interface ClassicBlock {
  pattern: string;
  fields: Map<string, string>;
}

/** Longest line that is read; patterns that share an entry stand on one. */
const LINE_CHARS_MAX = 256 * 1024;
/** A quoted text or a bare one, and the comma, colon or end behind it. */
const WORD = /\s*(?:("(?:[^"\\]|\\.)*")|([^\s",:][^\s,:]*))\s*([,:]?)/uy;

/**
 * Takes the format of yarn 1 apart: patterns end in a colon, what belongs to them is indented.
 *
 * @throws EntrepotError `request-invalid`; says the line
 */
export function classicBlocks(text: string): ClassicBlock[] {
  const blocks: ClassicBlock[] = [];
  text.split("\n").forEach((raw, index) => {
    const line = raw.trimEnd();
    if (line.trimStart() === "" || line.trimStart().startsWith("#")) return;
    const problem = takeLine(blocks, line);
    if (problem !== null) throw invalidLockfile(`line ${index + 1} ${problem}`);
  });
  return blocks;
}

// What is wrong with the line, or null.
function takeLine(blocks: ClassicBlock[], line: string): string | null {
  if (line.length > LINE_CHARS_MAX) return `has more than ${LINE_CHARS_MAX} characters`;
  const words = wordsOf(line);
  const [first] = words ?? [];
  if (words === null || first === undefined) return "is not what yarn writes";
  const indent = line.length - line.trimStart().length;
  if (indent > 0) return takeField(blocks.at(-1), words, indent);
  if (words.at(-1)?.end !== ":") return "names packages, but does not end in a colon";
  blocks.push({ pattern: first.text, fields: new Map() });
  return null;
}

function takeField(block: ClassicBlock | undefined, words: readonly Word[], indent: number): string | null {
  if (block === undefined) return "belongs to no package";
  if (indent % 2 !== 0) return "is indented by an odd number of blanks";
  const [name, value] = words;
  if (name?.end === ":" && value === undefined) return null;
  if (name === undefined || value === undefined || words.length > 2) return "is not a name and its value";
  // What is further in are dependencies.
  if (indent === 2) block.fields.set(name.text, value.text);
  return null;
}

interface Word {
  text: string;
  end: string;
}

function wordsOf(line: string): Word[] | null {
  const words: Word[] = [];
  let at = 0;
  while (at < line.length) {
    WORD.lastIndex = at;
    const match = WORD.exec(line);
    if (match === null) return null;
    const text = match[1] === undefined ? (match[2] ?? "") : unquoted(match[1]);
    if (text === null) return null;
    words.push({ text, end: match[3] ?? "" });
    at = WORD.lastIndex;
  }
  return words;
}

function unquoted(quoted: string): string | null {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return null; // the line is refused as a whole
  }
}
