import {
  abbreviate,
  hasInstallScripts,
  isEmptyDeprecation,
  isJsonObject,
} from "./packument/abbreviated-fields.ts";
import type { VersionFacts } from "./policy/verdict.ts";

type JsonObject = Record<string, unknown>;

/** Both forms of a manifest as JSON text, ready to be spliced into views. */
export interface ManifestSlices {
  full: string;
  abbreviated: string;
}

/** Characters after the place of the tarball's URL in a slice: the closing quote and two braces. */
export const SLICE_TAIL_LENGTH = 3;

/**
 * Serialises a manifest in both forms. `dist` stands last and in it an empty `tarball`, so that a view puts
 * the URL in at `length - 3`. A `deprecated` that says nothing is left out.
 *
 * @example
 * sliceManifest({ name: "x", version: "1.0.0", dist: {} }).full
 * // '{"name":"x","version":"1.0.0","dist":{"tarball":""}}'
 */
export function sliceManifest(manifest: Readonly<JsonObject>): ManifestSlices {
  const { dist, deprecated, ...rest } = manifest;
  const distRest: JsonObject = isJsonObject(dist) ? { ...dist } : {};
  delete distRest["tarball"];
  const ordered: JsonObject = {
    ...rest,
    ...(isEmptyDeprecation(deprecated) ? {} : { deprecated }),
    dist: { ...distRest, tarball: "" },
  };
  return { full: JSON.stringify(ordered), abbreviated: JSON.stringify(abbreviate(ordered)) };
}

/** What the manifest itself does not say about its version. */
export interface FactsOrigin {
  version: string;
  origin: VersionFacts["origin"];
  /** ISO 8601 in UTC, or null if unknown. */
  publishedAt: string | null;
  upstreamVersion?: string | null;
  otherSpellings?: readonly string[];
}

/** Takes the facts that policy needs out of a parsed manifest. Members of the wrong type count as absent. */
export function factsOfManifest(manifest: Readonly<JsonObject>, extra: FactsOrigin): VersionFacts {
  const dist = objectOf(manifest["dist"]);
  const provenance = objectOf(objectOf(dist["attestations"])["provenance"]);
  const user = objectOf(manifest["_npmUser"]);
  const facts: VersionFacts = {
    version: extra.version,
    upstreamVersion: extra.upstreamVersion ?? null,
    origin: extra.origin,
    publishedAt: extra.publishedAt,
    integrity: textOf(dist["integrity"]),
    shasum: textOf(dist["shasum"]),
    tarball: extra.origin === "local" ? null : textOf(dist["tarball"]),
    license: manifest["license"] ?? manifest["licenses"] ?? null,
    deprecated: deprecationOf(manifest["deprecated"]),
    hasInstallScript: manifest["hasInstallScript"] === true || hasInstallScripts(manifest["scripts"]),
    hasSignatures: Array.isArray(dist["signatures"]) && dist["signatures"].length > 0,
    attestations: textOf(provenance["predicateType"]),
    publisher: textOf(user["name"]),
    dependencies: dependenciesOf(manifest["dependencies"]),
    ...standingFor(user),
  };
  return extra.otherSpellings?.length ? { ...facts, otherSpellings: extra.otherSpellings } : facts;
}

/** Who stands in an account's place: a pipeline with an identity of its own, or who approved a staged release. */
function standingFor(user: JsonObject): Pick<VersionFacts, "trustedPublisher" | "approver"> {
  const trustedPublisher = textOf(objectOf(user["trustedPublisher"])["id"]);
  const approver = textOf(objectOf(user["approver"])["name"]);
  return { ...(trustedPublisher ? { trustedPublisher } : {}), ...(approver ? { approver } : {}) };
}

/** The dependencies of a manifest: those whose range is a text, or null if there is no map of them. */
export function dependenciesOf(value: unknown): Record<string, string> | null {
  if (!isJsonObject(value)) return null;
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** What a manifest's `deprecated` says; old documents also have `true`. */
export function deprecationOf(value: unknown): string | null {
  if (value === true) return "deprecated";
  return typeof value === "string" && value !== "" ? value : null;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}
