import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import { availableParallelism, networkInterfaces } from "node:os";
import { join } from "node:path";
import { findLookAlike, lookAlikeNames } from "@entrepot/core";
import { createAdvisories, type Advisories } from "./advisories/index.ts";
import { createHostRule } from "./bindable-hosts.ts";
import { createFileStore, createStagingArea, type BlobStore, type StagingArea } from "./blobs/index.ts";
import { createChangeLog, type ChangeLog } from "./changes/index.ts";
import type { Config } from "./config/index.ts";
import { prepareDataFolder } from "./data-folder.ts";
import { openDatabase, type Database } from "./db/index.ts";
import {
  createAssessments,
  createEvidence,
  createExceptions,
  createGate,
  createPolicyClock,
  createPolicyRules,
  createStatuses,
  type Evidence,
} from "./firewall/index.ts";
import { applyDeclarations, ensureSetting, ensureWorkspace, seedDefaultRegistry } from "./first-run.ts";
import { createHttpServer, type HttpDeps, type HttpServer } from "./http/index.ts";
import { createSecretBox, type SecretBox } from "./identity/index.ts";
import { listen } from "./listen.ts";
import { JOB_KINDS } from "./job-handlers.ts";
import { reportChanged, reportDamagedPolicy, reportMismatch } from "./report.ts";
import { createMailer } from "./mail/index.ts";
import { createJobQueue, type JobQueue, type JobWorker } from "./jobs/index.ts";
import { checkAfterDownloads } from "./recheck-after-changes.ts";
import {
  createBlobCache,
  createCachedVersions,
  createCatalogue,
  createDescriptions,
  createNameOrigins,
  createPackuments,
  createPackageFiles,
  createReadmes,
  createSlots,
  createTarballs,
  createVerdicts,
  type BlobCache,
  type CachedVersions,
  type Catalogue,
  type UpstreamWriteDeps,
} from "./registry/index.ts";
import type { AccessLog, Log, Metrics } from "./telemetry/index.ts";
import { createThreadPool, TARBALL_LIMITS, type TarballLimits, type ThreadPool } from "./threads/index.ts";
import { createUpstreams, type Upstreams } from "./upstream/index.ts";
import { openOriginProofs, type ProofParts } from "./open-origin-proofs.ts";
import { watchParts } from "./watch-parts.ts";
import { startJobs } from "./start-jobs.ts";
import { closeWorkspace, openHostedWorkspaces, openWorkspace, type WorkspaceParts } from "./workspaces.ts";

const CHANGES_POLL_MS = 1000;
const INSTANCE_ID_BYTES = 6;
const HTTP_PORT = 80;
const HTTPS_PORT = 443;
/** More threads than this seldom pay: one renders a hundred ordinary packuments a second. */
const THREADS_MAX = 4;

/** What the surroundings give. */
export interface AppInputs {
  config: Config;
  version: string;
  now: () => number;
  log: Log;
  accessLog: AccessLog | null;
  metrics: Metrics;
}

/** A wired server. */
export interface App {
  server: Server;
  /** Present when this start made the first administrator; the password when none was configured. */
  firstAdmin: { oneTimePassword: string | null } | null;
  /** Workspaces that this start made, with the one-time passwords of their administrators. */
  newWorkspaces: readonly { name: string; host: string; oneTimePassword: string }[];
  /** Nobody has logged in so far, in this start or an earlier one. */
  isUnused: boolean;
  /** The address it listens on, as a URL without a trailing slash. */
  listen(): Promise<string>;
  /** Answers what is under way, then closes everything; cuts off what takes longer than the configured time. */
  close(): Promise<void>;
}

/** The parts below HTTP, in the order in which they are opened. */
interface Storage {
  db: Database;
  blobs: BlobStore;
  staging: StagingArea;
  changes: ChangeLog;
  secrets: SecretBox;
  workspaceId: string;
  instanceId: string;
}

