import { expect, it } from "vitest";
import { systemActor } from "../../src/changes/index.ts";
import { createMemoryStore } from "../../src/blobs/index.ts";
import { createRegistry } from "../../src/registry/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";
import { publishDirectly } from "./publish-directly.ts";

describeOnEachDatabase("the character NUL", (databases) => {
  it("is left out of what is kept as text", async () => {
    const db = await databases.open();
    const publisher = await publishDirectly({ db, blobs: createMemoryStore(), now: Date.now });
    databases.afterwards(() => publisher.close());
    await publisher.publish({
      name: "odd",
      version: "1.0.0",
      readme: "one\0two",
      manifest: { description: "three\0four", readmeFilename: "READ\0ME.md", keywords: ["five\0six"] },
    });
    const row = await db.read
      .selectFrom("packages")
      .innerJoin("versions", "versions.package_id", "packages.id")
      .select(["readme", "readme_filename", "full_slice"])
      .executeTakeFirstOrThrow();
    expect([row.readme, row.readme_filename]).toEqual(["onetwo", "README.md"]);
    expect(JSON.parse(row.full_slice)).toMatchObject({ description: "threefour", keywords: ["five\0six"] });

    const by = {
      workspaceId: publisher.registry.workspaceId,
      actor: systemActor("ada"),
      fromConfiguration: false,
    };
    const writes = { db, now: Date.now, hostProblem: () => null };
    await createRegistry(writes, by, { name: "described", description: "a\0b" });
    const made = await db.read
      .selectFrom("registries")
      .select("description")
      .where("name", "=", "described")
      .executeTakeFirstOrThrow();
    expect(made.description).toBe("ab");
  });
});
