import type { FoundSecret } from "@entrepot/core";
import { SECRET_KINDS, type SecretKind } from "./secret-kinds.ts";

/** Of larger files only the beginning is looked at. */
export const SEARCHED_FILE_BYTES_MAX: number = 4 * 1024 ** 2;
/** After so much of one tarball nothing more is looked at. */
const SEARCHED_BYTES_MAX = 256 * 1024 ** 2;
/** One is enough for a refusal; a few spare publishers a round for each. */
const FINDINGS_MAX = 5;
/** Of one marker in one file; a file with more is no file with secrets. */
const HITS_MAX = 1000;
/** The longest private keys that are in use have 16384 bits. */
const SECRET_CHARS_MAX = 16 * 1024;
const PATH_CHARS_MAX = 160;
const NEWLINE = 0x0a;

/** Looks for secrets in the files of one tarball. What it tells of them never has a part of the secret. */
export class SecretFinder {
  readonly #found: FoundSecret[] = [];
  #searchedBytes = 0;

  /** The first few secrets, in the order of the files. */
  get found(): readonly FoundSecret[] {
    return this.#found;
  }

  /** Tells whether there is any use in giving it one more file. */
  isSearching(): boolean {
    return this.#found.length < FINDINGS_MAX && this.#searchedBytes < SEARCHED_BYTES_MAX;
  }

  /** Looks through a file; `path` is its path in the package, with `/`. */
  search(path: string, content: Buffer): void {
    this.#searchedBytes += content.length;
    const fileName = path.slice(path.lastIndexOf("/") + 1);
    const places = new Map<number, string>();
    for (const kind of SECRET_KINDS) {
      if (kind.fileName !== undefined && !kind.fileName.test(fileName)) continue;
      for (const marker of kind.markers) addPlaces(places, { content, kind, marker });
    }
    const inOrder = [...places].sort(([first], [second]) => first - second);
    const byLine = new Map<number, string>();
    for (const [at, kind] of inOrder) {
      const line = lineOf(content, at);
      if (!byLine.has(line)) byLine.set(line, kind);
    }
    for (const [line, kind] of [...byLine].slice(0, FINDINGS_MAX - this.#found.length)) {
      this.#found.push({ kind, file: shown(path), line });
    }
  }
}

function addPlaces(
  places: Map<number, string>,
  { content, kind, marker }: { content: Buffer; kind: SecretKind; marker: string },
): void {
  let at = content.indexOf(marker, 0, "latin1");
  for (let hits = 0; at !== -1 && hits < HITS_MAX; hits += 1) {
    const isInside = at > 0 && isWord(content[at - 1] as number) && isWord(marker.charCodeAt(0));
    const text = isInside ? "" : content.toString("latin1", at, at + SECRET_CHARS_MAX);
    if (text !== "" && kind.isSecret(text)) {
      places.set(at, kind.kind);
      if (places.size >= FINDINGS_MAX) return;
    }
    at = content.indexOf(marker, at + marker.length, "latin1");
  }
}

// Letters, digits and `_`; a token that begins inside of a word is a part of something else.
function isWord(byte: number): boolean {
  const isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
  return isLetter || (byte >= 0x30 && byte <= 0x39) || byte === 0x5f;
}

function lineOf(content: Buffer, at: number): number {
  let line = 1;
  for (let end = content.indexOf(NEWLINE); end !== -1 && end < at; end = content.indexOf(NEWLINE, end + 1)) {
    line += 1;
  }
  return line;
}

function shown(path: string): string {
  return path.length > PATH_CHARS_MAX ? `…${path.slice(-PATH_CHARS_MAX)}` : path;
}
