import { isEntrepotError, parseNamePattern } from "@entrepot/core";
import * as z from "zod";
import { advisoriesSchema, advisoryFeedKeys, advisoryKeys } from "./advisory-keys.ts";
import type {
  AdvisorySettings,
  CacheSizes,
  DeclaredPolicy,
  DeclaredRegistry,
  Limits,
  LogLevel,
  SignUp,
} from "./config.ts";
import {
  MIB,
  bytes,
  choice,
  described,
  flag,
  isHostName,
  isPlainUrl,
  isProxyAddress,
  line,
  list,
  milliseconds,
  optionalLine,
  optionalText,
  requiredLine,
  requiredText,
  secret,
  wholeNumber,
} from "./key-kinds.ts";
import { policyKeys, policyRuleKeys, policySchema } from "./policy-keys.ts";

/** An upstream as the file spells it. */
export interface UpstreamKeys {
  name: string;
  url: string;
  token: string | null;
  tokenFile: string | null;
  username: string | null;
  password: string | null;
  passwordFile: string | null;
  freshSeconds: number | null;
  allowedHosts: string[];
  timeoutMs: number | null;
  trustPublishTimes: boolean;
  caFile: string | null;
}

/** Sending of mail as the file spells it. */
export interface MailKeys {
  url: string | null;
  urlFile: string | null;
  from: string | null;
}

/** A workspace as the file spells it. */
export interface WorkspaceKeys {
  name: string;
  host: string;
  adminPassword: string | null;
  adminPasswordFile: string | null;
}

/** Every key of the configuration as file, environment and flags give it, defaults filled in. */
export interface ConfigKeys {
  host: string;
  port: number;
  data: string;
  publicUrl: string | null;
  trustedProxies: string[];
  logLevel: LogLevel;
  accessLog: boolean;
  databaseUrl: string | null;
  databaseUrlFile: string | null;
  adminPassword: string | null;
  adminPasswordFile: string | null;
  upstream: string | null;
  upstreamFreshSeconds: number;
  anonymousRead: boolean;
  tokenDefault: "read-only" | "read-write";
  loginTokens: "all" | "registry";
  sessionLogin: string;
  webLogin: boolean;
  signUp: SignUp;
  decisionDays: number;
  typedKeys: boolean;
  trustRootFile: string | null;
  mail: MailKeys;
  limits: Limits;
  cache: CacheSizes;
  registries: DeclaredRegistry[];
  upstreams: UpstreamKeys[];
  workspaces: WorkspaceKeys[];
  advisories: AdvisorySettings;
  policy: DeclaredPolicy | null;
}

const NAME = "a name of lower-case letters, digits, dot, hyphen and underscore, at most 50 characters";
const NAME_PATTERN = /^[a-z0-9][a-z0-9._-]{0,49}$/;
const PLAIN_URL = "an absolute http or https URL without credentials, query and fragment";
const PATH = "a path, relative to the folder of the configuration file";

const limitKeys = {
  publishBytesMax: described(bytes(256 * MIB), "Largest body of a publish."),
  metadataBytesMax: described(bytes(32 * MIB), "Largest body of every other request."),
  documentBytesMax: described(bytes(256 * MIB), "Largest upstream document, uncompressed."),
  tarballBytesMax: described(bytes(512 * MIB), "Largest tarball taken from an upstream or published."),
  unpackedBytesMax: described(bytes(2048 * MIB), "Largest content of a tarball, unpacked."),
  tarballEntriesMax: described(wholeNumber(1, 10_000_000, 200_000), "Most entries in a tarball."),
  headerBytesMax: described(wholeNumber(4096, 1_048_576, 16_384), "Largest head of a request."),
  connectionsMax: described(wholeNumber(10, 1_000_000, 10_000), "Most open connections of clients."),
  headersTimeoutMs: described(milliseconds(10_000), "How long the head of a request may take."),
  bodyIdleTimeoutMs: described(milliseconds(30_000), "How long a body may pause."),
  requestTimeoutMs: described(milliseconds(600_000), "How long a whole request may take to arrive."),
  idleTimeoutMs: described(milliseconds(65_000), "How long an idle connection stays open."),
  shutdownTimeoutMs: described(milliseconds(15_000), "How long a stop waits for running requests."),
  upstreamConnectionsMax: described(wholeNumber(1, 1000, 64), "Most connections to one upstream."),
  upstreamQueueMax: described(wholeNumber(1, 1_000_000, 5000), "Most requests waiting for one upstream."),
};

const cacheKeys = {
  viewBytesMax: described(bytes(32 * MIB), "Memory for rendered packuments."),
  blobBytesMax: described(bytes(32 * MIB), "Memory for small tarballs."),
  documentBytesMax: described(bytes(8 * MIB), "Memory for upstream documents and their indexes."),
};

const PATTERNS = "a list of patterns: `name`, `@scope/*` or `prefix-*`";

const filterKeys = {
  upstream: described(requiredLine(NAME, NAME_PATTERN), "One of the registry's upstreams."),
  allow: described(list(PATTERNS, isPattern), "Names that it is asked for; all when empty."),
  block: described(list(PATTERNS, isPattern), "Names that it is never asked for, whatever is allowed."),
};

