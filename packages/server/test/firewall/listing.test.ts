import {
  createFakeUpstream,
  createTestClock,
  startTestApp,
  type FakeUpstream,
  type TestApp,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

/** What happens behind an answer may take its time on a busy machine. */
const WAIT_MS = 10_000;

const REASON = "steals tokens";
const HOUR = 60 * 60 * 1000;

const clock = createTestClock();

let app: TestApp;
let upstream: FakeUpstream;

beforeAll(async () => {
  upstream = await createFakeUpstream();
  app = await startTestApp({ upstream: upstream.url, now: clock.now });
  const versions = ["1.0.0", "1.1.0", "1.2.0"];
  for (const version of versions) upstream.publish({ name: "remote", version });
  for (const version of versions) {
    await app.admin.publish({ name: "own", version });
    expect((await app.admin.request(`/npm/default/remote/-/remote-${version}.tgz`)).status).toBe(200);
  }
  for (const name of ["own", "remote"]) {
    const path = `/api/v1/registries/default/packages/${name}/versions/1.1.0/status`;
    await app.admin.request(path, { method: "PUT", body: { status: "blocked", reason: REASON } });
  }
  // Cached versions are recorded behind the answer.
  await vi.waitFor(async () => expect(await list(app.admin.token)).toHaveLength(6), { timeout: 10_000 });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
});

type Row = Record<string, unknown>;

/** Reads the whole list in pages of two. */
async function list(token: string): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor = "";
  do {
    const path = `/api/v1/registries/default/versions?limit=2&cursor=${encodeURIComponent(cursor)}`;
    const { json } = await app.request(path, { headers: { authorization: `Bearer ${token}` } });
    rows.push(...(json["items"] as Row[]));
    cursor = (json["next"] as string | null) ?? "";
  } while (cursor !== "");
  return rows;
}

describe("the list of what a registry holds", () => {
  it("tells nobody who does not manage policy of what that refuses", async () => {
    const rows = await list((await app.as("dev")).token);
    expect(rows.map(({ name, version }) => `${String(name)}@${String(version)}`)).toEqual([
      "own@1.0.0",
      "own@1.2.0",
      "remote@1.0.0",
      "remote@1.2.0",
    ]);
    expect(JSON.stringify(rows)).not.toContain(REASON);
    for (const row of rows) expect(row).not.toHaveProperty("status");
  });

  it("shows managers every version with its status and why it is refused", async () => {
    const rows = await list(app.admin.token);
    expect(rows.map(({ name, version, status, reason }) => [name, version, status, reason])).toEqual(
      ["own", "remote"].flatMap((name) => [
        [name, "1.0.0", "allow", null],
        [name, "1.1.0", "deny", REASON],
        [name, "1.2.0", "allow", null],
      ]),
    );
  });

  it("goes on to refuse what the upstream has taken back since, or what is our own name by now", async () => {
    upstream.remove("remote", "1.1.0");
    await vi.waitFor(async () => {
      clock.advance(HOUR);
      const { json } = await app.admin.request("/npm/default/remote");
      expect(Object.keys(json["versions"] as object)).toEqual(["1.0.0", "1.2.0"]);
      expect((json["_policy"] as object | undefined) ?? null).toBeNull();
    }, WAIT_MS);
    const refused = async (): Promise<unknown[]> =>
      (await list(app.admin.token))
        .filter(({ status }) => status !== "allow")
        .map(({ name, version }) => `${String(name)}@${String(version)}`);
    expect(await refused()).toEqual(["own@1.1.0", "remote@1.1.0"]);
    const claims = "/api/v1/registries/default/claims/remote";
    expect((await app.admin.request(claims, { method: "PUT" })).status).toBeLessThan(300);
    expect(await refused()).toEqual(["own@1.1.0", "remote@1.0.0", "remote@1.1.0", "remote@1.2.0"]);
    expect((await app.admin.publish({ name: "remote", version: "9.0.0" })).status).toBe(201);
    expect(await refused()).toEqual(["own@1.1.0", "remote@1.0.0", "remote@1.1.0", "remote@1.2.0"]);
    expect(await list((await app.as("dev")).token)).toHaveLength(3);
  });
});