/** Opens the storage, wires all parts and makes the server; it does not listen yet. */
export async function createApp(inputs: AppInputs): Promise<App> {
  const { config, now, log } = inputs;
  const storage = await openStorage(inputs);
  const threads = createThreadPool({ size: Math.min(THREADS_MAX, availableParallelism()) });
  const evidence = await createEvidence({ ...storage, now });
  const upstreams = openUpstreams(inputs, { ...storage, evidence }, threads);
  const workspaceDeps = { ...inputs, ...storage };
  const main = await openWorkspace(workspaceDeps, { workspaceId: storage.workspaceId, host: null });
  const jobs = createJobQueue({ db: storage.db, now, owner: storage.instanceId });
  const caches = openCaches(inputs, storage, jobs);
  const advisories = await openAdvisories(inputs, storage);
  const proofParts = openOriginProofs({ ...inputs, ...storage, upstreams, threads });
  const deps = await createHttpDeps(inputs, storage, {
    ...proofParts,
    threads,
    evidence,
    upstreams,
    advisories,
    jobs,
    ...main,
    ...caches,
  });
  watchParts(inputs.metrics, deps);
  const { identity } = main;
  const seed = { ...storage, ...main, writes: deps.upstreamWrites, log };
  await seedDefaultRegistry(seed, config);
  await applyDeclarations(seed, config);
  const firstAdmin = await identity.seedAdmin(config.adminPassword);
  const hosted = await openHostedWorkspaces(workspaceDeps, deps);
  const http = createHttpServer(deps, new Map(hosted.map((workspace) => [workspace.host, workspace.deps])));
  const workspaces = [main, ...hosted.map(({ parts }) => parts)];
  const worker = await startJobs({ ...inputs, ...storage, ...deps, ...proofParts, workspaces });
  return {
    server: http.server,
    firstAdmin,
    newWorkspaces: hosted.flatMap(({ name, host, oneTimePassword }) =>
      oneTimePassword === null ? [] : [{ name, host, oneTimePassword }],
    ),
    isUnused: !(await identity.hasTokens()),
    listen: () => listen(http.server, config),
    close: () =>
      close({
        config,
        log,
        http,
        worker,
        ...caches,
        catalogues: [deps, ...hosted.map((workspace) => workspace.deps)].map(({ catalogue }) => catalogue),
        originProofs: proofParts.originProofs,
        workspaces,
        upstreams,
        advisories,
        threads,
        storage,
      }),
  };
}

function openAdvisories(inputs: AppInputs, storage: Storage): Promise<Advisories> {
  const { config } = inputs;
  return createAdvisories({
    ...inputs,
    ...storage,
    proxies: config.proxies,
    self: { instanceId: storage.instanceId, version: inputs.version },
    data: config.data,
    settings: config.advisories,
  });
}

async function openStorage({ config, now, log }: AppInputs): Promise<Storage> {
  await prepareDataFolder(config.data);
  const db = await openDatabase({
    url: config.databaseUrl,
    log: ({ message, error }) => log.warn(message, error === undefined ? {} : { error }),
  });
  const staging = createStagingArea(join(config.data, "staging"));
  await staging.clean();
  const changes = await createChangeLog(db, {
    pollMs: CHANGES_POLL_MS,
    onError: (error) => log.error("change log not followed", { error }),
  });
  return {
    db,
    staging,
    changes,
    blobs: createFileStore({ folder: join(config.data, "blobs") }),
    secrets: await createSecretBox(config.data),
    workspaceId: await ensureWorkspace(db, now),
    instanceId: await ensureSetting(db, "instance-id", () => randomBytes(INSTANCE_ID_BYTES).toString("hex")),
  };
}

function openUpstreams(
  inputs: AppInputs,
  storage: Storage & { evidence: Evidence },
  threads: ThreadPool,
): Upstreams {
  const { config } = inputs;
  return createUpstreams({
    ...storage,
    threads,
    now: inputs.now,
    log: inputs.log,
    metrics: inputs.metrics,
    proxies: config.proxies,
    limits: { ...config.limits, cacheBytesMax: config.cache.documentBytesMax },
    self: { instanceId: storage.instanceId, version: inputs.version },
    onIntegrityMismatch: (event) => reportMismatch(inputs, event),
    onChangedIntegrity: async ({ upstream, name, changes }) => {
      reportChanged(inputs, { upstream, name, changes });
      await storage.evidence.recordChanges(upstream.id, name, changes);
    },
    onSeenVersions: ({ upstream, name, versions }) =>
      storage.evidence.recordFirstSeen(upstream.id, name, versions),
  });
}

function openCaches(
  { config, now, log }: AppInputs,
  storage: Storage,
  jobs: JobQueue,
): { blobCache: BlobCache; cachedVersions: CachedVersions } {
  const blobCache = createBlobCache({
    blobs: storage.blobs,
    bytesMax: config.cache.blobBytesMax,
    now,
    onWriteError: (error) => log.warn("tarballs not stored", { error }),
  });
  const cachedVersions = createCachedVersions({
    ...storage,
    blobCache,
    now,
    onError: (error) => log.warn("cached versions not recorded", { error }),
    onWritten: checkAfterDownloads({ jobs, now, log }),
  });
  return { blobCache, cachedVersions };
}

interface Parts extends WorkspaceParts, ProofParts {
  evidence: Evidence;
  advisories: Advisories;
  threads: ThreadPool;
  upstreams: Upstreams;
  jobs: JobQueue;
  blobCache: BlobCache;
  cachedVersions: CachedVersions;
}

/** What people decided about packages. */
type Said = Pick<HttpDeps, "statuses" | "policyRules" | "exceptions" | "assessments">;

async function openSaid(inputs: AppInputs, storage: Storage): Promise<Said> {
  const deps = { ...storage, now: inputs.now };
  return {
    statuses: await createStatuses(deps),
    policyRules: await createPolicyRules({
      ...deps,
      onDamaged: (reason) => reportDamagedPolicy(inputs, reason),
    }),
    exceptions: await createExceptions(deps),
    assessments: await createAssessments(deps),
  };
}