const registryKeys = {
  name: described(requiredLine(NAME, NAME_PATTERN), "Name, as in `/npm/<name>/`."),
  description: described(line(""), "What it is for."),
  anonymousRead: described(flag(false), "Lets anyone read without a credential."),
  host: described(
    optionalText("a host name", isHostName),
    "Host name that serves this registry at its root.",
  ),
  allowOverwrite: described(
    flag(false),
    "Lets whoever may overwrite publish a version again with other content.",
  ),
  refusalStatus: described(
    z.literal([403, 404], "403 or 404").default(403).meta({ allowed: "403 or 404" }),
    "HTTP status of reads that policy refuses; 404 hides the reason from clients.",
  ),
  audit: described(
    choice(["own", "off", "forward"], "own"),
    "Where audits are answered from: the advisories of this server, nowhere, or another registry.",
  ),
  auditUpstream: described(
    optionalText("the name of one of the registry's upstreams", isName),
    "Upstream that audits are forwarded to.",
  ),
  auditUrl: described(
    optionalText(PLAIN_URL, isPlainUrl),
    "URL of a registry that audits are forwarded to instead.",
  ),
  upstreams: described(list("a list of names of upstreams", isName), "Upstreams, asked in this order."),
  claims: described(list(PATTERNS, isPattern), "Names that are never asked upstream."),
  kind: described(
    choice(["standard", "firewall"], "standard"),
    "`firewall`: when it is made, the rules against vulnerabilities and licences are in force in it.",
  ),
  protected: described(flag(false), "Takes nothing that another registry server sends on."),
  frozen: described(flag(false), "Lets nothing be published, tagged, deprecated or removed."),
  filters: described(
    z
      .array(z.strictObject(filterKeys, "a mapping"), "a list of filters")
      .max(100)
      .default([])
      .meta({ allowed: "a list of filters" }),
    "Names that upstreams are asked for, see below.",
  ),
  policy: described(policySchema, "What is chosen for rules in this registry, as in the section `policy`."),
};

const upstreamKeys = {
  name: described(requiredLine(NAME, NAME_PATTERN), "Name, for registries to refer to."),
  url: described(requiredText(PLAIN_URL, isPlainUrl), "Base URL of the npm registry there."),
  token: described(secret(), "Sent as a bearer token to this upstream only."),
  tokenFile: described(optionalLine(PATH), "File that holds the token."),
  username: described(optionalLine("text without colon"), "User name, instead of a token."),
  password: described(secret(), "Password that goes with the user name."),
  passwordFile: described(optionalLine(PATH), "File that holds the password."),
  freshSeconds: described(
    optionalWhole(0, 31_536_000),
    "How long a document is served without asking again.",
  ),
  allowedHosts: described(
    list("a list of host names", isHostName),
    "Further hosts from which this upstream's tarballs and redirects may come.",
  ),
  timeoutMs: described(optionalWhole(100, 600_000), "How long to wait for an answer to begin."),
  trustPublishTimes: described(
    flag(true),
    "Believes when it says that versions were published; `false` counts no version as older than its first sight here.",
  ),
  caFile: described(optionalLine(PATH), "PEM file with further authorities to trust."),
};

const workspaceKeys = {
  name: described(requiredLine(NAME, NAME_PATTERN), "Name, for administrators; not `default`."),
  host: described(requiredText("a host name", isHostName), "Host name by which its clients address it."),
  adminPassword: described(secret(), "Password of its first administrator; used when it is new only."),
  adminPasswordFile: described(optionalLine(PATH), "File that holds that password."),
};

const mailKeys = {
  url: described(
    optionalText("smtp://user:password@host:port, or smtps://…", (value) =>
      /^smtps?:\/\/[^/\s]+\/?$/.test(value),
    ).meta({
      allowed: "smtp://user:password@host:port, or smtps://…",
      isSecret: true,
    }),
    "SMTP server that takes mail; without it none is sent.",
  ),
  urlFile: described(optionalLine(PATH), "File that holds that URL."),
  from: described(
    optionalLine("a sender such as `Entrepot <npm@example.test>`"),
    "Who mail comes from; needed where there is a server.",
  ),
};

