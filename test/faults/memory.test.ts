import { afterEach, beforeEach, expect, test } from "vitest";
import { createClient, type Client } from "./client.ts";
import { startManyDocuments, type ManyDocuments } from "./many-documents.ts";
import { memoryMib } from "./process-memory.ts";
import { seededRandom } from "./seeded-random.ts";
import { makeFolder, removeFolder, startServer, type RunningServer } from "./server-process.ts";

const DOCUMENTS = 10_000;
/** It leaves some 290; the rest is for the noise of allocators. */
const RESIDENT_MIB_MAX = 315;
/** A garbage collection may be under way when the last answer has gone out. */
const REST_MS_MAX = 30_000;

let data: string;
let upstream: ManyDocuments;
let server: RunningServer;
let client: Client;

beforeEach(async (context) => {
  context.skip(process.platform !== "linux", "reads /proc, which only Linux has");
  data = await makeFolder();
  upstream = await startManyDocuments(seededRandom("memory"), DOCUMENTS);
  server = await startServer({
    data,
    upstream: upstream.url,
    env: { ENTREPOT_ANONYMOUS_READ: "true" },
    args: ["--no-access-log"],
  });
  client = createClient(server.url);
});

afterEach(async () => {
  client.close();
  await server.kill();
  await upstream.close();
  await removeFolder(data);
});

test("ten thousand different documents, one after the other, leave little in memory", async () => {
  for (let index = 0; index < DOCUMENTS; index += 1) {
    const { status } = await client.request(`/npm/default/package-${index}`, {
      headers: { "accept-encoding": "gzip" },
    });
    expect(status).toBe(200);
  }
  await expect
    .poll(() => memoryMib(server.pid, "VmRSS"), { timeout: REST_MS_MAX, interval: 1000 })
    .toBeLessThan(RESIDENT_MIB_MAX);
});
