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

/** A registry that the file declares. */
export interface DeclaredRegistry {
  name: string;
  description: string;
  anonymousRead: boolean;
  host: string | null;
  allowOverwrite: boolean;
  refusalStatus: 403 | 404;
  /** Names of upstreams, asked in this order. */
  upstreams: string[];
  /** Name patterns that are never asked upstream. */
  claims: string[];
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
  /** Absolute path of a PEM file with further authorities. */
  caFile: string | null;
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
  /** True when administrators may choose the value of a key themselves. */
  typedKeys: boolean;
  /** How mail is sent; null for not at all. */
  mail: { url: string; from: string } | null;
  limits: Limits;
  cache: CacheSizes;
  registries: DeclaredRegistry[];
  upstreams: DeclaredUpstream[];
  workspaces: DeclaredWorkspace[];
  proxies: Proxies;
}
