import { startTestApp, type TestApp, type TestResponse } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

interface Document extends Record<string, unknown> {
  _rev: string;
  versions: Record<string, unknown>;
}

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

async function publish(name: string, ...versions: string[]): Promise<void> {
  for (const version of versions) expect((await app.admin.publish({ name, version })).status).toBe(201);
}

const read = async (name: string): Promise<Document> =>
  (await app.admin.request(`/npm/default/${name}?write=true`)).json as Document;

const putRevision = (name: string, rev: string, body: unknown): Promise<TestResponse> =>
  app.admin.request(`/npm/default/${name}/-rev/${rev}`, { method: "PUT", body });

function without(document: Document, version: string): Document {
  const { [version]: _gone, ...versions } = document.versions;
  return { ...document, versions };
}

const statusPath = (name: string, version: string): string =>
  `/api/v1/registries/default/packages/${name}/versions/${version}/status`;

async function block(name: string, version: string): Promise<void> {
  const body = { status: "blocked", reason: "bad" };
  expect((await app.admin.request(statusPath(name, version), { method: "PUT", body })).status).toBe(200);
}

async function unblock(name: string, version: string): Promise<void> {
  expect((await app.admin.request(statusPath(name, version), { method: "DELETE" })).status).toBe(204);
}

describe("a client's document that lacks a version", () => {
  it("removes no version that policy kept out of the document", async () => {
    await publish("partly", "1.0.0", "1.1.0", "1.2.0");
    await block("partly", "1.2.0");
    const document = await read("partly");
    expect(Object.keys(document.versions)).toEqual(["1.0.0", "1.1.0"]);
    expect((await putRevision("partly", document._rev, without(document, "1.1.0"))).status).toBe(201);
    await unblock("partly", "1.2.0");
    expect(Object.keys((await read("partly")).versions)).toEqual(["1.0.0", "1.2.0"]);
  });

  it("removes no version that was hidden when the document was read, should it be shown again since", async () => {
    await publish("freed", "1.0.0", "1.1.0", "1.2.0");
    await block("freed", "1.2.0");
    const document = await read("freed");
    await unblock("freed", "1.2.0");
    expect((await putRevision("freed", document._rev, without(document, "1.1.0"))).status).toBe(201);
    expect(Object.keys((await read("freed")).versions)).toEqual(["1.0.0", "1.2.0"]);
  });

  it("never removes the last version that can be seen by a document", async () => {
    await publish("sole", "1.0.0", "1.1.0");
    await block("sole", "1.1.0");
    const document = await read("sole");
    const put = await putRevision("sole", document._rev, without(document, "1.0.0"));
    expect([put.status, put.json.error]).toEqual([
      400,
      "This would remove every version; to remove the whole package use npm unpublish --force.",
    ]);
    await unblock("sole", "1.1.0");
    expect(Object.keys((await read("sole")).versions)).toEqual(["1.0.0", "1.1.0"]);
  });
});
