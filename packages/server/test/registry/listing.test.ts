import { bareFacts, decide, plainContext, type Verdict } from "@entrepot/core";
import { expect, it } from "vitest";
import { createMemoryStore } from "../../src/blobs/index.ts";
import { listPackages } from "../../src/registry/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";
import { publishDirectly } from "./publish-directly.ts";

describeOnEachDatabase("listing what a registry holds", (databases) => {
  it("finds own and cached versions by a part of the name, in order, and judges each", async () => {
    const db = await databases.open();
    const publisher = await publishDirectly({ db, blobs: createMemoryStore(), now: Date.now });
    databases.afterwards(() => publisher.close());
    const { registry } = publisher;
    for (const version of ["1.0.0", "1.1.0"]) await publisher.publish({ name: "b_own", version });
    const source = { id: "u", workspace_id: registry.workspaceId, name: "u", url: "http://127.0.0.1:9/" };
    await db.write(async (trx) => {
      await trx
        .insertInto("upstreams")
        .values({ ...source, credential: null, settings: "{}", managed: 0, created_at: 1, updated_at: 1 })
        .execute();
      const values = {
        registry_id: registry.id,
        upstream_id: "u",
        digest: "d",
        integrity: "i",
        shasum: null,
      };
      const seen = { size_bytes: 5, cached_at: 0, cached_by: "ada" };
      for (const name of ["a_cached", "axcached"]) {
        await trx
          .insertInto("cached_versions")
          .values({ ...values, ...seen, name, version: "2.0.0" })
          .execute();
      }
    });
    const blocked = { status: "blocked", reason: "bad", setBy: "ada", setAt: 0 } as const;
    const context = plainContext({ statuses: new Map([["2.0.0", blocked]]) });
    const verdicts = {
      hiddenVersions: async (_registry: unknown, _name: string, versions: readonly string[] = []) =>
        new Map(
          versions.filter((version) => version === "2.0.0").map((version) => [version, verdictOn(version)]),
        ),
    };
    const verdictOn = (version: string): Verdict =>
      decide(bareFacts({ version, upstreamVersion: null, origin: "upstream" }), context);
    const marks = { of: () => ({ deprecations: new Map(), unlisted: new Set(["1.1.0"]) }) };
    const deps = { db, verdicts, statuses: { marks } };
    const list = async (after: string, limit: number, text = "_"): Promise<unknown[]> =>
      (await listPackages(deps, { registry, after, limit, text })).map((row) => [
        row.name,
        row.version,
        row.origin,
        row.by,
        row.refusal?.outcome ?? (row.isUnlisted ? "unlisted" : "allow"),
      ]);
    expect(await list("", 10)).toEqual([
      ["a_cached", "2.0.0", "cached", "ada", "deny"],
      ["b_own", "1.0.0", "local", "ada", "allow"],
      ["b_own", "1.1.0", "local", "ada", "unlisted"],
    ]);
    expect(await list("b_own\n1.0.0", 1)).toEqual([["b_own", "1.1.0", "local", "ada", "unlisted"]]);
  });
});