async function createHttpDeps(inputs: AppInputs, storage: Storage, parts: Parts): Promise<HttpDeps> {
  const { config, now } = inputs;
  const said = await openSaid(inputs, storage);
  const lookAlikes = lookAlikeNames();
  const gate = createGate({
    ...said,
    rules: said.policyRules,
    advisories: parts.advisories,
    evidence: parts.evidence,
    proofs: parts.proofs,
    lookAlike: (name) => findLookAlike(name, lookAlikes),
    now: createPolicyClock(now),
    epoch: () => storage.changes.seq,
  });
  const origins = createNameOrigins(storage);
  const { documentBytesMax } = config.limits;
  const judging = { ...storage, ...parts, gate, origins, now, documentBytesMax };
  const descriptions = createDescriptions({ ...judging, limits: config.limits });
  const shared = { ...judging, descriptions, verdicts: createVerdicts(judging), log: inputs.log };
  const tarballs = createTarballs(shared);
  const tarballLimits = tarballLimitsOf(config);
  const registryWrites = { db: storage.db, now, hostProblem: createHostRule(config, null) };
  const upstreamWrites: UpstreamWriteDeps = {
    ...registryWrites,
    secrets: storage.secrets,
    isOwnUrl: (url) => isOwnUrl(config, url),
  };
  return {
    ...shared,
    ...said,
    registryWrites,
    upstreamWrites,
    packuments: createPackuments({
      ...shared,
      limits: { viewBytesMax: config.cache.viewBytesMax, documentBytesMax: config.limits.documentBytesMax },
    }),
    catalogue: createCatalogue(shared),
    readmes: createReadmes({ ...shared, limits: config.limits }),
    preflightSlots: createSlots("pre-flights"),
    tarballs,
    packageFiles: createPackageFiles({ ...shared, tarballs, tarballLimits }),
    jobKinds: JOB_KINDS,
    accessLog: inputs.accessLog,
    metrics: inputs.metrics,
    mailer: config.mail === null ? null : createMailer(config.mail, inputs.log),
    limits: config.limits,
    tokenDefault: config.tokenDefault,
    loginTokens: config.loginTokens,
    sessionLogin: config.sessionLogin,
    webLogin: config.webLogin,
    signUp: config.signUp,
    tarballLimits,
    version: inputs.version,
    publicUrl: config.publicUrl,
    isMainWorkspace: true,
    trustedProxies: config.trustedProxies,
    readiness: () => readiness(storage.db),
  };
}

function tarballLimitsOf({ limits }: Config): TarballLimits {
  const { tarballEntriesMax: entriesMax, unpackedBytesMax } = limits;
  return { ...TARBALL_LIMITS, entriesMax, unpackedBytesMax };
}

async function readiness(db: Database): Promise<string | null> {
  try {
    await db.read.selectFrom("workspaces").select("id").limit(1).execute();
    return null;
  } catch {
    return "The database does not answer.";
  }
}

// An upstream that is ourselves would ask itself for ever.
function isOwnUrl(config: Config, url: URL): boolean {
  if (config.publicUrl !== null && url.host === new URL(config.publicUrl).host) return true;
  if (config.workspaces.some((workspace) => workspace.host === url.hostname)) return true;
  const usualPort = url.protocol === "https:" ? HTTPS_PORT : HTTP_PORT;
  const port = url.port === "" ? usualPort : Number(url.port);
  if (port !== config.port || config.port === 0) return false;
  const own = Object.values(networkInterfaces()).flatMap(
    (entries) => entries?.map((entry) => entry.address) ?? [],
  );
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return host === "localhost" || host === config.host || own.includes(host);
}

interface Closing {
  config: Config;
  log: Log;
  http: HttpServer;
  worker: JobWorker;
  originProofs: Pick<ProofParts["originProofs"], "close">;
  cachedVersions: CachedVersions;
  catalogues: readonly Catalogue[];
  workspaces: readonly WorkspaceParts[];
  upstreams: Upstreams;
  advisories: Advisories;
  threads: ThreadPool;
  storage: Storage;
}

// From the outside in: first no new requests, last the database that all others write to. A part that cannot
// write its last word, as without a database, must not keep the rest from ending.
async function close(parts: Closing): Promise<void> {
  const { config, http, storage } = parts;
  const steps: Readonly<Record<string, () => Promise<void> | void>> = {
    http: () => http.close(config.limits.shutdownTimeoutMs),
    jobs: () => parts.worker.stop(),
    originProofs: () => parts.originProofs.close(),
    catalogues: async () => void (await Promise.all(parts.catalogues.map((catalogue) => catalogue.close()))),
    upstreams: () => parts.upstreams.close(),
    advisories: () => parts.advisories.close(),
    cachedVersions: () => parts.cachedVersions.settle(),
    workspaces: async () => void (await Promise.all(parts.workspaces.map(closeWorkspace))),
    threads: () => parts.threads.close(),
    changes: () => storage.changes.close(),
    blobs: () => storage.blobs.close(),
    database: () => storage.db.close(),
  };
  for (const [part, stop] of Object.entries(steps)) {
    try {
      await stop();
    } catch (error) {
      parts.log.warn("a part did not end in order", { reason: part, error });
    }
  }
}
