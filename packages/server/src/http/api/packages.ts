import {
  EntrepotError,
  type PackageAnswer,
  type ReadmeAnswer,
  type ShownVersionAnswer,
  type VersionAnswer,
  type VersionsAnswer,
} from "@entrepot/core";
import { showPackage, type PackagePage, type PageQuestion, type VersionEntry } from "../../registry/index.ts";
import { apiRoute, NO_BODY, type ApiContext, type ApiRoute } from "./api-route.ts";
import { isoOf, isoOrNull } from "./iso-of.ts";
import { packageOf, versionFrom } from "./package-of.ts";
import { limitOf } from "./page.ts";
import { shownVerdictOf } from "./shown-verdict.ts";

const VERSIONS_PER_PAGE_MAX = 100;
const TEXT_CHARS_MAX = 100;
const AMONG = ["all", "allowed", "refused"] as const;

type Context = ApiContext<unknown>;

function amongIn(context: Context): PageQuestion["among"] {
  const text = context.query("status") ?? "all";
  const among = AMONG.find((one) => one === text);
  if (among !== undefined) return among;
  throw new EntrepotError("request-invalid", { message: `"status" is one of ${AMONG.join(", ")}.` });
}

function pageIn(context: Context): PageQuestion["page"] {
  return {
    after: context.query("cursor") ?? null,
    limit: Math.min(VERSIONS_PER_PAGE_MAX, limitOf(context.query("limit"))),
    text: (context.query("query") ?? "").slice(0, TEXT_CHARS_MAX),
  };
}

async function show(context: Context): Promise<PackageAnswer> {
  const { isManager, ...asked } = await packageOf(context);
  const page = pageIn(context);
  return shownPackage(
    await showPackage(context.deps, { ...asked, page, among: amongIn(context) }),
    isManager,
  );
}

async function listVersions(context: Context): Promise<VersionsAnswer> {
  const { isManager, ...asked } = await packageOf(context);
  const page = pageIn(context);
  const found = await showPackage(context.deps, { ...asked, page, among: amongIn(context) });
  return shownVersions(found, isManager);
}

async function showVersion(context: Context): Promise<ShownVersionAnswer> {
  const { isManager, ...asked } = await packageOf(context);
  const version = versionFrom(context.param("version"));
  const page = { after: null, limit: 0, text: "" };
  const found = await showPackage(context.deps, { ...asked, page, among: "all", version });
  if (found.asked === null) {
    throw new EntrepotError("version-not-found", {
      message: `The registry ${found.registry} has no ${found.name}@${version}.`,
    });
  }
  const details = detailsFor(found.asked, isManager);
  return {
    registry: found.registry,
    package: found.name,
    ...shownVersion(found.asked, isManager),
    engines: details?.engines ?? null,
    dependencies: details?.dependencies ?? null,
  };
}

async function showReadme(context: Context): Promise<ReadmeAnswer> {
  const { isManager, registry, name } = await packageOf(context);
  const found = await context.deps.verdicts.of(registry, name);
  const asked = context.query("version");
  const latest = found.distTags.get("latest") ?? found.versions.at(-1) ?? "";
  const version = asked === undefined ? latest : versionFrom(asked);
  const published = found.origin === "local" ? version : latest;
  const refusal = found.hidden.get(published);
  if (refusal !== undefined && !isManager) {
    return { version: published, html: null, fileName: null, isCut: false, verdict: shownVerdictOf(refusal) };
  }
  const readme = await context.deps.readmes.of(found, published);
  return { version: published, ...readme, verdict: shownVerdictOf(refusal ?? null) };
}

