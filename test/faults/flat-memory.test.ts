import { afterEach, beforeEach, expect, test } from "vitest";
import { createClient, type Client } from "./client.ts";
import { memoryMib } from "./process-memory.ts";
import { openConnection, type RawConnection } from "./raw-connection.ts";
import { makeFolder, removeFolder, startServer, type RunningServer } from "./server-process.ts";

const CONNECTIONS = 500;
/** A connection that waits costs the runtime some kilobytes. */
const IDLE_MIB_MAX = 20;
const REQUESTS = 20_000;
const CONNECTIONS_AT_ONCE = 8;
/** What the runtime's heap grows by under any load of short requests, whatever they ask. */
const LOAD_MIB_MAX = 60;

let data: string;
let server: RunningServer;
let client: Client;

beforeEach(async (context) => {
  context.skip(process.platform !== "linux", "reads /proc, which only Linux has");
  data = await makeFolder();
  server = await startServer({ data, args: ["--no-access-log"] });
  client = createClient(server.url, { connections: CONNECTIONS_AT_ONCE });
});

afterEach(async () => {
  client.close();
  await server.kill();
  await removeFolder(data);
});

test("five hundred connections that say nothing cost nothing", async () => {
  expect((await client.request("/health")).status).toBe(200);
  const before = await memoryMib(server.pid, "VmRSS");
  const idle: RawConnection[] = [];
  for (let index = 0; index < CONNECTIONS; index += 1) idle.push(await openConnection(server.url));
  expect((await client.request("/health")).status).toBe(200);
  expect((await memoryMib(server.pid, "VmRSS")) - before).toBeLessThan(IDLE_MIB_MAX);
  for (const { socket } of idle) socket.destroy();
});

/** Requests that no client of good will sends, each different from every other one. */
const NONSENSE: readonly ((index: number) => [path: string, method: string, body?: string])[] = [
  (index) => [`/npm/default/${"%2e".repeat(1 + (index % 50))}${index}`, "GET"],
  (index) => [`/npm/default/.${index}/-/x-${index}.tgz`, "GET"],
  (index) => [`/npm/default/@${index}/${"a".repeat(200)}/1.0.0/${index}`, "GET"],
  (index) => [`/npm/nowhere-${index}/left-pad`, "GET"],
  (index) => [`/npm/default/left-pad/not a version ${index}`.replaceAll(" ", "%20"), "GET"],
  (index) => [`/npm/default/package-${index}`, "PUT", `{"name":"package-${index}","versions":`],
  (index) => [`/npm/default/-/user/org.couchdb.user:nobody-${index}`, "PUT", `{"name":${index}}`],
  (index) => [`/api/v1/registries/${index}`, "DELETE"],
  (index) => [`/${index}?${"q=".repeat(100)}`, "POST", "x".repeat(2000)],
];

test("twenty thousand requests of bad will, no two alike, leave the memory flat", async () => {
  let next = 0;
  async function sendUntil(end: number): Promise<void> {
    while (next < end) {
      const index = next++;
      const [path, method, body] = NONSENSE[index % NONSENSE.length]!(index);
      const { status } = await client.request(path, { method, ...(body === undefined ? {} : { body }) });
      expect([path, status >= 400 && status < 500]).toEqual([path, true]);
    }
  }
  const all = (end: number): Promise<unknown> =>
    Promise.all(Array.from({ length: CONNECTIONS_AT_ONCE }, () => sendUntil(end)));
  await all(REQUESTS / 2);
  const before = await memoryMib(server.pid, "VmRSS");
  await all(REQUESTS);
  expect((await client.request("/health")).status).toBe(200);
  expect((await memoryMib(server.pid, "VmRSS")) - before).toBeLessThan(LOAD_MIB_MAX);
});
