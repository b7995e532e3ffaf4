import type { IncomingMessage } from "node:http";
import type { Permission, Principal } from "@entrepot/core";
import type { Advisories } from "../advisories/index.ts";
import type { AuditTrail } from "../audit/index.ts";
import type { BlobStore, StagingArea } from "../blobs/index.ts";
import type { ChangeLog } from "../changes/index.ts";
import type { Limits, SignUp } from "../config/index.ts";
import type { Database } from "../db/index.ts";
import type {
  Assessments,
  DecisionLog,
  Evidence,
  Exceptions,
  Gate,
  PolicyRules,
  Statuses,
} from "../firewall/index.ts";
import type { Access, Identity } from "../identity/index.ts";
import type { JobQueue } from "../jobs/index.ts";
import type { Mailer } from "../mail/index.ts";
import type {
  BlobCache,
  CachedVersions,
  Catalogue,
  Descriptions,
  NameOrigins,
  PackageFiles,
  Packuments,
  Readmes,
  Slots,
  Registries,
  Registry,
  RegistryWriteDeps,
  SigningKeys,
  Tarballs,
  UpstreamAttestations,
  UpstreamWriteDeps,
  Verdicts,
} from "../registry/index.ts";
import type { AccessLog, Log, Metrics } from "../telemetry/index.ts";
import type { TarballLimits, ThreadPool } from "../threads/index.ts";
import type { Upstreams } from "../upstream/index.ts";
import type { Answer } from "./answer.ts";
import type { RequestBody } from "./body.ts";
import type { ClientAddress } from "./client-address.ts";
import type { RouteParams } from "./match-route.ts";

/** Everything that answers are made from; wired once in `app.ts`. */
export interface HttpDeps {
  db: Database;
  changes: ChangeLog;
  audit: AuditTrail;
  blobs: BlobStore;
  blobCache: BlobCache;
  staging: StagingArea;
  threads: ThreadPool;
  identity: Identity;
  access: Access;
  registries: Registries;
  registryWrites: RegistryWriteDeps;
  upstreamWrites: UpstreamWriteDeps;
  upstreams: Upstreams;
  origins: NameOrigins;
  advisories: Advisories;
  packuments: Packuments;
  catalogue: Catalogue;
  descriptions: Descriptions;
  readmes: Readmes;
  packageFiles: PackageFiles;
  tarballs: Tarballs;
  statuses: Statuses;
  policyRules: PolicyRules;
  exceptions: Exceptions;
  assessments: Assessments;
  gate: Gate;
  decisions: DecisionLog;
  verdicts: Verdicts;
  preflightSlots: Slots;
  evidence: Evidence;
  cachedVersions: CachedVersions;
  attestations: UpstreamAttestations;
  signingKeys: SigningKeys;
  jobs: JobQueue;
  /** Kinds of jobs that can be run by hand. */
  jobKinds: readonly string[];
  log: Log;
  accessLog: AccessLog | null;
  metrics: Metrics;
  now: () => number;
  /** Null where no mail is sent. */
  mailer: Mailer | null;
  limits: Limits;
  /** What a token gets of which nothing else is said. */
  tokenDefault: "read-only" | "read-write";
  /** Where the token of a login counts. */
  loginTokens: "all" | "registry";
  /** User name under which clients log in with the password of a browser session. */
  sessionLogin: string;
  /** True when clients may log in by browser. */
  webLogin: boolean;
  /** Who becomes a user without an administrator making them one. */
  signUp: SignUp;
  tarballLimits: TarballLimits;
  version: string;
  /** Names this server in `Via` headers, so that a loop is noticed. */
  instanceId: string;
  workspaceId: string;
  /** True of the one that also answers for what concerns the whole server, such as jobs. */
  isMainWorkspace: boolean;
  publicUrl: string | null;
  trustedProxies: readonly string[];
  /** Says whether the server should get traffic; a reason when not. */
  readiness: () => Promise<string | null>;
}

/** One request to the npm endpoint of a registry, past the credential and the permission. */
export interface NpmContext {
  deps: HttpDeps;
  request: IncomingMessage;
  body: RequestBody;
  registry: Registry;
  /** The registry's absolute URL as the client addresses it, without a trailing slash. */
  registryUrl: string;
  principal: Principal;
  address: ClientAddress;
  params: RouteParams;
  query: URLSearchParams;
}

/** Answers one kind of request to a registry. */
export type NpmHandler = (context: NpmContext) => Promise<Answer>;

/** A URL that a registry answers, below its prefix. */
export interface NpmRoute {
  /** Name in metrics and in the tests that walk the table. */
  id: string;
  method: "GET" | "PUT" | "POST" | "DELETE";
  path: string;
  /**
   * What the credential must allow on the registry and the package of the path, or one of these where the handler tells
   * which; `none` for what anyone may ask.
   */
  permission: Permission | readonly Permission[] | "none";
  /** Parameter of the path that names the organization on which the permission is needed instead. */
  organizationIn?: string;
  /** True where a stale credential must not stand in the way of getting a new one. */
  ignoresCredential?: true;
  /** True of what is asked by POST and changes nothing. */
  isQuestion?: true;
  /** True where a password is compared, which records wrong ones itself. */
  isSignIn?: true;
  handler: NpmHandler;
}