function shownPackage(found: PackagePage, isManager: boolean): PackageAnswer {
  const { registry, name, at, latest, upstream, distTags, publishedTags, ...rest } = found;
  const details = latest === null ? null : detailsFor(latest, isManager);
  return {
    registry,
    package: name,
    at: isoOf(at),
    origin: rest.origin,
    claim: rest.claim,
    upstream: upstream === null ? null : { name: upstream.name, ...freshness(upstream.freshUntil, at) },
    latest: latest === null ? null : shownVersion(latest, isManager),
    description: details?.description ?? null,
    keywords: details?.keywords ?? [],
    author: details?.author ?? null,
    links: details?.links ?? { homepage: null, repository: null, bugs: null },
    maintainers: rest.maintainers,
    createdAt: rest.createdAt,
    modifiedAt: rest.modifiedAt,
    distTags: Object.fromEntries(distTags),
    movedTags: [...publishedTags]
      .filter(([tag, version]) => distTags.get(tag) !== version)
      .map(([tag, from]) => ({ tag, from, to: distTags.get(tag) ?? null })),
    versionCount: rest.versionCount,
    hiddenCount: rest.hiddenCount,
    versions: shownVersions(found, isManager),
  };
}

function freshness(freshUntil: number | null, at: number): { freshUntil: string | null; isFresh: boolean } {
  return { freshUntil: isoOrNull(freshUntil), isFresh: freshUntil !== null && at < freshUntil };
}

function shownVersions({ versions }: PackagePage, isManager: boolean): VersionsAnswer {
  const last = versions.items.at(-1);
  return {
    items: versions.items.map((entry) => shownVersion(entry, isManager)),
    next: versions.hasMore && last !== undefined ? last.version : null,
    total: versions.total,
  };
}

// Whom policy does not let have a version is not told what it says of itself either.
function detailsFor({ details, refusal }: VersionEntry, isManager: boolean): VersionEntry["details"] {
  return refusal === null || isManager ? details : null;
}

/** What is told of a version of which nothing may be told. */
const UNTOLD = {
  deprecated: null,
  unpackedSizeBytes: null,
  fileCount: null,
  integrity: null,
  installScripts: null,
  hasInstallScript: null,
  provenance: null,
  licence: null,
};

function shownVersion(entry: VersionEntry, isManager: boolean): VersionAnswer {
  const { version, publishedAt, origin, tags, refusal, sizeBytes, publishedBy, advisories } = entry;
  const details = detailsFor(entry, isManager);
  return {
    version,
    publishedAt,
    origin,
    tags,
    verdict: shownVerdictOf(refusal),
    isUnlisted: entry.isUnlisted,
    publisher: publishedBy ?? details?.publisher ?? null,
    sizeBytes,
    ...(details === null ? UNTOLD : shownDetails(details, entry.observedLicences)),
    advisories: advisories.map(({ id, severity, summary }) => ({ id, severity, summary })),
  };
}

function shownDetails(
  details: NonNullable<VersionEntry["details"]>,
  observed: VersionEntry["observedLicences"],
): Pick<VersionAnswer, keyof typeof UNTOLD> {
  const { license, attestations, trustedPublisher, hasSignatures } = details;
  return {
    deprecated: details.deprecated,
    unpackedSizeBytes: details.unpackedSizeBytes,
    fileCount: details.fileCount,
    integrity: details.integrity,
    installScripts: details.installScripts,
    hasInstallScript: details.hasInstallScript,
    provenance: { predicateType: attestations, trustedPublisher, hasSignatures },
    licence: { declared: license.spdx ?? license.raw, kind: license.kind, observed },
  };
}

/** Packages for people: what they say of themselves, and what policy says of them. */
export const PACKAGE_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "show-package",
    method: "GET",
    path: "/registries/:name/packages/:package",
    permission: "view",
    registryIn: "name",
    body: NO_BODY,
    handler: show,
  }),
  apiRoute({
    id: "list-versions",
    method: "GET",
    path: "/registries/:name/packages/:package/versions",
    permission: "view",
    registryIn: "name",
    body: NO_BODY,
    handler: listVersions,
  }),
  apiRoute({
    id: "show-readme",
    method: "GET",
    path: "/registries/:name/packages/:package/readme",
    permission: "view",
    registryIn: "name",
    body: NO_BODY,
    handler: showReadme,
  }),
  apiRoute({
    id: "show-version",
    method: "GET",
    path: "/registries/:name/packages/:package/versions/:version",
    permission: "view",
    registryIn: "name",
    body: NO_BODY,
    handler: showVersion,
  }),
];
