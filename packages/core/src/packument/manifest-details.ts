import { repositoryPage, webPage } from "../git-source.ts";
import { declaredLicence, type DeclaredLicence } from "../licences/declared-licence.ts";
import { deprecationOf } from "../manifest.ts";
import { INSTALL_SCRIPTS, isJsonObject } from "./abbreviated-fields.ts";

type JsonObject = Record<string, unknown>;

const TEXT_CHARS_MAX = 2000;
const NAME_CHARS_MAX = 256;
const KEYWORDS_MAX = 50;
const PEOPLE_MAX = 200;
/** Of each kind of dependency. */
const DEPENDENCIES_MAX = 2000;
const ENGINES_MAX = 20;

/** Which dependencies a manifest can have. */
export const DEPENDENCY_KINDS = [
  "dependencies",
  "devDependencies",
  "peerDependencies",
  "optionalDependencies",
] as const;

export type DependencyKind = (typeof DEPENDENCY_KINDS)[number];

/** Somebody whom a manifest names. */
export interface NamedPerson {
  name: string;
  email: string | null;
}

/** What a manifest says of its version, for people; every text and list is cut to a sane length. */
export interface ManifestDetails {
  version: string;
  description: string | null;
  keywords: string[];
  author: NamedPerson | null;
  maintainers: NamedPerson[];
  /** Addresses on https or http; null for what has none. */
  links: { homepage: string | null; repository: string | null; bugs: string | null };
  license: DeclaredLicence;
  deprecated: string | null;
  publisher: string | null;
  trustedPublisher: string | null;
  /** `predicateType` of the provenance attestation that it claims to have. */
  attestations: string | null;
  hasSignatures: boolean;
  integrity: string | null;
  fileCount: number | null;
  unpackedSizeBytes: number | null;
  /** The scripts that run at installation, by name. */
  installScripts: Record<string, string>;
  /** True where it says that it runs some, whether or not it shows them. */
  hasInstallScript: boolean;
  engines: Record<string, string>;
  dependencies: Record<DependencyKind, Record<string, string>>;
}

/** Reads what a page shows out of a parsed manifest. What has the wrong type counts as absent. */
export function manifestDetails(manifest: Readonly<JsonObject>, version: string): ManifestDetails {
  const dist = objectOf(manifest["dist"]);
  const user = objectOf(manifest["_npmUser"]);
  const installScripts = installScriptsOf(manifest["scripts"]);
  return {
    version,
    description: textOf(manifest["description"]),
    keywords: keywordsOf(manifest["keywords"]),
    author: personOf(manifest["author"]),
    maintainers: peopleOf(manifest["maintainers"]),
    links: linksOf(manifest),
    license: declaredLicence(manifest["license"] ?? manifest["licenses"]),
    deprecated: textOf(deprecationOf(manifest["deprecated"])),
    publisher: textOf(user["name"], NAME_CHARS_MAX),
    trustedPublisher: textOf(objectOf(user["trustedPublisher"])["id"], NAME_CHARS_MAX),
    attestations: textOf(objectOf(objectOf(dist["attestations"])["provenance"])["predicateType"]),
    hasSignatures: Array.isArray(dist["signatures"]) && dist["signatures"].length > 0,
    integrity: textOf(dist["integrity"]),
    fileCount: countOf(dist["fileCount"]),
    unpackedSizeBytes: countOf(dist["unpackedSize"]),
    installScripts,
    hasInstallScript: manifest["hasInstallScript"] === true || Object.keys(installScripts).length > 0,
    engines: textsOf(manifest["engines"], ENGINES_MAX),
    dependencies: {
      dependencies: textsOf(manifest["dependencies"], DEPENDENCIES_MAX),
      devDependencies: textsOf(manifest["devDependencies"], DEPENDENCIES_MAX),
      peerDependencies: textsOf(manifest["peerDependencies"], DEPENDENCIES_MAX),
      optionalDependencies: textsOf(manifest["optionalDependencies"], DEPENDENCIES_MAX),
    },
  };
}

/** People in a list such as `maintainers`: objects with a name, or texts like `Ada <ada@example.test>`. */
export function peopleOf(value: unknown): NamedPerson[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, PEOPLE_MAX).flatMap((entry: unknown) => {
    const person = personOf(entry);
    return person === null ? [] : [person];
  });
}

function personOf(value: unknown): NamedPerson | null {
  if (isJsonObject(value)) {
    const name = textOf(value["name"], NAME_CHARS_MAX) ?? textOf(value["username"], NAME_CHARS_MAX);
    return name === null ? null : { name, email: textOf(value["email"], NAME_CHARS_MAX) };
  }
  if (typeof value !== "string") return null;
  const [, name = "", email = null] =
    /^([^<(]*)(?:<([^>]*)>)?/.exec(value.slice(0, 2 * NAME_CHARS_MAX)) ?? [];
  return name.trim() === "" ? null : { name: name.trim(), email };
}

function linksOf({ homepage, repository, bugs }: Readonly<JsonObject>): ManifestDetails["links"] {
  return {
    homepage: webPage(homepage),
    repository: repositoryPage(repository),
    bugs: webPage(isJsonObject(bugs) ? bugs["url"] : bugs),
  };
}

// Old manifests have them in one text.
function keywordsOf(value: unknown): string[] {
  const list: unknown[] = typeof value === "string" ? value.slice(0, TEXT_CHARS_MAX).split(/[,\s]+/) : [];
  const words = Array.isArray(value) ? (value as unknown[]) : list;
  const texts = words.slice(0, KEYWORDS_MAX).flatMap((word) => textOf(word, NAME_CHARS_MAX) ?? []);
  return [...new Set(texts.map((text) => text.trim()).filter((text) => text !== ""))];
}

function installScriptsOf(value: unknown): Record<string, string> {
  const scripts = objectOf(value);
  const found = INSTALL_SCRIPTS.flatMap((name) => {
    const script = Object.hasOwn(scripts, name) ? textOf(scripts[name]) : null;
    return script === null ? [] : [[name, script] as const];
  });
  return Object.fromEntries(found);
}

function textsOf(value: unknown, max: number): Record<string, string> {
  const entries = Object.entries(objectOf(value)).slice(0, max);
  return Object.fromEntries(
    entries.flatMap(([key, text]) => {
      const short = textOf(text, NAME_CHARS_MAX);
      return short === null || key.length > NAME_CHARS_MAX ? [] : [[key, short]];
    }),
  );
}

function textOf(value: unknown, charsMax: number = TEXT_CHARS_MAX): string | null {
  return typeof value === "string" && value !== "" ? value.slice(0, charsMax) : null;
}

function countOf(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}
