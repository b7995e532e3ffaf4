import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parsePackageName } from "@entrepot/core";
import { makePublishDocument, type PublishDocumentInput } from "@entrepot/testkit";
import { systemActor } from "../../src/changes/index.ts";
import { createStagingArea, type BlobStore } from "../../src/blobs/index.ts";
import type { Database } from "../../src/db/index.ts";
import type { Gate } from "../../src/firewall/index.ts";
import { ensureWorkspace } from "../../src/first-run.ts";
import {
  createRegistry,
  parsePublishRequest,
  publish,
  readPackageBody,
  type Registry,
} from "../../src/registry/index.ts";
import { inspectTarball } from "../../src/threads/inspect-tarball.ts";
import { TARBALL_LIMITS, type ThreadPool } from "../../src/threads/index.ts";

const MIB = 1024 * 1024;
const LIMITS = { publishBytesMax: 8 * MIB, metadataBytesMax: MIB, tarballBytesMax: 8 * MIB };

/** Publishing without a server: into a database and a blob store of the caller's. */
export interface DirectPublisher {
  publish(input: PublishDocumentInput & { user?: string }): Promise<{ rev: string }>;
  registry: Registry;
  close(): Promise<void>;
}

/** Makes a publisher, and its registry where that is missing. */
export async function publishDirectly(deps: {
  db: Database;
  blobs: BlobStore;
  now: () => number;
}): Promise<DirectPublisher> {
  const folder = await mkdtemp(join(tmpdir(), "entrepot-publish-"));
  const staging = createStagingArea(folder);
  const registry = await registryIn(deps);
  const threads = {
    run: async (_task: string, input: Parameters<typeof inspectTarball>[0]) =>
      (await inspectTarball(input)).output,
  } as unknown as Pick<ThreadPool, "run">;
  const gate = { assertPublishable: async () => undefined } as unknown as Gate;
  return {
    registry,
    async publish({ user = "ada", ...input }) {
      const bytes = Buffer.from(JSON.stringify(makePublishDocument(input).body));
      const body = await readPackageBody(
        { staging, limits: LIMITS },
        {
          declaredBytes: bytes.length,
          async *chunks() {
            yield bytes;
          },
        },
      );
      const publisher = { userName: user, email: null, tokenId: null, address: "", client: "" };
      return await publish(
        { ...deps, threads, gate, tarballLimits: TARBALL_LIMITS },
        {
          registry,
          registryUrl: "http://127.0.0.1/npm/own",
          publisher: { ...publisher, via: "password" },
          mayOverwrite: false,
          request: parsePublishRequest(parsePackageName(input.name), body),
        },
      );
    },
    close: () => rm(folder, { recursive: true }),
  };
}

async function registryIn(deps: { db: Database; now: () => number }): Promise<Registry> {
  const workspaceId = await ensureWorkspace(deps.db, deps.now);
  const known = await deps.db.read.selectFrom("registries").select("id").executeTakeFirst();
  if (known === undefined) {
    await createRegistry(
      { ...deps, hostProblem: () => null },
      { workspaceId, actor: systemActor("test"), fromConfiguration: false },
      { name: "own" },
    );
  }
  const row = await deps.db.read.selectFrom("registries").selectAll().executeTakeFirstOrThrow();
  return {
    id: row.id,
    workspaceId,
    name: row.name,
    description: "",
    anonymousRead: false,
    active: true,
    host: null,
    groups: [],
    allowOverwrite: false,
    refusalStatus: 403,
    kind: "standard",
    isProtected: false,
    audit: { mode: "own", upstream: null, url: null },
    managed: false,
    upstreams: [],
    frozenAt: null,
    filters: new Map(),
    claims: [],
    isClaimed: () => false,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
