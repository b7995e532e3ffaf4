import { existsSync, readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** Where the build puts the console, seen from the modules and the one file in dist, and from the source. */
const PLACES = [new URL("../console/", import.meta.url), new URL("../../console/", import.meta.url)];
const PLACE_FROM_SOURCE = new URL("../../../dist/console/", import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

/** How a file may be encoded, the smallest first, and what its name ends with then. */
const ENCODINGS = [
  { name: "br", ending: ".br" },
  { name: "gzip", ending: ".gz" },
] as const;

/** A file of the console as it is sent. */
export interface ConsoleFile {
  type: string;
  /** Null for the file as it is. */
  encoding: "br" | "gzip" | null;
  bytes: Uint8Array;
}

/** The built console. */
export interface ConsoleFiles {
  /** The page that every URL of the console gets. */
  page: string;
  /** Reads a file with a hashed name, in an encoding that `accepts` takes; null when there is none of that name. */
  read(name: string, accepts: (encoding: "br" | "gzip") => boolean): Promise<ConsoleFile | null>;
}

/** Tells whether there is a console; there may be none in a server that runs from its source. */
export function hasConsole(): boolean {
  return findPlace() !== undefined;
}

function findPlace(): URL | undefined {
  return [...PLACES, PLACE_FROM_SOURCE].find((url) => existsSync(new URL("index.html", url)));
}

/** Opens what was built; null where nothing was. */
export function openConsoleFiles(): ConsoleFiles | null {
  const place = findPlace();
  if (place === undefined) return null;
  const assets = new URL("assets/", place);
  const names = new Set(readdirSync(fileURLToPath(assets)));
  return {
    page: readFileSync(new URL("index.html", place), "utf8"),
    async read(name, accepts) {
      const type = TYPES[name.slice(name.lastIndexOf(".") + 1)];
      if (type === undefined || !names.has(name)) return null;
      const encoding = ENCODINGS.find((known) => names.has(name + known.ending) && accepts(known.name));
      const bytes = await readFile(new URL(name + (encoding?.ending ?? ""), assets));
      return { type, encoding: encoding?.name ?? null, bytes };
    },
  };
}
