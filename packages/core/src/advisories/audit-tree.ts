import { EntrepotError } from "../errors.ts";
import { isJsonObject } from "../packument/abbreviated-fields.ts";

type JsonObject = Record<string, unknown>;

/** One package of a dependency tree. */
export interface AuditNode {
  /** Its real name; where it is installed under another one, the version of the body tells. */
  name: string;
  version: string;
  isDev: boolean;
  isOptional: boolean;
  isBundled: boolean;
  /** Names on a shortest way from the root, itself last. */
  path(): string[];
}

/** Packages of one tree, and how deep they may be nested. */
const NODES_MAX = 200_000;
const DEPTH_MAX = 500;
const NAME_LENGTH_MAX = 512;
const VERSION_LENGTH_MAX = 256;
/** Names that one package may require. */
const REQUIRES_MAX = 10_000;
/** Folders that are looked into to find out who requires whom; past that, where a package lies has to do. */
const LOOKUPS_MAX = 20_000_000;
/** Names on a way that are told, the last ones. */
const WAY_LENGTH_MAX = 200;

const ALIAS = /^npm:((?:@[^@/]+\/)?[^@/]+)@(.+)$/u;

interface Place {
  /** What it is called where it is installed. */
  alias: string;
  parent: Place | null;
  children: Map<string, Place>;
  requires: readonly string[];
  /** Who requires it, on a shortest way from the root; the parent where nobody was found. */
  via: Place | null;
  raw: Readonly<JsonObject>;
}

/**
 * Reads a dependency tree as clients send it to be audited: `{ requires, dependencies: { name: { version, requires,
 * dependencies, dev, optional, bundled } } }`, nested as the packages are installed. What is not from a registry
 * is left out.
 *
 * @throws EntrepotError `request-invalid` if it is no such tree, or too large
 */
export function parseAuditTree(body: unknown): AuditNode[] {
  if (!isJsonObject(body)) throw invalid("The body is not a JSON object.");
  const root: Place = placeOf({ alias: "", parent: null, raw: body });
  const places = unfold(root);
  findWays(root);
  return places.flatMap(nodeOf);
}

/** Every place of the tree but the root, without recursion: a body may be nested deeply. */
function unfold(root: Place): Place[] {
  const places: Place[] = [];
  let level = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEPTH_MAX) throw invalid(`The dependencies are nested more than ${DEPTH_MAX} levels deep.`);
    level = level.flatMap(installIn);
    for (const place of level) places.push(place);
    if (places.length > NODES_MAX) throw invalid(`There are more than ${NODES_MAX} dependencies.`);
  }
  return places;
}

/** Puts what the body says into a place, and gives the new places. */
function installIn(place: Place): Place[] {
  return childrenOf(place.raw).map(([alias, raw]) => {
    const child = placeOf({ alias, parent: place, raw });
    place.children.set(alias, child);
    return child;
  });
}

/** Walks from who requires to what is required, nearest first. */
function findWays(root: Place): void {
  const found = new Set<Place>([root]);
  let lookups = 0;
  for (let level = [root]; level.length > 0;) {
    const next: Place[] = [];
    for (const [place, name] of requirementsOf(level)) {
      let folder: Place | null = place;
      for (; folder !== null && !folder.children.has(name); folder = folder.parent) lookups++;
      if (lookups > LOOKUPS_MAX) return;
      const target = folder?.children.get(name);
      if (target === undefined || found.has(target)) continue;
      found.add(target);
      target.via = place;
      next.push(target);
    }
    level = next;
  }
}

function* requirementsOf(level: readonly Place[]): Generator<readonly [Place, string]> {
  for (const place of level) {
    for (const name of place.requires) yield [place, name];
  }
}

function nodeOf(place: Place): AuditNode[] {
  if (isProject(place)) return [];
  const { alias, raw } = place;
  const spelled = raw["version"];
  if (typeof spelled !== "string" || spelled.length > NAME_LENGTH_MAX + VERSION_LENGTH_MAX) return [];
  const aliased = ALIAS.exec(spelled);
  const version = aliased?.[2] ?? spelled;
  // Files, folders, repositories and plain URLs.
  if (version.length > VERSION_LENGTH_MAX || /[:/\s]/u.test(version)) return [];
  return [
    {
      name: aliased?.[1] ?? alias,
      version,
      isDev: raw["dev"] === true,
      isOptional: raw["optional"] === true,
      isBundled: raw["bundled"] === true,
      path: () => wayTo(place),
    },
  ];
}

/**
 * pnpm sends a workspace as a root without a name, below which each project is called as its folder. Such a project
 * is not the package of the public registry whose name its folder happens to have.
 */
function isProject({ parent, raw }: Place): boolean {
  if (parent === null || parent.parent !== null) return false;
  const isWorkspace = parent.raw["name"] === undefined && Array.isArray(parent.raw["install"]);
  return isWorkspace && raw["integrity"] === undefined && isJsonObject(raw["dependencies"]);
}

function wayTo(place: Place): string[] {
  const names: string[] = [];
  for (let at: Place | null = place; at !== null && at.parent !== null; at = at.via) {
    if (names.push(at.alias) >= WAY_LENGTH_MAX) break;
  }
  return names.reverse();
}

function placeOf({ alias, parent, raw }: Pick<Place, "alias" | "parent" | "raw">): Place {
  const { requires } = raw;
  // Old lockfiles have `requires: true` at their root.
  const names = isJsonObject(requires) ? Object.keys(requires) : [];
  if (names.length > REQUIRES_MAX) throw invalid(`A package requires more than ${REQUIRES_MAX} others.`);
  return { alias, parent, children: new Map(), requires: names, via: parent, raw };
}

function childrenOf({ dependencies }: Readonly<JsonObject>): [string, JsonObject][] {
  if (dependencies === undefined || dependencies === null) return [];
  if (!isJsonObject(dependencies)) throw invalid("A list of dependencies is not a JSON object.");
  return Object.entries(dependencies).map(([name, raw]) => {
    if (name.length > NAME_LENGTH_MAX) {
      throw invalid(`A name has more than ${NAME_LENGTH_MAX} characters.`);
    }
    if (!isJsonObject(raw)) throw invalid(`The dependency ${JSON.stringify(name)} is not a JSON object.`);
    return [name, raw];
  });
}

function invalid(why: string): EntrepotError {
  return new EntrepotError("request-invalid", { message: `This is no dependency tree to audit. ${why}` });
}
