import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync, inflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { PackageAdvisory } from "../../src/advisories/advisory.ts";
import { matchAdvisories } from "../../src/advisories/match.ts";
import { parseOsvRecord } from "../../src/advisories/parse-osv.ts";
import { parseLockfile } from "../../src/lockfiles/parse-lockfile.ts";

/*
 * Real lockfiles and advisories that are no part of this repository: where they are beside it, what is read from
 * them is held against the counts that two other parsers agreed on.
 */
const DATA = fileURLToPath(new URL("../../../../../shared/data/", import.meta.url));
const hasLockfiles = existsSync(`${DATA}lockfiles.tar.gz`);
const hasAdvisories = hasLockfiles && existsSync(`${DATA}advisories/osv-npm.zip`);
const LOCKFILES = /^(?:package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lock)$/u;
const ROW = /^\| ([\w.-]+) \| ([\w.+-]+) \| ([\d,]+) \| ([\d,]+) \|/gmu;

interface RealLockfile {
  folder: string;
  fileName: string;
  text: string;
}

function realLockfiles(): RealLockfile[] {
  const found: RealLockfile[] = [];
  for (const { path, text } of filesOfTar(gunzipSync(readFileSync(`${DATA}lockfiles.tar.gz`)))) {
    const [, folder = "", fileName = "", ...below] = path.split("/");
    if (below.length === 0 && LOCKFILES.test(fileName)) found.push({ folder, fileName, text });
  }
  return found;
}

/** Every file of a tar archive with short names: blocks of 512 bytes, a header before each file. */
function* filesOfTar(tar: Buffer): Generator<{ path: string; text: string }> {
  const textAt = (start: number, length: number): string =>
    tar.toString("latin1", start, start + length).replace(/\0.*$/su, "");
  for (let at = 0; tar[at] !== 0 && at < tar.length;) {
    const size = Number.parseInt(textAt(at + 124, 12), 8);
    const path = textAt(at, 100).replace(/^\.\//u, "");
    yield { path, text: tar.toString("utf8", at + 512, at + 512 + size) };
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

/** Every file of a zip archive, by its central directory. */
function* filesOfZip(zip: Buffer): Generator<string> {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  let at = zip.readUInt32LE(end + 16);
  for (let count = zip.readUInt16LE(end + 10); count > 0; count -= 1) {
    const [method, size, start] = [
      zip.readUInt16LE(at + 10),
      zip.readUInt32LE(at + 20),
      zip.readUInt32LE(at + 42),
    ];
    const data = start + 30 + zip.readUInt16LE(start + 26) + zip.readUInt16LE(start + 28);
    const bytes = zip.subarray(data, data + size);
    yield (method === 0 ? bytes : inflateRawSync(bytes)).toString();
    at += 46 + zip.readUInt16LE(at + 28) + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
}

function distinct(text: string, fileName: string | null): { entries: number; names: string[] } {
  const { packages } = parseLockfile(fileName, text);
  const names = new Set(packages.map(({ name, version }) => `${name}@${version}`));
  return { entries: packages.length, names: [...names].toSorted() };
}

describe.runIf(hasLockfiles)("real lockfiles", () => {
  it("have as many entries as their list says", () => {
    const rows = readFileSync(`${DATA}lockfiles/README.md`, "utf8").matchAll(ROW);
    const expected = [...rows].map(([, folder, , entries = "", names = ""]) => ({
      folder,
      entries: Number(entries.replaceAll(",", "")),
      names: Number(names.replaceAll(",", "")),
    }));
    const files = realLockfiles();
    const counted = files.map(({ folder, fileName, text }) => {
      const named = distinct(text, fileName);
      expect(distinct(text, null)).toEqual(named);
      return { folder, entries: named.entries, names: named.names.length };
    });
    const byFolder = (one: { folder?: string | undefined }): string => one.folder ?? "";
    const sorted = <T extends { folder?: string | undefined }>(items: T[]): T[] =>
      items.toSorted((one, other) => byFolder(one).localeCompare(byFolder(other)));
    expect(sorted(counted)).toEqual(sorted(expected));
    expect(counted.length).toBe(11);
  });
});

describe.runIf(hasAdvisories)("real lockfiles and advisories", () => {
  it("have the findings that are known", { timeout: 120_000 }, () => {
    const files = realLockfiles();
    const pinned = new Map(files.map(({ folder, text }) => [folder, distinct(text, null).names]));
    const wanted = new Set([...pinned.values()].flat().map((name) => name.slice(0, name.lastIndexOf("@"))));
    const advisories = advisoriesOf(wanted);
    const { lockfiles } = JSON.parse(readFileSync(`${DATA}lockfiles/vulnerable.json`, "utf8")) as {
      lockfiles: Record<string, { list: Record<string, string[]> }>;
    };
    const found = Object.fromEntries(
      [...pinned].map(([folder, names]) => [folder, findings(names, advisories)]),
    );
    const expected = Object.entries(lockfiles).map(([folder, { list: findingsOf }]) => [folder, findingsOf]);
    expect(found).toEqual(Object.fromEntries(expected));
  });
});

function advisoriesOf(names: ReadonlySet<string>): Map<string, PackageAdvisory[]> {
  const byName = new Map<string, PackageAdvisory[]>();
  for (const text of filesOfZip(readFileSync(`${DATA}advisories/osv-npm.zip`))) {
    const parsed = parseOsvRecord(JSON.parse(text), "osv");
    if ("problem" in parsed) continue;
    for (const [name, affected] of parsed.packages) {
      if (!names.has(name)) continue;
      byName.set(name, [...(byName.get(name) ?? []), { ...parsed.advisory, affected }]);
    }
  }
  return byName;
}

function findings(
  names: readonly string[],
  advisories: ReadonlyMap<string, PackageAdvisory[]>,
): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const pinned of names) {
    const at = pinned.lastIndexOf("@");
    const matches = matchAdvisories(advisories.get(pinned.slice(0, at)) ?? [], pinned.slice(at + 1));
    if (matches.length > 0) found[pinned] = matches.map(({ id }) => id).toSorted();
  }
  return found;
}
