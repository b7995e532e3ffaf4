import { openSync, closeSync, fstatSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { parseEpss, parseKev, type EvidenceByCve } from "@entrepot/core";
import { ImportRefusal } from "./import-refusal.ts";

/** Largest catalogue or list of scores, unpacked. */
const OVERLAY_BYTES_MAX = 128 * 1024 * 1024;

/** Reads the files of overlays, of which any may be missing. Throws {@link ImportRefusal}. */
export function readOverlays(paths: { kev: string | null; epss: string | null }): EvidenceByCve {
  return {
    kev: paths.kev === null ? new Map() : readKev(paths.kev),
    epss: paths.epss === null ? new Map() : readEpss(paths.epss),
  };
}

/** Counts the entries of one overlay. Throws {@link ImportRefusal} when it cannot be read. */
export function countOverlay(kind: "kev" | "epss", path: string): number {
  return kind === "kev" ? readKev(path).size : readEpss(path).size;
}

function readKev(path: string): EvidenceByCve["kev"] {
  const parsed = parseKev(jsonOf(plainText(path)));
  if ("problem" in parsed) throw new ImportRefusal(`this is no catalogue: ${parsed.problem}`);
  return parsed.entries;
}

function readEpss(path: string): EvidenceByCve["epss"] {
  const parsed = parseEpss(plainText(path));
  if ("problem" in parsed) throw new ImportRefusal(`this is no list of scores: ${parsed.problem}`);
  return parsed.scores;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ImportRefusal("this is not JSON, or not all of it");
  }
}

/** The text of a file that may be gzip-compressed, once or, where a server did so again, twice. */
function plainText(path: string): string {
  let bytes = boundedBytes(path);
  for (let times = 0; times < 2 && isGzip(bytes); times += 1) {
    bytes = unpacked(bytes);
  }
  return bytes.toString("utf8");
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function boundedBytes(path: string): Buffer {
  const fd = openSync(path, "r");
  try {
    if (fstatSync(fd).size > OVERLAY_BYTES_MAX) throw tooLarge();
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

function unpacked(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: OVERLAY_BYTES_MAX });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge();
    throw new ImportRefusal("it is not whole, valid gzip");
  }
}

function tooLarge(): ImportRefusal {
  return new ImportRefusal(`it is larger than ${OVERLAY_BYTES_MAX} bytes`);
}
