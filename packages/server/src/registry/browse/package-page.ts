import {
  advisoryMatcher,
  coversName,
  highestStable,
  operatorDeprecation,
  pageOfVersions,
  repointTags,
  toldDeprecation,
  type ManifestDetails,
  type NamedPerson,
  type PackageAdvisory,
  type PagedVersions,
  type TarballContent,
  type Verdict,
  type VersionPage,
} from "@entrepot/core";
import type { Database } from "../../db/index.ts";
import type { Evidence, PackageMarks } from "../../firewall/index.ts";
import type { ThreadPool } from "../../threads/index.ts";
import type { PackageRow } from "../package-rows.ts";
import type { Registry } from "../registry.ts";
import type { PackageVerdicts, VerdictSource, Verdicts } from "../verdicts.ts";
import type { Descriptions } from "./descriptions.ts";

/** `local`: published here; `cached`: came from an upstream and lies here; `remote`: the upstream has it. */
export type PackageOrigin = "local" | "cached" | "remote";

/** A version as a page lists it. Times are ISO 8601. */
export interface VersionEntry {
  version: string;
  publishedAt: string | null;
  origin: PackageOrigin;
  /** Tags that lead to it, policy applied. */
  tags: string[];
  /** Why clients do not get to see it; null when they do. */
  refusal: Verdict | null;
  /** What the upstream or the publisher says of it, with what operators have clients warn of. */
  details: ManifestDetails | null;
  /** Size of its tarball, where that lies here. */
  sizeBytes: number | null;
  /** User who published it here; null for one of an upstream. */
  publishedBy: string | null;
  /** SPDX ids that were recognised in its files; null where nobody looked. */
  observedLicences: readonly string[] | null;
  advisories: readonly PackageAdvisory[];
  /** True where an operator took it out of listings. */
  isUnlisted: boolean;
}

/** A package with a page of its versions. Times are ISO 8601, save `at` and `freshUntil`: milliseconds. */
export interface PackagePage {
  registry: string;
  name: string;
  at: number;
  origin: PackageOrigin;
  claim: string | null;
  upstream: { name: string; freshUntil: number | null } | null;
  /** What clients get as `latest`; null where they get nothing. */
  latest: VersionEntry | null;
  maintainers: readonly NamedPerson[];
  createdAt: string | null;
  modifiedAt: string | null;
  /** Policy applied. */
  distTags: ReadonlyMap<string, string>;
  /** As published. */
  publishedTags: ReadonlyMap<string, string>;
  versionCount: number;
  hiddenCount: number;
  versions: PagedVersions<VersionEntry>;
}

export interface PackagePageDeps {
  db: Database;
  verdicts: Pick<Verdicts, "of">;
  descriptions: Descriptions;
  threads: Pick<ThreadPool, "run">;
  evidence: Pick<Evidence, "contents">;
  statuses: { readonly marks: Pick<PackageMarks, "of"> };
}

/** Which versions are wanted: all, or by what policy says of them. */
export interface PageQuestion {
  registry: Registry;
  name: string;
  page: Pick<VersionPage, "after" | "limit" | "text">;
  among: "all" | "allowed" | "refused";
  /** A version that is described too, whatever the page is. */
  version?: string;
}

/** What is asked of the place where the package's words are. */
interface Wanted {
  page: VersionPage;
  also: readonly string[];
}

/** A package's own words, from rows or from an upstream's document. */
interface Described {
  page: PagedVersions<{ version: string; publishedAt: string | null }>;
  details: ReadonlyMap<string, ManifestDetails>;
  times: ReadonlyMap<string, string | null>;
  held: ReadonlyMap<string, HeldVersion>;
  maintainers: readonly NamedPerson[];
  createdAt: string | null;
  modifiedAt: string | null;
}

interface HeldVersion {
  sizeBytes: number;
  publishedBy: string | null;
}

/** Describes a package for people. Throws `package-not-found` and upstream errors. */
export async function showPackage(
  deps: PackagePageDeps,
  question: PageQuestion,
): Promise<PackagePage & { asked: VersionEntry | null }> {
  const { registry, name, among, version } = question;
  const found = await deps.verdicts.of(registry, name);
  const hidden = [...found.hidden.keys()];
  const distTags = await tagsShown(found);
  const latest = distTags.get("latest") ?? highestStable(allowedOf(found));
  const described = await describe(
    deps,
    { registry, name, source: found.source },
    {
      page: {
        ...question.page,
        ...(among === "allowed" ? { without: hidden } : {}),
        ...(among === "refused" ? { only: hidden } : {}),
      },
      also: [latest, version].filter((one) => one !== null && one !== undefined),
    },
  );
  const entryOf = await entryMaker(deps, { question, found, distTags, described });
  const isKnown = version !== undefined && found.versions.includes(version);
  return {
    registry: registry.name,
    name,
    at: found.context.now,
    origin: originOf(found, described.held.size > 0),
    claim: registry.claims.find((pattern) => coversName(pattern, name)) ?? null,
    upstream: found.upstream === null ? null : { name: found.upstream.name, freshUntil: found.freshUntil },
    latest: latest === null ? null : entryOf(latest),
    maintainers: described.maintainers,
    createdAt: described.createdAt,
    modifiedAt: described.modifiedAt,
    distTags,
    publishedTags: found.distTags,
    versionCount: found.versions.length,
    hiddenCount: hidden.length,
    versions: { ...described.page, items: described.page.items.map((item) => entryOf(item.version)) },
    asked: isKnown ? entryOf(version) : null,
  };
}

