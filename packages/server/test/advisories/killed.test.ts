import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { ADMIN_PASSWORD, httpRequest, loginAs, makeAdvisory, makeZip } from "@entrepot/testkit";
import { startServerProcess } from "../http/server-process.ts";

const RECORDS = 5000;
const KILLED_AFTER_MS = [50, 300, 600, 900, 1200, 1600];

it("takes a feed over whole or not at all, whenever it is killed", { timeout: 120_000 }, async () => {
  const data = await mkdtemp(join(tmpdir(), "entrepot-killed-"));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  const records = Array.from({ length: RECORDS }, (_, at) => ({
    id: `MAL-${at}`,
    affects: { [`package-${at}`]: null },
  }));
  const zip = makeZip(
    records.map((record) => ({ name: `${record.id}.json`, content: JSON.stringify(makeAdvisory(record)) })),
  );
  await writeFile(join(data, "feed.zip"), zip);
  await writeFile(join(data, "entrepot.yaml"), "advisories: [{ name: a, url: feed.zip }]\n");
  const env = {
    ENTREPOT_ADMIN_PASSWORD: ADMIN_PASSWORD,
    ENTREPOT_CONFIG: join(data, "entrepot.yaml"),
    ENTREPOT_ADVISORIES: "",
  };
  const sync = async (url: string, body: object): Promise<void> => {
    const token = await loginAs(url, "admin", ADMIN_PASSWORD);
    const headers = { authorization: `Bearer ${token}` };
    await httpRequest(url, "/api/v1/advisories/sync", { method: "POST", headers, body });
  };
  for (const after of KILLED_AFTER_MS) {
    const server = await startServerProcess(data, env);
    const { advisories } = (await httpRequest(server.url, "/health/json")).json as {
      advisories: { epoch: number | null };
    };
    if (advisories.epoch !== null) expect(await known(server.url)).toBe(RECORDS);
    await sync(server.url, { full: true });
    await delay(after);
    process.kill(server.pid, "SIGKILL");
    await server.stop();
  }
  const server = await startServerProcess(data, env);
  onTestFinished(async () => void (await server.stop()));
  // Another job than those that were killed, which are taken up again when their leases end.
  await sync(server.url, { full: true, acceptShrink: true });
  await expect.poll(() => known(server.url), { timeout: 60_000 }).toBe(RECORDS);

  async function known(url: string): Promise<unknown> {
    const headers = { authorization: `Bearer ${await loginAs(url, "admin", ADMIN_PASSWORD)}` };
    const { json } = await httpRequest(url, "/api/v1/advisories/status", { headers });
    const list = await httpRequest(url, `/api/v1/advisories?package=package-${RECORDS - 1}`, { headers });
    return (list.json["items"] as unknown[]).length === 1 ? json["advisories"] : 0;
  }
});
