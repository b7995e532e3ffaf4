import { createHash } from "node:crypto";

import { seededRandom, seedOf } from "./seeded-bytes.mjs";
import { tarballManifest } from "./tarballs.mjs";

const FIRST_RELEASE_MS = Date.UTC(2014, 2, 3, 9, 12, 44, 81);
const LAST_RELEASE_MS = Date.UTC(2025, 10, 18, 16, 40, 2, 517);
const WORDS = (
  "parse stream buffer module loader config schema render browser server client cache queue worker promise " +
  "async token router path string array object number value type index build test bundle source target core"
).split(" ");

/**
 * What a generated package is.
 *
 * @typedef {object} PackageSpec
 * @property {string} name
 * @property {string[]} versions              ascending
 * @property {number} fullBytes               wanted size of the full document
 * @property {number} abbreviatedBytes        wanted size of the install form
 * @property {Map<string, number>} tarballs   version → bytes, of the versions that can be downloaded
 */

/**
 * Writes a packument of about the wanted size that compresses about as well as a real one: versions repeat
 * each other except for hashes, times and a range here and there.
 *
 * @param {PackageSpec} spec
 * @param {{ form: "full" | "abbreviated", baseUrl: string, hashes: (name: string, version: string) => Hashes
 * }} options
 * @returns {string} JSON
 */
export function writeDocument(spec, { form, baseUrl, hashes }) {
  const { name, versions } = spec;
  const random = seededRandom(seedOf(name));
  const times = releaseTimes(versions.length, random);
  const perVersion = budgets(spec);
  const shared = sharedParts(spec, perVersion, random);
  const manifests = versions.map((version, index) => {
    const dist = {
      ...hashes(name, version),
      tarball: `${baseUrl}/${name}/-/${name.slice(name.lastIndexOf("/") + 1)}-${version}.tgz`,
    };
    const input = { spec, version, index, dist, shared, random };
    return `${JSON.stringify(version)}:${writeManifest(input, form, perVersion)}`;
  });
  const latest = versions[versions.length - 1];
  const modified = times[times.length - 1];
  const start = { name, "dist-tags": { latest } };
  if (form === "abbreviated") {
    return `${JSON.stringify({ ...start, modified }).slice(0, -1)},"versions":{${manifests.join(",")}}}`;
  }
  const time = { created: times[0], modified };
  versions.forEach((version, index) => (time[version] = times[index]));
  const head = {
    _id: name,
    _rev: `${versions.length}-${createHash("md5").update(name).digest("hex")}`,
    ...start,
  };
  const tail = {
    time,
    maintainers: [{ name: "bench", email: "bench@example.invalid" }],
    ...shared.describing,
  };
  const opening = JSON.stringify(head).slice(0, -1);
  return `${opening},"versions":{${manifests.join(",")}},${JSON.stringify(tail).slice(1)}`;
}

/** Hashes of a version whose tarball nobody can download: they look right and are always the same. */
export function inventedHashes(name, version) {
  const bytes = createHash("sha512").update(`${name}@${version}`).digest();
  return { integrity: `sha512-${bytes.toString("base64")}`, shasum: bytes.subarray(0, 20).toString("hex") };
}

function releaseTimes(count, random) {
  const step = (LAST_RELEASE_MS - FIRST_RELEASE_MS) / Math.max(1, count);
  return Array.from({ length: count }, (_, index) =>
    new Date(FIRST_RELEASE_MS + Math.floor(step * (index + random() * 0.9))).toISOString(),
  );
}

/**
 * How long one version's manifest should be in each form; `time` costs the full form another 44 bytes a
 * version.
 */
function budgets({ versions, fullBytes, abbreviatedBytes }) {
  const count = Math.max(1, versions.length);
  return {
    abbreviated: Math.floor(abbreviatedBytes / count) - 14,
    full: Math.floor((fullBytes - 420) / count) - 14 - 44,
  };
}

/** The parts that are the same in all versions of a package. */
function sharedParts({ name }, perVersion, random) {
  const word = () => WORDS[Math.floor(random() * WORDS.length)];
  const names = Array.from({ length: Math.ceil(perVersion.abbreviated / 24) + 1 }, (_, index) =>
    index % 4 === 0 ? `@${word()}/${word()}-${word()}` : `${word()}-${word()}${index}`,
  );
  const files = Array.from(
    { length: Math.ceil(perVersion.full / 20) + 1 },
    () => `lib/${word()}/${word()}-${word()}.js`,
  );
  const describing = {
    description: tarballManifest(name, "").description,
    license: "MIT",
    homepage: `https://example.invalid/${name}#readme`,
    repository: { type: "git", url: `git+https://example.invalid/${name}.git` },
    keywords: [word(), word(), word()],
  };
  return { names, files, describing };
}

function writeManifest({ spec, version, index, dist, shared, random }, form, perVersion) {
  const abbreviated = { name: spec.name, version, engines: { node: ">=18" }, dist };
  const base = JSON.stringify(abbreviated).length;
  const dependencies = dependenciesOfLength(shared.names, index, perVersion.abbreviated - base - 40);
  const split = Math.floor(dependencies.length / 3);
  abbreviated.dependencies = Object.fromEntries(dependencies.slice(0, split));
  abbreviated.devDependencies = Object.fromEntries(dependencies.slice(split));
  // The random numbers of the full form are drawn in both, so that both forms are of one package.
  const gitHead = Array.from({ length: 5 }, () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0"),
  ).join("");
  if (form === "abbreviated") return JSON.stringify(abbreviated);
  const full = {
    ...tarballManifest(spec.name, version),
    ...shared.describing,
    ...abbreviated,
    _id: `${spec.name}@${version}`,
    gitHead,
    scripts: { test: "node --test", build: "tsc -b" },
  };
  const rest = perVersion.full - JSON.stringify(full).length - 11;
  const files = [];
  for (let used = 0; used < rest; used += files[files.length - 1].length + 3) {
    files.push(shared.files[files.length % shared.files.length]);
  }
  return JSON.stringify(files.length === 0 ? full : { ...full, files });
}

/** Entries whose JSON fills `budget` characters; ranges move on every few versions, each at its own pace. */
function dependenciesOfLength(names, versionIndex, budget) {
  const entries = [];
  for (let at = 0, used = 0; at < names.length; at += 1) {
    const range = `^${1 + (at % 7)}.${Math.floor((versionIndex + at * 5) / (9 + (at % 23)))}.${at % 4}`;
    used += names[at].length + range.length + 6;
    if (used > budget) break;
    entries.push([names[at], range]);
  }
  return entries;
}
