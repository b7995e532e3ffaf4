import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Advisory } from "@entrepot/core";
import { openIndex } from "./advisory-index.ts";
import { hashOf } from "./index-format.ts";
import { gzipLines, type SnapshotRecord } from "./snapshot-lines.ts";
import { writeIndex } from "./write-index.ts";
import { mergeSnapshot, SnapshotWriter } from "./write-snapshot.ts";

const NOTHING = { kev: new Map<string, string>(), epss: new Map() };
let folder = "";
let count = 0;

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "entrepot-index-"))));
afterEach(() => rmSync(folder, { recursive: true }));

function path(): string {
  return join(folder, String((count += 1)));
}

function record(id: string, names: readonly string[], more: Partial<Advisory> = {}): SnapshotRecord {
  const advisory: Advisory = {
    id,
    aliases: [],
    kind: "vulnerability",
    summary: id,
    url: "",
    severity: null,
    score: null,
    vector: null,
    cwes: [],
    publishedAt: null,
    modifiedAt: 1,
    withdrawnAt: null,
    feed: "test",
    origins: ["test"],
    epss: null,
    kevSince: null,
    ...more,
  };
  return { id, advisory, packages: names.map((name) => [name, { versions: ["1.0.0"], intervals: [] }]) };
}

function snapshot(records: readonly SnapshotRecord[]): { path: string; digest: string } {
  const to = path();
  const writer = new SnapshotWriter(to);
  for (const one of records) writer.add(one);
  return { path: to, digest: writer.finish().digest };
}

async function indexOf(...snapshots: SnapshotRecord[][]): Promise<ReturnType<typeof openIndex>> {
  const to = path();
  const { digest } = await writeIndex(
    snapshots.map((records) => snapshot(records).path),
    NOTHING,
    to,
  );
  return openIndex(to, digest);
}

const names = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "hasOwnProperty", "toString", "JSONStream", "jsonstream"),
  fc.string({ minLength: 1, maxLength: 20 }),
);

it("answers what was put in, whatever names, ids and feeds", async () => {
  const world = fc.array(fc.dictionary(fc.stringMatching(/^[A-Z]{1,3}-[0-9]{1,2}$/), fc.uniqueArray(names)), {
    maxLength: 3,
  });
  await fc.assert(
    fc.asyncProperty(world, async (feeds) => {
      const lists = feeds.map((feed) => Object.entries(feed).map(([id, about]) => record(id, about)));
      const index = await indexOf(...lists);
      // Of records with the same id and time the first feed's counts.
      const expected = new Map(
        lists.toReversed().flatMap((list) => list.map((one) => [one.id, one] as const)),
      );
      const all = new Set([...expected.values()].flatMap((one) => one.packages.map(([name]) => name)));
      for (const name of [...all, "absent", "__proto__"]) {
        const ids = [...expected.values()].filter((one) => one.packages.some(([about]) => about === name));
        expect(index.of(name).map(({ id }) => id)).toEqual(ids.map(({ id }) => id).toSorted(byText));
      }
      for (const [id, one] of expected) {
        expect(index.namesOf(id).sort()).toEqual(one.packages.map(([name]) => name).sort());
      }
      expect(index.namesOf("none")).toEqual([]);
      index.close();
    }),
    { numRuns: 60 },
  );
});

it("tells names apart whose hashes are the same", async () => {
  const byHash = new Map<number, string>();
  let pair: [string, string] | null = null;
  for (let at = 0; pair === null; at += 1) {
    const name = `name-${at}`;
    const other = byHash.get(hashOf(name));
    if (other !== undefined) pair = [other, name];
    byHash.set(hashOf(name), name);
  }
  const index = await indexOf([record("A-1", [pair[0]]), record("A-2", [pair[1]])]);
  expect(pair.map((name) => index.of(name).map(({ id }) => id))).toEqual([["A-1"], ["A-2"]]);
  index.close();
});

it("gives the same bytes for the same records in any order", () => {
  const records = ["A-1", "B-2", "C-3"].map((id) => record(id, ["left"]));
  expect(snapshot(records).digest).toBe(snapshot(records.toReversed()).digest);
});

it("merges what changed as if all had been read anew", async () => {
  const ids = fc.uniqueArray(fc.stringMatching(/^[A-Z]-[0-9]$/), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(ids, ids, ids, async (before, changed, gone) => {
      const changes = new Map<string, SnapshotRecord | null>([
        ...changed.map((id) => [id, record(id, ["new"])] as const),
        ...gone.map((id) => [id, null] as const),
      ]);
      const to = path();
      const from = snapshot(before.map((id) => record(id, ["old"]))).path;
      const merged = await mergeSnapshot(from, changes, to);
      const after = new Map(before.map((id) => [id, record(id, ["old"])]));
      for (const [id, one] of changes) {
        if (one === null) after.delete(id);
        else after.set(id, one);
      }
      const whole = snapshot([...after.values()]);
      expect(merged.records).toBe(after.size);
      expect(await linesOf(to)).toEqual(await linesOf(whole.path));
    }),
    { numRuns: 40 },
  );
});

async function linesOf(from: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of gzipLines(from)) lines.push(line.toString("utf8"));
  return lines;
}

it("is refused when it is cut, or something else", async () => {
  const to = path();
  await writeIndex([snapshot([record("A-1", ["left"])]).path], NOTHING, to);
  truncateSync(to, readFileSync(to).length - 1);
  expect(() => openIndex(to, "")).toThrow("is damaged");
  const other = path();
  writeFileSync(other, "something else".repeat(100));
  expect(() => openIndex(other, "")).toThrow("is damaged");
  const empty = path();
  writeFileSync(empty, "");
  expect(() => openIndex(empty, "")).toThrow("is damaged");
});

function byText(one: string, other: string): number {
  return one < other ? -1 : 1;
}
