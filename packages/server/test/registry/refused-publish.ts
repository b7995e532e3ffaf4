import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  makePublishDocument,
  startTestApp,
  type PackageInput,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { expect } from "vitest";
import { openDatabase, type Database } from "../../src/db/index.ts";

type Json = Record<string, unknown>;

/** A whole server for publishes that have to be refused, with a look into its database. */
export interface RefusingApp {
  app: TestApp;
  db: Database;
  put(name: string, body: unknown): Promise<TestResponse>;
  /** Publishes what `change` makes of an ordinary document; gives status and error text. */
  publishChanged(
    input: PackageInput,
    change: (body: Json, manifest: Json) => Json | void,
  ): Promise<[status: number, error: string | undefined]>;
  /** The very name that was refused can be published rightly; nothing of the refused one is in the way. */
  expectUntouched(name: string): Promise<void>;
  close(): Promise<void>;
}

/** The folder is made when the first file is staged. */
async function stagedFiles(app: TestApp): Promise<string[]> {
  const folder = join(app.data, "staging");
  return existsSync(folder) ? await readdir(folder) : [];
}

/** Starts the server. */
export async function startRefusingApp(): Promise<RefusingApp> {
  const app = await startTestApp();
  const db = await openDatabase({ url: `sqlite:${app.data}/entrepot.db` });

  function put(name: string, body: unknown): Promise<TestResponse> {
    return app.admin.request(`/npm/default/${name.replace("/", "%2f")}`, { method: "PUT", body });
  }

  return {
    app,
    db,
    put,
    async publishChanged(input, change) {
      const { body } = makePublishDocument(input);
      const manifest = (body["versions"] as Record<string, Json>)[input.version] as Json;
      const { status, json } = await put(input.name, change(body, manifest) ?? body);
      return [status, json.error];
    },
    async expectUntouched(name) {
      const row = await db.read
        .selectFrom("packages")
        .select("id")
        .where("name", "=", name)
        .executeTakeFirst();
      expect(row).toBeUndefined();
      expect((await app.admin.request(`/npm/default/${name.replace("/", "%2f")}`)).status).toBe(404);
      expect(await stagedFiles(app)).toEqual([]);
      expect((await app.admin.publish({ name, version: "1.0.0" })).status).toBe(201);
    },
    async close() {
      await db.close();
      await app.close();
    },
  };
}
