import semver from "semver";
import { isTagName } from "../versions.ts";
import type { LeftOutKind } from "./lockfile.ts";

const GIT = /^(?:git(?:\+[a-z]+)?:|git@|github:|gitlab:|bitbucket:|gist:|ssh:)/u;
const GIT_URL = /^https?:\/\/[^?#]+\.git(?:[#?]|$)/u;
const PATH = /^(?:\.{1,2}(?:\/|$)|\/|~\/|[A-Za-z]:[\\/])/u;
const SHORT_GIT = /^[\w.-]+\/[\w.-]+(?:#|$)/u;
const LEFT_OUT_PREFIXES: readonly (readonly [prefix: string, kind: LeftOutKind])[] = [
  ["workspace:", "workspace"],
  ["file:", "link"],
  ["link:", "link"],
  ["portal:", "link"],
  ["patch:", "patch"],
  ["https://", "tarball"],
  ["http://", "tarball"],
];

/** What a dependency asks for: versions of a package in a registry, or something else. */
export type DependencySpec =
  | { kind: "registry"; name: string; range: string }
  | { kind: "left-out"; what: LeftOutKind };

/**
 * Reads a dependency as a package.json has it, with the real name of an alias.
 *
 * @example readDependencySpec("left", "npm:right@^1") // { kind: "registry", name: "right", range: "^1" }
 */
export function readDependencySpec(name: string, spec: string): DependencySpec {
  const trimmed = spec.trim();
  if (trimmed.startsWith("npm:")) return readAlias(name, trimmed.slice("npm:".length));
  const found = leftOutKindOf(trimmed);
  if (found !== null) return { kind: "left-out", what: found };
  return { kind: "registry", name, range: trimmed === "" ? "*" : trimmed };
}

/** What else than a registry's a dependency asks for; null if it is a range, a version or a tag. */
function leftOutKindOf(spec: string): LeftOutKind | null {
  if (GIT.test(spec) || GIT_URL.test(spec)) return "git";
  const known = LEFT_OUT_PREFIXES.find(([prefix]) => spec.startsWith(prefix));
  if (known !== undefined) return known[1];
  if (PATH.test(spec)) return "link";
  if (spec === "" || semver.validRange(spec, { loose: true }) !== null || isTagName(spec)) {
    return /[/:]/u.test(spec) ? otherKind(spec) : null;
  }
  return otherKind(spec);
}

function otherKind(spec: string): LeftOutKind {
  return SHORT_GIT.test(spec) ? "git" : "other";
}

// `npm:^1.0.0` is the same name; yarn writes every range so.
function readAlias(name: string, target: string): DependencySpec {
  const at = target.indexOf("@", 1);
  const real = at === -1 ? target : target.slice(0, at);
  if (at === -1 && semver.validRange(target, { loose: true }) !== null) {
    return { kind: "registry", name, range: target === "" ? "*" : target };
  }
  const range = at === -1 ? "" : target.slice(at + 1);
  return { kind: "registry", name: real, range: range === "" ? "*" : range };
}

/**
 * Tells whether a URL is where a registry keeps the tarball of a package, and not the tarball of a code host:
 * `…/name/-/base-1.0.0.tgz`, or name and version as parts of the path.
 */
export function isRegistryTarball(url: string, name: string, version: string): boolean {
  if (!URL.canParse(url)) return false;
  const path = decoded(new URL(url).pathname);
  const base = name.slice(name.lastIndexOf("/") + 1);
  const afterDash = path.split("/-/").at(-1) ?? "";
  if (path.includes("/-/") && afterDash.endsWith(".tgz")) {
    return afterDash.split("/").at(-1)?.startsWith(`${base}-`) === true;
  }
  const place = `${path}/`;
  return place.includes(`/${name}/${version}/`) || place.includes(`/${name}/${version}.tgz/`);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
