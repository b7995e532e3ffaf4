import { EntrepotError, isEntrepotError, parsePackageName } from "@entrepot/core";
import { gunzipInBackground } from "../../threads/index.ts";
import type { NpmContext } from "../context.ts";

const NAMES_MAX = 20_000;
const VERSIONS_MAX = 1000;
const VERSION_CHARS_MAX = 256;

/** What is in use, by the name of its package. */
export type AskedVersions = ReadonlyMap<string, readonly string[]>;

/**
 * Reads the body of an audit, compressed or not, of at most `bytesMax` bytes either way. Throws `request-invalid` and
 * `body-too-large`.
 */
export async function readAuditBody(
  { request, body }: Pick<NpmContext, "request" | "body">,
  bytesMax: number,
): Promise<Uint8Array> {
  const encoding = request.headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  if (encoding === "identity" || encoding === "") return await body.bytes(bytesMax);
  if (encoding === "gzip" || encoding === "x-gzip") {
    return await gunzipInBackground(await body.bytes(bytesMax), bytesMax);
  }
  throw invalid(`The body comes as "${encoding.slice(0, 50)}"; send it as gzip or as it is.`);
}

/** Reads what a bulk audit asks about: versions by name. Throws `request-invalid`. */
export function readBulkRequest(body: Uint8Array): AskedVersions {
  const given = objectIn(body);
  const names = Object.keys(given);
  if (names.length > NAMES_MAX) throw invalid(`An audit is about at most ${NAMES_MAX} packages.`);
  return new Map(names.map((name) => [checkedName(name), checkedVersions(name, given[name])]));
}

/** The JSON object in a body. Throws `request-invalid`. */
export function objectIn(body: Uint8Array): Record<string, unknown> {
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid("The request body is not valid JSON.", cause);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw invalid("The request body must be a JSON object.");
}

function checkedName(name: string): string {
  try {
    return parsePackageName(name).full;
  } catch (error) {
    if (!isEntrepotError(error)) throw error;
    throw invalid(`An audit is a JSON object of package name to versions. ${error.message}`, error);
  }
}

function checkedVersions(name: string, given: unknown): string[] {
  if (!Array.isArray(given) || given.length > VERSIONS_MAX) {
    throw invalid(`The versions of ${name} must be a list of at most ${VERSIONS_MAX}.`);
  }
  const versions = new Set<string>();
  for (const version of given as unknown[]) {
    if (typeof version !== "string" || version.length > VERSION_CHARS_MAX) {
      throw invalid(`A version of ${name} is no text of at most ${VERSION_CHARS_MAX} characters.`);
    }
    versions.add(version);
  }
  return [...versions];
}

function invalid(message: string, cause?: unknown): EntrepotError {
  return new EntrepotError("request-invalid", { message, ...(cause === undefined ? {} : { cause }) });
}
