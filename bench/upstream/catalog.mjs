import { readFileSync } from "node:fs";

import { seededRandom, seedOf } from "./seeded-bytes.mjs";

/** Names of the packages that are measured one by one. */
export const MEASURED = {
  small: "bench-small",
  express: "bench-express",
  typescript: "bench-typescript",
  tarballs: "bench-tarballs",
  unrelated: "bench-unrelated",
};

/** Versions of `bench-tarballs`, by the size that a cell is named for. */
export const TARBALL_SIZES = [
  { key: "5k", version: "1.0.0", sizeBytes: 5 * 1024 },
  { key: "30k", version: "2.0.0", sizeBytes: 30 * 1024 },
  { key: "300k", version: "3.0.0", sizeBytes: 300 * 1024 },
  { key: "1m", version: "4.0.0", sizeBytes: 1024 * 1024 },
];

/** [versions, bytes of the full document, bytes of the install form], as measured of real packages. */
const SIZES = {
  small: [14, 18_000, 7_000],
  express: [290, 530_830, 265_914],
  typescript: [3_478, 9_837_156, 5_792_483],
};

/** @typedef {import("./documents.mjs").PackageSpec} PackageSpec */

/**
 * The measured packages, and the families `bench-large-N` (typescript-sized) and `bench-many-N` (the long
 * tail), of which any member can be asked for.
 *
 * @param {string} name
 * @returns {PackageSpec | null}
 */
export function measuredSpec(name) {
  if (name === MEASURED.small || name === MEASURED.unrelated) return ofSize(name, SIZES.small);
  if (name === MEASURED.express) return ofSize(name, SIZES.express);
  if (name === MEASURED.typescript) return ofSize(name, SIZES.typescript);
  if (name === MEASURED.tarballs) return tarballSpec(name);
  if (/^bench-large-\d+$/.test(name)) return ofSize(name, SIZES.typescript);
  if (/^bench-flight-\d+$/.test(name)) return tarballSpec(name);
  if (/^bench-many-\d+$/.test(name)) return tailSpec(name);
  return null;
}

/**
 * The version that the firewall scenarios block: an old one that can be named without reading the document.
 */
export function oldVersion(name) {
  return measuredSpec(name).versions[1];
}

function ofSize(name, [count, fullBytes, abbreviatedBytes]) {
  return { name, versions: plainVersions(count), fullBytes, abbreviatedBytes, tarballs: new Map() };
}

function tarballSpec(name) {
  const tarballs = new Map(TARBALL_SIZES.map(({ version, sizeBytes }) => [version, sizeBytes]));
  return { name, versions: [...tarballs.keys()], fullBytes: 6_000, abbreviatedBytes: 3_000, tarballs };
}

/** Sizes around the median of the long tail (18 KB, 7 KB), from a fifth of it to five times as much. */
function tailSpec(name) {
  const scale = 5 ** (seededRandom(seedOf(name))() * 2 - 1);
  return ofSize(name, [Math.ceil(14 * scale), Math.round(18_000 * scale), Math.round(7_000 * scale)]);
}

function plainVersions(count) {
  return Array.from({ length: count }, (_, index) => {
    const major = Math.floor(index / 200);
    return `${major}.${Math.floor((index % 200) / 10)}.${index % 10}`;
  });
}

/**
 * Reads a recorded install (see `how_to_replay` in the file).
 *
 * @param {string} file  bench-workload.json
 * @param {string} id    "small" or "large"
 * @returns {{ specs: Map<string, PackageSpec>, requests: string[], inFlightMax: number, client: string,
 * command: string }}
 */
export function readWorkload(file, id) {
  const recorded = JSON.parse(readFileSync(file, "utf8"));
  const workload = recorded.workloads.find((each) => each.id === id);
  if (workload === undefined) throw new Error(`${file} has no workload "${id}"`);
  const run = workload.runs.find(
    ({ client, state }) => client.startsWith("npm") && state.startsWith("no lockfile"),
  );
  const wanted = new Map();
  for (const request of run.requests) {
    const what = request.slice(2);
    if (/^[pP]:/.test(request)) wanted.set(what, wanted.get(what) ?? new Set());
    if (!request.startsWith("t:")) continue;
    const at = what.lastIndexOf("@");
    const name = what.slice(0, at);
    wanted.set(name, (wanted.get(name) ?? new Set()).add(what.slice(at + 1)));
  }
  const specs = new Map();
  for (const [name, versions] of wanted) specs.set(name, recordedSpec(recorded, name, versions));
  const { requests, most_requests_in_flight: inFlightMax, client, command } = run;
  return { specs, requests, inFlightMax, client, command };
}

/** The recorded number of versions: those that are downloaded, and invented older ones before them. */
function recordedSpec(recorded, name, versions) {
  const [count, fullBytes, abbreviatedBytes] = recorded.packuments[name] ?? [versions.size, 4_000, 2_000];
  const invented = plainVersions(Math.max(0, count - versions.size))
    .map((version) => `0.0.0-bench.${version}`)
    .filter((version) => !versions.has(version));
  const tarballs = new Map(
    [...versions]
      .sort(byNumbers)
      .map((version) => [version, recorded.tarball_bytes[`${name}@${version}`] ?? 5_000]),
  );
  return { name, versions: [...invented, ...tarballs.keys()], fullBytes, abbreviatedBytes, tarballs };
}

function byNumbers(left, right) {
  return left.localeCompare(right, "en", { numeric: true });
}
