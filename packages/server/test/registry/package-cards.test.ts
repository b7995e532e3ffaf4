import { randomUUID } from "node:crypto";
import { parseSearch } from "@entrepot/core";
import { expect, it } from "vitest";
import type { Database } from "../../src/db/index.ts";
import { pruneCounts } from "../../src/firewall/index.ts";
import { appendDecisions } from "../../src/firewall/decisions/write-decisions.ts";
import {
  countOnCards,
  markCards,
  waitingCards,
  writeCard,
  type CardContent,
} from "../../src/registry/browse/card-rows.ts";
import { createCatalogue } from "../../src/registry/browse/catalogue.ts";
import { browsePackages, type BrowseQuestion } from "../../src/registry/browse/browse.ts";
import type { Registry } from "../../src/registry/index.ts";
import { readDownloads } from "../../src/registry/browse/downloads.ts";
import { findCards, type CardQuestion } from "../../src/registry/browse/find-cards.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";

const DAY_MS = 86_400_000;
const NOW = 20_000 * DAY_MS;

const CONTENT: CardContent = {
  origin: "local",
  latest: "1.0.0",
  description: "",
  keywords: [],
  author: null,
  publisher: null,
  maintainers: [],
  links: {},
  licence: null,
  updatedAt: NOW,
  dependencies: [],
};

async function registryIn(db: Database): Promise<string> {
  const id = randomUUID();
  await db.write(async (trx) => {
    const workspace = { id, name: id, host: id, created_at: 0 };
    await trx.insertInto("workspaces").values(workspace).execute();
    await trx
      .insertInto("registries")
      .values({
        id,
        workspace_id: id,
        name: "default",
        description: "",
        anonymous_read: 0,
        active: 1,
        host: null,
        managed: 0,
        created_at: 0,
        updated_at: 0,
      } as never)
      .execute();
  });
  return id;
}

async function fill(
  db: Database,
  registryId: string,
  packages: Readonly<Record<string, Partial<CardContent>>>,
): Promise<void> {
  const names = Object.keys(packages);
  const rows = names.map((name) => ({
    registry_id: registryId,
    name,
    origin: "local" as const,
    updated_at: 0,
  }));
  await db.write((trx) => markCards(trx, rows));
  for (const card of await waitingCards(db, { registryIds: [registryId], limit: 10_000 })) {
    const content = { ...CONTENT, ...packages[card.name] };
    await db.write((trx) => writeCard(trx, card, { content, now: NOW }));
  }
}