function allowedOf({ versions, hidden }: PackageVerdicts): string[] {
  return versions.filter((version) => !hidden.has(version));
}

// What is deprecated matters only where "latest" has to go elsewhere.
async function tagsShown(found: PackageVerdicts): Promise<Map<string, string>> {
  const { distTags, hidden, context } = found;
  const isMoved = hidden.has(distTags.get("latest") ?? "");
  const facts = isMoved ? await found.allFacts() : [];
  const deprecated = new Set(
    facts.filter((one) => toldDeprecation(one, context) !== null).map(({ version }) => version),
  );
  return repointTags(distTags, allowedOf(found), (version) => deprecated.has(version)).tags;
}

function originOf({ origin }: PackageVerdicts, isHeld: boolean): PackageOrigin {
  if (origin === "local") return "local";
  return isHeld ? "cached" : "remote";
}

interface EntryParts {
  question: PageQuestion;
  found: PackageVerdicts;
  distTags: ReadonlyMap<string, string>;
  described: Described;
}

async function entryMaker(
  deps: PackagePageDeps,
  { question, found, distTags, described }: EntryParts,
): Promise<(version: string) => VersionEntry> {
  const { registry, name } = question;
  const { hidden, context } = found;
  const advisoriesOf = advisoryMatcher(context.advisories);
  const { unlisted } = await deps.statuses.marks.of(registry, name);
  const contents: ReadonlyMap<string, readonly TarballContent[]> =
    found.origin === "local" ? new Map() : await deps.evidence.contents(name);
  return (version) => {
    const details = described.details.get(version) ?? null;
    const held = described.held.get(version);
    return {
      version,
      publishedAt: described.times.get(version) ?? null,
      origin: originOf(found, held !== undefined),
      tags: [...distTags].filter(([, target]) => target === version).map(([tag]) => tag),
      refusal: hidden.get(version) ?? null,
      details: withWarning(details, operatorDeprecation(context, version)),
      sizeBytes: held?.sizeBytes ?? null,
      publishedBy: held?.publishedBy ?? null,
      observedLicences: observedIn(contents.get(version), details),
      advisories: advisoriesOf(version),
      isUnlisted: unlisted.has(version) || unlisted.has("*"),
    };
  };
}

function withWarning(details: ManifestDetails | null, warning: string | null): ManifestDetails | null {
  return details === null || warning === null ? details : { ...details, deprecated: warning };
}

function observedIn(
  contents: readonly TarballContent[] | undefined,
  details: ManifestDetails | null,
): readonly string[] | null {
  return contents?.find(({ integrity }) => integrity === details?.integrity)?.licenceFiles ?? null;
}

async function describe(
  deps: PackagePageDeps,
  { registry, name, source }: { registry: Registry; name: string; source: VerdictSource },
  wanted: Wanted,
): Promise<Described> {
  if (source.kind === "local") return await describeLocal(deps, source.row, wanted);
  const rows = await deps.db.read
    .selectFrom("cached_versions")
    .select(["version", "size_bytes"])
    .where("registry_id", "=", registry.id)
    .where("name", "=", name)
    .execute();
  const held = rows.map((row) => [row.version, { sizeBytes: row.size_bytes, publishedBy: null }] as const);
  return { ...(await deps.descriptions.of(source.entry, wanted)), held: new Map(held) };
}

async function describeLocal(
  { db, threads }: PackagePageDeps,
  row: PackageRow,
  { page, also }: Wanted,
): Promise<Described> {
  const rows = await db.read
    .selectFrom("versions")
    .select(["version", "published_at", "published_by", "size_bytes"])
    .where("package_id", "=", row.id)
    .where("removed_at", "is", null)
    .execute();
  const all = rows.map((one) => ({
    version: one.version,
    publishedAt: new Date(one.published_at).toISOString(),
  }));
  const paged = pageOfVersions(all, page);
  const slices = await db.read
    .selectFrom("versions")
    .select("full_slice")
    .where("package_id", "=", row.id)
    .where("version", "in", [...new Set([...paged.items.map(({ version }) => version), ...also, ""])])
    .execute();
  const described = await threads.run("describeManifests", {
    manifests: slices.map(({ full_slice }) => full_slice),
  });
  return {
    page: paged,
    details: new Map(described.map((one) => [one.version, one])),
    times: new Map(all.map((one) => [one.version, one.publishedAt])),
    held: new Map(
      rows.map((one) => [one.version, { sizeBytes: one.size_bytes, publishedBy: one.published_by }]),
    ),
    maintainers: JSON.parse(row.maintainers) as NamedPerson[],
    createdAt: new Date(row.created_at).toISOString(),
    modifiedAt: new Date(row.modified_at).toISOString(),
  };
}