const topKeys = {
  host: described(line("127.0.0.1", "an address or host name"), "Address to listen on."),
  port: described(wholeNumber(0, 65_535, 4873), "Port to listen on; 0 picks a free one."),
  data: described(line("./data", "a path"), "Folder for everything that is kept."),
  publicUrl: described(
    optionalText(PLAIN_URL, isPlainUrl),
    "URL under which clients reach this server; when left out, as each client addressed it.",
  ),
  trustedProxies: described(
    list('a list of addresses, ranges such as "10.0.0.0/8", or "loopback"', isProxyAddress),
    "Reverse proxies whose `X-Forwarded-Proto`, `-Host`, `-Prefix` and `-For` headers are believed.",
  ),
  logLevel: described(
    choice(["debug", "info", "warn", "error", "silent"], "info"),
    "Least important level logged.",
  ),
  accessLog: described(flag(true), "Writes one line per request."),
  databaseUrl: described(secretUrl(), "Database. When left out, SQLite in the data folder."),
  databaseUrlFile: described(optionalLine(PATH), "File that holds the database URL."),
  adminPassword: described(secret(), "Password of the first administrator; used on the first start only."),
  adminPasswordFile: described(optionalLine(PATH), "File that holds that password."),
  upstream: described(
    optionalText(`${PLAIN_URL}, or none`, (value) => value === "none" || isPlainUrl(value)),
    "Upstream of `default`, used on the first start only; when left out, the one npm is configured with.",
  ),
  upstreamFreshSeconds: described(
    wholeNumber(0, 31_536_000, 60),
    "How long an upstream document is served without asking again.",
  ),
  anonymousRead: described(flag(false), "Opens the registry `default` for reading without a credential."),
  loginTokens: described(
    choice(["all", "registry"], "all"),
    "Where the token of a login counts: in every registry that its user may use, or in the one that was logged in to.",
  ),
  sessionLogin: described(
    line("session", "a user name in lower case, and not api", /^(?!api$)[a-z0-9][a-z0-9._-]{0,63}$/),
    "User name under which clients log in with the password of a browser session; `bytesafe` is another.",
  ),
  webLogin: described(
    flag(true),
    "Lets clients log in by browser; without it they ask for name and password in the terminal.",
  ),
  signUp: described(
    choice(["closed", "invitation", "open"], "closed"),
    "Who becomes a user by themselves: nobody, whoever was invited, or everybody who asks, as a developer.",
  ),
  tokenDefault: described(
    choice(["read-only", "read-write"], "read-only"),
    "What a token may do of which its maker says nothing, as with `npm token create --read-only`, which npm drops.",
  ),
  decisionDays: described(
    wholeNumber(1, 36_500, 365),
    "How many days it is kept what was served to whom and what was refused.",
  ),
  typedKeys: described(
    flag(false),
    "Lets administrators choose the value of a key, of 10 characters or more.",
  ),
  trustRootFile: described(
    optionalLine(PATH),
    "File with who is believed about builds, in Sigstore's form; when left out, that of this release.",
  ),
  mail: section<MailKeys>(mailKeys),
  limits: section<Limits>(limitKeys),
  cache: section<CacheSizes>(cacheKeys),
  registries: z
    .array(z.strictObject(registryKeys, "a mapping"), "a list of registries")
    .max(10_000)
    .default([]),
  upstreams: z
    .array(z.strictObject(upstreamKeys, "a mapping"), "a list of upstreams")
    .max(10_000)
    .default([]),
  workspaces: z
    .array(z.strictObject(workspaceKeys, "a mapping"), "a list of workspaces")
    .max(1000)
    .default([]),
  advisories: described(advisoriesSchema, "Feeds of advisories, see below; none for a site without any."),
  policy: described(policySchema, "What is chosen for rules in every registry, see below."),
};

/** A mapping that may be left out: then every key of it has its default. */
function section<T>(keys: Record<keyof T & string, z.ZodType>): z.ZodType<T> {
  return z.strictObject(keys, "a mapping").prefault({} as never) as unknown as z.ZodType<T>;
}

function isName(value: string): boolean {
  return NAME_PATTERN.test(value);
}

function isPattern(value: string): boolean {
  try {
    parseNamePattern(value);
    return true;
  } catch (error) {
    if (isEntrepotError(error, "name-invalid")) return false;
    throw error;
  }
}

function optionalWhole(min: number, max: number): z.ZodType<number | null> {
  const allowed = `a whole number from ${min} to ${max}`;
  return z.int(allowed).min(min, allowed).max(max, allowed).nullable().default(null).meta({ allowed });
}

function secretUrl(): z.ZodType<string | null> {
  const allowed = "postgres://user:password@host:port/database, or sqlite:/path/of/file";
  const schema = optionalText(allowed, (value) => /^(?:postgres(?:ql)?:\/\/.+|sqlite:.+)$/.test(value));
  return schema.meta({ allowed, isSecret: true });
}

/** The one schema of the configuration. */
export const configSchema: z.ZodType<ConfigKeys> = z.strictObject(topKeys, "a mapping of keys");

/** Schemas of the keys by section, by its path; the empty one is the top. */
export const SECTIONS: Readonly<Record<string, Readonly<Record<string, z.ZodType>>>> = {
  "": topKeys,
  "limits": limitKeys,
  "cache": cacheKeys,
  "registries": registryKeys,
  "registries.filters": filterKeys,
  "upstreams": upstreamKeys,
  "workspaces": workspaceKeys,
  "mail": mailKeys,
  "advisories": advisoryKeys,
  "advisories.feeds": advisoryFeedKeys,
  "policy": policyKeys,
  "policy.rules": policyRuleKeys,
};

/** Finds the schema of a key by its path; null when there is none. */
export function schemaAt(path: readonly PropertyKey[]): z.ZodType | null {
  const steps = path.filter((step) => typeof step === "string");
  const key = steps.pop();
  return key === undefined ? null : (SECTIONS[steps.join(".")]?.[key] ?? null);
}