describeOnEachDatabase("package cards", (databases) => {
  async function found(db: Database, question: Partial<CardQuestion> & { text?: string }): Promise<string[]> {
    const { text = "", ...rest } = question;
    const cards = await findCards(db, {
      registryIds: [],
      search: parseSearch(text),
      origin: null,
      needing: null,
      order: "relevance",
      after: null,
      limit: 100,
      ...rest,
    });
    return cards.map(({ name }) => name);
  }

  it("are found by words, the best first, and by every condition", async () => {
    const db = await databases.open();
    const id = await registryIn(db);
    await fill(db, id, {
      "pad": {},
      "left-pad": { keywords: ["Text"], maintainers: [{ name: "Ada", email: null }] },
      "paddington": { latest: "0.3.0", author: "Grace\0" },
      "keypad": { origin: "cached" },
      "@acme/odd%_name": { description: "A pad of \ud800 paper", keywords: ["\0x"] },
      "other": { keywords: ["text", "deprecated"], dependencies: ["pad", "left-pad", "pad"] },
    });
    const at = { registryIds: [id] };
    expect(await found(db, { ...at, text: "pad" })).toEqual([
      "pad",
      "paddington",
      "left-pad",
      "keypad",
      "@acme/odd%_name",
    ]);
    expect(await found(db, { ...at, text: "pad left" })).toEqual(["left-pad"]);
    expect(await found(db, { ...at, text: "PAD", origin: "cached" })).toEqual(["keypad"]);
    expect(await found(db, { ...at, text: "keywords:text" })).toEqual(["left-pad", "other"]);
    expect(await found(db, { ...at, text: "keywords:text,-deprecated" })).toEqual(["left-pad"]);
    expect(await found(db, { ...at, text: "maintainer:ada" })).toEqual(["left-pad"]);
    expect(await found(db, { ...at, text: "author:grace" })).toEqual(["paddington"]);
    expect(await found(db, { ...at, text: "scope:acme" })).toEqual(["@acme/odd%_name"]);
    expect(await found(db, { ...at, text: "pad is:unstable" })).toEqual(["paddington"]);
    expect(await found(db, { ...at, text: "odd%_" })).toEqual(["@acme/odd%_name"]);
    expect(await found(db, { ...at, needing: "left-pad" })).toEqual(["other"]);
    expect(await found(db, { ...at, needing: "keypad" })).toEqual([]);
    expect(await found(db, { registryIds: [await registryIn(db)], text: "pad" })).toEqual([]);
  });

  it("come in pages of every order, each once", async () => {
    const db = await databases.open();
    const id = await registryIn(db);
    const names = Array.from({ length: 25 }, (_, at) => `pad-${String.fromCharCode(97 + at)}`);
    await fill(db, id, Object.fromEntries(names.map((name, at) => [name, { updatedAt: at % 3 }])));
    for (const order of ["relevance", "name", "updated", "downloads"] as const) {
      for (const text of ["", "pad"]) {
        const seen: string[] = [];
        let after: CardQuestion["after"] = null;
        do {
          const page: Awaited<ReturnType<typeof findCards>> = await findCards(db, {
            registryIds: [id],
            search: parseSearch(text),
            origin: null,
            needing: null,
            order,
            after,
            limit: 7,
          });
          seen.push(...page.map(({ name }) => name));
          after = page.length === 7 ? (page.at(-1)?.place ?? null) : null;
        } while (after !== null);
        expect([order, text, [...seen].sort()]).toEqual([order, text, names]);
      }
    }
  });

  it("that were marked again while somebody described them wait on", async () => {
    const db = await databases.open();
    const id = await registryIn(db);
    const row = { registry_id: id, name: "x", origin: "local" as const, updated_at: 0 };
    const gone = { ...row, registry_id: "deleted" };
    await db.write((trx) => markCards(trx, [row, gone]));
    const [card] = await waitingCards(db, { registryIds: [id], limit: 10 });
    await db.write((trx) => markCards(trx, [row]));
    await db.write((trx) => writeCard(trx, card!, { content: CONTENT, now: NOW }));
    await db.write((trx) => writeCard(trx, card!, { content: null, now: NOW }));
    const [again] = await waitingCards(db, { registryIds: [id, "deleted"], limit: 10 });
    expect(again?.id).toBe(card?.id);
    await db.write((trx) => writeCard(trx, again!, { content: null, now: NOW }));
    expect(await found(db, { registryIds: [id] })).toEqual([]);
  });

  it("are described though one before them cannot be, which waits for its next change", async () => {
    const db = await databases.open();
    const id = await registryIn(db);
    const warned: unknown[] = [];
    const broken = new Set(["a-bad"]);
    let tell: (names: readonly string[]) => void = () => undefined;
    const row = { id: "p", removed_at: null, modified_at: 7, maintainers: "[]" };
    const catalogue = createCatalogue({
      db,
      now: () => NOW,
      log: { warn: (_: string, fields: Record<string, unknown>) => void warned.push(fields["packageName"]) },
      threads: { waiting: 0 },
      registries: { snapshot: async () => ({ byId: new Map([[id, { id, name: "default" }]]) }) },
      origins: {
        of: async (_: unknown, name: string) => {
          if (broken.has(name)) throw new TypeError("odd");
          return { kind: "local", row };
        },
      },
      changes: {
        refresh: async () => undefined,
        subscribe: (listener: (batch: unknown) => void) => {
          tell = (names) =>
            listener(
              names.map((packageName) => ({ kind: "version-published", registryId: id, packageName })),
            );
          return () => undefined;
        },
      },
    } as never);
    tell(["a-bad", "b-good"]);
    await catalogue.refresh();
    expect(warned).toEqual(["a-bad"]);
    const times = async (): Promise<unknown> =>
      Object.fromEntries(
        (await db.read.selectFrom("package_cards").select(["name", "updated_at"]).execute()).map((card) => [
          card.name,
          Number(card.updated_at),
        ]),
      );
    expect(await times()).toEqual({ "a-bad": NOW, "b-good": 7 });
    expect(await waitingCards(db, { registryIds: [id], limit: 10 })).toEqual([]);
    broken.clear();
    tell(["a-bad"]);
    await catalogue.refresh();
    expect(await times()).toEqual({ "a-bad": 7, "b-good": 7 });
    await catalogue.close();
  });

  it("are judged 250 for one page at most, and not at all where they are passed over", async () => {
    const db = await databases.open();
    const id = await registryIn(db);
    const names = Array.from({ length: 600 }, (_, at) => `pad-${String(at).padStart(3, "0")}`);
    const rows = names.map((name) => ({
      registry_id: id,
      name,
      origin: "local" as const,
      updated_at: 0,
    }));
    await db.write((trx) => markCards(trx, rows));
    let judged = 0;
    const browse = async (question: Partial<BrowseQuestion>, versions: readonly string[]) => {
      judged = 0;
      const deps = {
        db,
        now: () => NOW,
        catalogue: { refresh: async () => undefined },
        statuses: { marks: { of: async () => ({ unlisted: new Set() }) } },
        verdicts: {
          hiddenVersions: async () => {
            judged += 1;
            return new Map();
          },
          of: async () => ({ versions, distTags: new Map() }),
        },
      } as unknown as Parameters<typeof browsePackages>[0];
      const { items, next, skipped } = await browsePackages(deps, {
        registries: [{ id } as unknown as Registry],
        text: "",
        origin: null,
        needing: null,
        order: "name",
        after: null,
        skip: 0,
        limit: 200,
        withRemote: false,
        maySee: () => true,
        isManager: () => false,
        ...question,
      });
      return { shown: items.map(({ name }) => name), next, skipped, judged };
    };
    let after: BrowseQuestion["after"] = null;
    for (const [count, last] of [
      [250, names[249]],
      [250, names[499]],
      [100, undefined],
    ] as const) {
      const page: Awaited<ReturnType<typeof browse>> = await browse({ after }, []);
      expect([page.shown, page.judged, page.next?.name]).toEqual([[], count, last]);
      after = page.next;
    }
    const deep = await browse({ skip: 300, limit: 5 }, ["1.0.0"]);
    expect(deep).toMatchObject({ shown: names.slice(300, 305), skipped: 300, judged: 5 });
    const beyond = await browse({ skip: 1_000, limit: 5 }, ["1.0.0"]);
    expect(beyond).toEqual({ shown: [], next: null, skipped: 600, judged: 0 });
  });

  it("say how often packages were served in the last week, as the counts do", async () => {
    const db = await databases.open();
    const id = await registryIn(db);
    await fill(db, id, { x: {}, y: {} });
    const serve = async (name: string, at: number, count: number): Promise<void> => {
      const decided = {
        registryId: id,
        registry: "default",
        name,
        version: "1.0.0",
        outcome: "served" as const,
        purpose: "tarball",
        rule: null,
        reason: null,
        until: null,
      };
      const asker = {
        principal: "ada",
        credential: null,
        address: "127.0.0.1",
        client: "npm",
        project: undefined,
        at,
      };
      const decisions = [{ decided, asker, count }];
      await db.write((trx) => appendDecisions(trx, { workspaceId: id, decisions }));
    };
    await serve("x", NOW, 2);
    await serve("x", NOW, 3);
    await serve("x", NOW - 6 * DAY_MS, 10);
    await serve("x", NOW - 8 * DAY_MS, 100);
    await serve("y", NOW - 500 * DAY_MS, 1000);
    await countOnCards(db, 20_000);
    const counts = await db.read.selectFrom("package_cards").select(["name", "downloads_week"]).execute();
    expect(Object.fromEntries(counts.map((row) => [row.name, Number(row.downloads_week)]))).toEqual({
      x: 15,
      y: 0,
    });
    const asked = { registryId: id, name: "x", version: null, from: 19_990, to: 20_000 };
    expect(await readDownloads(db, asked)).toEqual({
      days: [
        { day: 19_992, count: 100 },
        { day: 19_994, count: 10 },
        { day: 20_000, count: 5 },
      ],
      total: 115,
      versions: [{ version: "1.0.0", count: 115 }],
    });
    await pruneCounts({ db }, NOW);
    const left = await db.read.selectFrom("download_counts").select("name").distinct().execute();
    expect(left.map(({ name }) => name)).toEqual(["x"]);
  });
});
