import { compareVersions } from "../versions.ts";
import { scanDocument, publishTimeOf, timeOf, type ScannedDocument } from "./document-scan.ts";
import { parseManifest } from "./manifest-patch.ts";
import { manifestDetails, peopleOf, type ManifestDetails, type NamedPerson } from "./manifest-details.ts";
import { knownTags } from "./known-tags.ts";
import { modifiedOf } from "./package-index.ts";
import { textOfBytes } from "./bytes.ts";

/** A version in a list, and when it was published: ISO 8601 in UTC, null if that is not known. */
export interface ListedMoment {
  version: string;
  publishedAt: string | null;
}

/** Which versions of a package are wanted, the newest first. */
export interface VersionPage {
  /** The last version of the page before; null for the first page. */
  after: string | null;
  limit: number;
  /** Part of the version; empty for all. */
  text: string;
  /** Versions that are left out, or, of which alone the page is. */
  without?: readonly string[];
  only?: readonly string[];
}

/** A page of versions, and whether there are more. */
export interface PagedVersions<T extends ListedMoment> {
  items: T[];
  /** How many there are on all pages. */
  total: number;
  hasMore: boolean;
}

/** What a document says of a package and of some of its versions, for people. */
export interface DescribedDocument {
  distTags: Map<string, string>;
  maintainers: NamedPerson[];
  createdAt: string | null;
  modifiedAt: string | null;
  page: PagedVersions<ListedMoment>;
  /** Of the page's versions, and of those that were asked for besides, by version. */
  details: Map<string, ManifestDetails>;
  /** When those were published. */
  times: Map<string, string | null>;
}

/** Picks a page of versions, the one that was published last first. */
export function pageOfVersions<T extends ListedMoment>(
  all: readonly T[],
  { after, limit, text, without = [], only }: VersionPage,
): PagedVersions<T> {
  const left = new Set(without);
  const kept = only === undefined ? null : new Set(only);
  const fitting = all.filter(
    ({ version }) => version.includes(text) && !left.has(version) && kept?.has(version) !== false,
  );
  fitting.sort(newestFirst);
  // The version may be gone by now; where it stood is not.
  const last = after === null ? undefined : all.find(({ version }) => version === after);
  const rest = last === undefined ? fitting : fitting.filter((one) => newestFirst(last, one) < 0);
  return { items: rest.slice(0, limit), total: fitting.length, hasMore: rest.length > limit };
}

function newestFirst(one: ListedMoment, other: ListedMoment): number {
  const [first, second] = [one.publishedAt ?? "", other.publishedAt ?? ""];
  if (first !== second) return first < second ? 1 : -1;
  return compareVersions(other.version, one.version);
}

/**
 * Describes an upstream's document of the package `name`. Of its manifests only those are parsed that are asked for;
 * `also` has versions and tags.
 *
 * @throws EntrepotError `upstream-invalid` if it is not a packument of that package
 */
export function describeDocument(
  bytes: Uint8Array,
  { name, page, also }: { name: string; page: VersionPage; also: readonly string[] },
): DescribedDocument {
  const document = scanDocument(bytes, name);
  const all = [...document.versions.values()].map((scanned) => ({
    version: scanned.version,
    publishedAt: publishTimeOf(document, scanned),
  }));
  const paged = pageOfVersions(all, page);
  const details = new Map<string, ManifestDetails>();
  const times = new Map<string, string | null>();
  const distTags = knownTags(document);
  for (const wanted of [...paged.items.map((item) => item.version), ...also]) {
    const version = distTags.get(wanted) ?? wanted;
    const scanned = document.versions.get(version);
    if (scanned === undefined || details.has(version)) continue;
    details.set(version, manifestDetails(parseManifest(document, scanned), version));
    times.set(version, publishTimeOf(document, scanned));
  }
  return {
    distTags,
    maintainers: peopleOf(memberOf(document, "maintainers")),
    createdAt: timeOf(document, "created"),
    modifiedAt: modifiedOf(document),
    page: paged,
    details,
    times,
  };
}

/** The README that a document has, and the name of its file; both empty where it has none. */
export function readmeOfDocument(
  bytes: Uint8Array,
  { name, charsMax }: { name: string; charsMax: number },
): { readme: string; readmeFilename: string } {
  const document = scanDocument(bytes, name);
  return {
    readme: textIn(document, "readme").slice(0, charsMax),
    readmeFilename: textIn(document, "readmeFilename").slice(0, 255),
  };
}

function textIn(document: ScannedDocument, member: string): string {
  const value = memberOf(document, member);
  return typeof value === "string" ? value : "";
}

function memberOf({ members, scanner }: ScannedDocument, member: string): unknown {
  const range = members.get(member);
  return range === undefined ? null : JSON.parse(textOfBytes(scanner.bytes, range.start, range.end));
}
