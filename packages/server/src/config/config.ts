/** The most important levels first. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** Who becomes a user without an administrator making them one. */
export type SignUp = "closed" | "invitation" | "open";

/** Ceilings and waits; sizes in bytes, times in milliseconds. */
export interface Limits {
  publishBytesMax: number;
  metadataBytesMax: number;
  documentBytesMax: number;
  tarballBytesMax: number;
  unpackedBytesMax: number;
  tarballEntriesMax: number;
  headerBytesMax: number;
  connectionsMax: number;
  headersTimeoutMs: number;
  bodyIdleTimeoutMs: number;
  requestTimeoutMs: number;
  idleTimeoutMs: number;
  shutdownTimeoutMs: number;
  upstreamConnectionsMax: number;
  upstreamQueueMax: number;
}

/** How much memory each cache may hold, in bytes. */
export interface CacheSizes {
  viewBytesMax: number;
  blobBytesMax: number;
  documentBytesMax: number;
}

/** What the file chooses for rules, in the workspace or in a registry. */
export interface DeclaredPolicy {
  /** Null: as elsewhere. */
  profile: "standard" | "strict" | null;
  rules: {
    rule: string;
    /** Name pattern; null for every package. */
    packages: string | null;
    mode: "off" | "shadow" | "enforce" | null;
    options: Record<string, unknown>;
  }[];
}

/** A registry that the file declares. */
export interface DeclaredRegistry {
  name: string;
  description: string;
  anonymousRead: boolean;
  host: string | null;
  allowOverwrite: boolean;
  refusalStatus: 403 | 404;
  audit: "own" | "off" | "forward";
  /** Name of the one of its upstreams, or URL, that audits are forwarded to. */
  auditUpstream: string | null;
  auditUrl: string | null;
  /** Names of upstreams, asked in this order. */
  upstreams: string[];
  /** Name patterns that are never asked upstream. */
  claims: string[];
  kind: "standard" | "firewall";
  /** True takes nothing that another registry server sends on. */
  protected: boolean;
  /** True lets nothing be written. */
  frozen: boolean;
  /** Names that an upstream is asked for, and those that it is not. */
  filters: { upstream: string; allow: string[]; block: string[] }[];
  /** Null: chosen by API and CLI. */
  policy: DeclaredPolicy | null;
}

/** A workspace that the file declares, beside the one that answers every other host. */
export interface DeclaredWorkspace {
  name: string;
  /** Host name that selects it, lower case. */
  host: string;
  /** Password of its first administrator; null lets one be made up and logged. */
  adminPassword: string | null;
}

/** An upstream that the file declares. */
export interface DeclaredUpstream {
  name: string;
  /** With a trailing slash. */
  url: string;
  /** Value of the `Authorization` header to send to this upstream's origin; null for none. */
  credential: string | null;
  freshSeconds: number | null;
  allowedHosts: string[];
  timeoutMs: number | null;
  trustPublishTimes: boolean;
  /** Absolute path of a PEM file with further authorities. */
  caFile: string | null;
}

/** Where advisory data comes from. */
export interface AdvisoryFeed {
  name: string;
  /** Advisories in OSV's format; known exploited vulnerabilities; scores of exploit prediction. */
  kind: "osv" | "kev" | "epss";
  /**
   * URL or absolute path. Of `osv` a zip, or, with a slash at its end, a folder with `all.zip` and perhaps
   * `modified_id.csv` and single records.
   */
  url: string;
  /** Further hosts to which the feed may redirect. */
  allowedHosts: string[];
}

/** How advisory data is kept up to date. */
export interface AdvisorySettings {
  /** None: nothing is fetched. */
  feeds: AdvisoryFeed[];
  refreshMinutes: number;
  timeoutMs: number;
  /** Largest file that is fetched. */
  downloadBytesMax: number;
  /** Age from which on the data counts as stale, in hours. */
  staleHours: number;
  /** Absolute path of the private key that signs bundles; null for one in the data folder. */
  signingKeyFile: string | null;
  /** Fingerprints of the keys whose bundles are imported. */
  trustedKeys: string[];
}

/** Proxies for requests to upstreams, as the standard variables give them. */
export interface Proxies {
  http: string | null;
  https: string | null;
  /** Hosts reached without a proxy, separated by commas. */
  no: string | null;
}

/** The whole configuration of a server; frozen. */
export interface Config {
  host: string;
  port: number;
  /** Absolute path. */
  data: string;
  /** Without a trailing slash; null: as the client addressed us. */
  publicUrl: string | null;
  trustedProxies: string[];
  logLevel: LogLevel;
  accessLog: boolean;
  /** `postgres://…` or `sqlite:/path`. */
  databaseUrl: string;
  adminPassword: string | null;
  /** URL with a trailing slash, `none` for offline, null for the one that npm is configured with. */
  upstream: string | "none" | null;
  upstreamFreshSeconds: number;
  anonymousRead: boolean;
  /** What a token gets of which nothing else is said. */
  tokenDefault: "read-only" | "read-write";
  /** Where the token of a login counts. */
  loginTokens: "all" | "registry";
  /** User name that means "the password is that of a browser session". */
  sessionLogin: string;
  /** True when clients may log in by browser. */
  webLogin: boolean;
  signUp: SignUp;
  /** How many days the log of decisions is kept. */
  decisionDays: number;
  /** True when administrators may choose the value of a key themselves. */
  typedKeys: boolean;
  /** File with a trust root of the operator's own; null for that of this release. */
  trustRootFile: string | null;
  /** How mail is sent; null for not at all. */
  mail: { url: string; from: string } | null;
  limits: Limits;
  cache: CacheSizes;
  registries: DeclaredRegistry[];
  upstreams: DeclaredUpstream[];
  workspaces: DeclaredWorkspace[];
  advisories: AdvisorySettings;
  /** For the whole workspace; null: chosen by API and CLI. */
  policy: DeclaredPolicy | null;
  proxies: Proxies;
}
