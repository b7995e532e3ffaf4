import { EntrepotError } from "@entrepot/core";

/** Longest request target that is read: a fully percent-encoded name of 214 characters, a version and room to spare. */
const TARGET_CHARS_MAX = 4096;
const PREFIX_NAMES: ReadonlySet<string> = new Set(["npm", "r"]);
// Characters that no path of ours holds and that proxies, file systems or logs read in their own ways.
// oxlint-disable-next-line no-control-regex -- refusing control characters is the point
const DANGEROUS = /[\u0000-\u001f\u007f\\]/;

/** A request target, decoded once and cut at every slash, however it was spelled. */
export interface RequestPath {
  /** Decoded segments; a trailing slash leaves no trace. */
  segments: readonly string[];
  /** The text after `?`, or an empty text. */
  query: string;
}

/**
 * Reads a raw request target. `%2f`, `%2F`, `%40` and their plain spellings come out alike. Throws
 * `request-invalid` for broken percent-encoding, dot segments, empty segments and control characters.
 */
export function parseRequestPath(target: string): RequestPath {
  if (target.length > TARGET_CHARS_MAX) {
    throw invalidTarget(`The URL is longer than ${TARGET_CHARS_MAX} characters.`);
  }
  if (!target.startsWith("/")) {
    throw invalidTarget("The request target must be a path that starts with a slash.");
  }
  const queryStart = target.indexOf("?");
  const rawPath = queryStart === -1 ? target : target.slice(0, queryStart);
  const path = decodePath(rawPath);
  const segments = path.slice(1).split("/");
  if (segments.at(-1) === "") segments.pop();
  for (const segment of segments) {
    if (segment === "" || segment === "." || segment === "..") {
      throw invalidTarget("The URL holds an empty segment or a dot segment; write the path without them.");
    }
  }
  return { segments, query: queryStart === -1 ? "" : target.slice(queryStart + 1) };
}

/** The npm endpoint that a path addresses: `/npm/<registry>/…` or `/r/<registry>/…`. */
export interface NpmAddress {
  /** Lower case. */
  registryName: string;
  /** `/npm/<registry>` or `/r/<registry>`, as the client came, without a trailing slash. */
  prefix: string;
  /** What follows the registry. */
  rest: readonly string[];
}

/** Splits the npm prefix off, or returns null when the path is none of the npm protocol's. */
export function npmAddressOf(path: RequestPath): NpmAddress | null {
  const [prefixName, registry, ...rest] = path.segments;
  if (prefixName === undefined || registry === undefined || !PREFIX_NAMES.has(prefixName)) return null;
  const registryName = registry.toLowerCase();
  return { registryName, prefix: `/${prefixName}/${registryName}`, rest };
}

function decodePath(rawPath: string): string {
  let path = rawPath;
  if (rawPath.includes("%")) {
    try {
      path = decodeURIComponent(rawPath);
    } catch (cause) {
      throw new EntrepotError("request-invalid", { message: "The URL's percent-encoding is broken.", cause });
    }
  }
  if (DANGEROUS.test(path)) {
    throw invalidTarget("The URL holds a control character or a backslash.");
  }
  return path;
}

function invalidTarget(message: string): EntrepotError {
  return new EntrepotError("request-invalid", { message });
}
