import { get, type IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { startTestApp, type TestApp } from "@entrepot/testkit";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "../../src/db/index.ts";
import { createSilentLog } from "../../src/telemetry/index.ts";

const EVENTS = 50_000;
const MIB = 1024 * 1024;
/** All events together are more than 100 MiB. */
const GROWTH_MAX = 60 * MIB;

describe("the export of fifty thousand events", () => {
  let app: TestApp;
  const complaints: string[] = [];

  beforeAll(async () => {
    const log = createSilentLog();
    const complain = (message: string): void => void complaints.push(message);
    app = await startTestApp({ log: { ...log, warn: complain, error: complain } });
    const db = await openDatabase({ url: `sqlite:${app.data}/entrepot.db` });
    const { id } = await db.read.selectFrom("workspaces").select("id").executeTakeFirstOrThrow();
    await db.write((trx) =>
      sql`insert into audit_events (workspace_id, at, kind, actor, result, detail)
        with recursive n(i) as (select 1 union all select i + 1 from n where i < ${EVENTS})
        select ${id}, i, 'made-up', 'test', 'done', '{"text":"' || hex(randomblob(1000)) || '"}' from n`.execute(
        trx,
      ),
    );
    await db.close();
  });
  afterAll(() => app.close());

  function open(): Promise<IncomingMessage> {
    const headers = { authorization: `Bearer ${app.admin.token}` };
    return new Promise((resolve, reject) => {
      get(`${app.url}/api/v1/audit/export?kind=made-up`, { headers }, resolve).on("error", reject);
    });
  }

  it("makes no more than the client takes", async () => {
    await (await open()).resume().take(1).toArray();
    const before = memory();
    const answer = await open();
    let [lines, grown] = [0, 0];
    for await (const chunk of answer) {
      // A client that dawdles at first: nothing may pile up meanwhile.
      if (lines === 0) await delay(1500);
      if (lines % 5_000 < 20) grown = Math.max(grown, memory() - before);
      lines += (chunk as Buffer).filter((byte) => byte === 10).length;
    }
    expect(lines).toBe(EVENTS);
    expect(grown).toBeLessThan(GROWTH_MAX);
  });

  it("ends without complaint when the client leaves", async () => {
    const answer = await open();
    await new Promise((resolve) => answer.once("data", resolve));
    answer.destroy();
    expect((await app.request("/health/live")).status).toBe(200);
    await delay(300);
    expect(complaints).toEqual([]);
  });
});

/** What is still in use. */
function memory(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
