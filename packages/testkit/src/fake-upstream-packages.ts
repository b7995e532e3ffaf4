import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

import { hashesOf, makePackageTarball, type PackageInput } from "./make-package.ts";

export interface PublishInput extends PackageInput {
  /** Publish time, milliseconds since 1970 or ISO; counts up by a minute from a fixed day when left out. */
  time?: number | string;
  /** Tag that names the version from now on; `latest` by default, null for none. */
  tag?: string | null;
  deprecated?: string;
  /** Members laid over the version's `dist`; one that is undefined is left out of it. */
  dist?: Readonly<Record<string, unknown>>;
  /** The tarball's bytes, when they shall not be made from `files`. */
  tarball?: Uint8Array;
}

export interface PublishedVersion {
  bytes: Buffer;
  integrity: string;
  shasum: string;
  /** SHA-512 of the tarball, hexadecimal. */
  digest: string;
  /** Path of the tarball below the upstream's URL, without a slash in front. */
  tarballPath: string;
}

interface FakeVersion {
  manifest: Record<string, unknown>;
  dist: Record<string, unknown>;
  time: string;
  tarball: Buffer;
  tarballPath: string;
}

interface FakePackage {
  name: string;
  revision: number;
  modifiedAt: number;
  tags: Map<string, string>;
  versions: Map<string, FakeVersion>;
  removedTimes: Map<string, string>;
  rendered: RenderedDocument | null;
}

/** A document ready to send. */
export interface RenderedDocument {
  json: Buffer;
  gzip: Buffer;
  etag: string;
  lastModified: string;
}

const FIRST_TIME = Date.UTC(2024, 0, 1);

/** What the fake upstream holds: packages by name, tarballs by path. */
export class FakePackages {
  readonly #packages = new Map<string, FakePackage>();
  readonly #baseUrl: () => string;
  #ticks = 0;

  constructor(baseUrl: () => string) {
    this.#baseUrl = baseUrl;
  }

  publish(input: PublishInput): PublishedVersion {
    const { name, version } = input;
    const found = this.#packages.get(name) ?? newPackage(name);
    this.#packages.set(name, found);
    const packed = input.tarball === undefined ? makePackageTarball(input) : packedAs(input.tarball);
    const tarballPath = `${name}/-/${name.slice(name.indexOf("/") + 1)}-${version}.tgz`;
    const time = new Date(input.time ?? FIRST_TIME + this.#ticks * 60_000).toISOString();
    found.versions.set(version, {
      manifest: { name, version, ...input.manifest, ...deprecation(input), _id: `${name}@${version}` },
      dist: { ...distOf(packed), ...input.dist },
      time,
      tarball: packed.bytes,
      tarballPath,
    });
    const tag = input.tag === undefined ? "latest" : input.tag;
    if (tag !== null) found.tags.set(tag, version);
    this.#changed(found);
    const { bytes, integrity, shasum, digest } = packed;
    return { bytes, integrity, shasum, digest, tarballPath };
  }

  /** Removes a version, or the whole package; the time of a removed version stays, as in the real thing. */
  remove(name: string, version?: string): void {
    const found = this.#packages.get(name);
    if (found === undefined) return;
    if (version === undefined) {
      this.#packages.delete(name);
      return;
    }
    const removed = found.versions.get(version);
    if (removed !== undefined) found.removedTimes.set(version, removed.time);
    found.versions.delete(version);
    for (const [tag, target] of found.tags) if (target === version) found.tags.delete(tag);
    this.#changed(found);
  }

  setTag(name: string, tag: string, version: string | null): void {
    const found = this.#packages.get(name);
    if (found === undefined) throw new Error(`nothing is published as ${name}`);
    if (version === null) found.tags.delete(tag);
    else found.tags.set(tag, version);
    this.#changed(found);
  }

  deprecate(name: string, version: string, text: string): void {
    const found = this.#packages.get(name);
    const target = found?.versions.get(version);
    if (found === undefined || target === undefined) {
      throw new Error(`nothing is published as ${name}@${version}`);
    }
    target.manifest["deprecated"] = text;
    this.#changed(found);
  }

  names(): string[] {
    return [...this.#packages.keys()];
  }

  /** What a search says of a package. */
  found(name: string): Record<string, unknown> {
    const { tags, versions } = this.#packages.get(name) ?? newPackage(name);
    const version = tags.get("latest") ?? "";
    const known = versions.get(version);
    const { description, keywords } = known?.manifest ?? {};
    const maintainers = [{ username: "ada", email: "ada@example.test" }];
    const item = { name, version, description, keywords, date: known?.time, links: {}, maintainers };
    return { package: item, score: { final: 1, detail: {} }, searchScore: 1 };
  }

  tarball(path: string): Buffer | null {
    for (const { versions } of this.#packages.values()) {
      for (const version of versions.values()) if (version.tarballPath === path) return version.tarball;
    }
    return null;
  }

  document(name: string): RenderedDocument | null {
    const found = this.#packages.get(name);
    if (found === undefined) return null;
    found.rendered ??= render(found, this.#baseUrl());
    return found.rendered;
  }

  #changed(found: FakePackage): void {
    this.#ticks += 1;
    found.revision += 1;
    found.modifiedAt = FIRST_TIME + this.#ticks * 60_000;
    found.rendered = null;
  }
}

function newPackage(name: string): FakePackage {
  return {
    name,
    revision: 0,
    modifiedAt: 0,
    tags: new Map(),
    versions: new Map(),
    removedTimes: new Map(),
    rendered: null,
  };
}

type Packed = ReturnType<typeof packedAs>;

function packedAs(tarball: Uint8Array): ReturnType<typeof makePackageTarball> {
  return { bytes: Buffer.from(tarball), ...hashesOf(tarball), fileCount: 1, unpackedSize: tarball.length };
}

function distOf({ integrity, shasum, fileCount, unpackedSize }: Packed): Record<string, unknown> {
  return { integrity, shasum, fileCount, unpackedSize };
}

function deprecation({ deprecated }: PublishInput): Record<string, unknown> {
  return deprecated === undefined ? {} : { deprecated };
}

function render(found: FakePackage, baseUrl: string): RenderedDocument {
  const versions: Record<string, unknown> = {};
  const firstTime = found.versions.values().next().value?.time ?? new Date(found.modifiedAt).toISOString();
  const time: Record<string, string> = {
    created: firstTime,
    modified: new Date(found.modifiedAt).toISOString(),
  };
  for (const [version, { manifest, dist, time: publishedAt, tarballPath }] of found.versions) {
    versions[version] = { ...manifest, dist: { tarball: `${baseUrl}${tarballPath}`, ...dist } };
    time[version] = publishedAt;
  }
  for (const [version, publishedAt] of found.removedTimes) time[version] ??= publishedAt;
  const document = {
    "_id": found.name,
    "_rev": `${found.revision}-${createHash("md5").update(`${found.name} ${found.revision}`).digest("hex")}`,
    "name": found.name,
    "dist-tags": Object.fromEntries(found.tags),
    versions,
    time,
    "maintainers": [{ name: "ada", email: "ada@example.test" }],
    "readme": `# ${found.name}\n`,
    "readmeFilename": "README.md",
  };
  const json = Buffer.from(JSON.stringify(document));
  return {
    json,
    gzip: gzipSync(json, { level: 1 }),
    etag: `"${createHash("sha1").update(json).digest("hex")}"`,
    lastModified: new Date(found.modifiedAt).toUTCString(),
  };
}
