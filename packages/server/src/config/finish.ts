import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { AdvisorySettings, Config, DeclaredRegistry, DeclaredUpstream, Proxies } from "./config.ts";
import { standardVariable } from "./environment.ts";
import type { ConfigKeys, MailKeys, UpstreamKeys, WorkspaceKeys } from "./schema.ts";

/** Name of the workspace that is always there. */
const MAIN_WORKSPACE = "default";

interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  readFile: (path: string) => string;
  /**
   * Folder that a relative path under this key starts from: the file's for what the file says, else the
   * working one.
   */
  folderOf: (keyPath: string) => string;
}

interface Work extends Surroundings {
  problems: string[];
}

/**
 * Makes the configuration from its keys: reads secret files, resolves paths, checks what one key says about
 * another.
 * Returns the problems as lines; with any, the configuration is not to be used.
 */
export function finishConfig(keys: ConfigKeys, given: Surroundings): { config: Config; problems: string[] } {
  const work: Work = { ...given, problems: [] };
  const data = resolve(work.folderOf("data"), keys.data);
  const databaseUrl = secretOf(work, keys, { value: "databaseUrl", file: "databaseUrlFile" });
  checkUnique(work, "registries", keys.registries);
  checkAudits(work, keys.registries);
  checkFilters(work, keys.registries);
  checkUnique(work, "upstreams", keys.upstreams);
  checkWorkspaces(work, keys.workspaces);
  const config: Config = {
    host: keys.host,
    port: keys.port,
    data,
    publicUrl: keys.publicUrl === null ? null : keys.publicUrl.replace(/\/+$/, ""),
    trustedProxies: keys.trustedProxies,
    logLevel: keys.logLevel,
    accessLog: keys.accessLog,
    databaseUrl: databaseUrl ?? `sqlite:${join(data, "entrepot.db")}`,
    adminPassword: secretOf(work, keys, { value: "adminPassword", file: "adminPasswordFile" }),
    upstream: keys.upstream === null || keys.upstream === "none" ? keys.upstream : withSlash(keys.upstream),
    upstreamFreshSeconds: keys.upstreamFreshSeconds,
    anonymousRead: keys.anonymousRead,
    tokenDefault: keys.tokenDefault,
    loginTokens: keys.loginTokens,
    sessionLogin: keys.sessionLogin,
    webLogin: keys.webLogin,
    signUp: keys.signUp,
    decisionDays: keys.decisionDays,
    typedKeys: keys.typedKeys,
    trustRootFile:
      keys.trustRootFile === null ? null : resolve(work.folderOf("trustRootFile"), keys.trustRootFile),
    mail: finishMail(work, keys.mail),
    limits: keys.limits,
    cache: keys.cache,
    registries: keys.registries,
    upstreams: keys.upstreams.map((upstream, index) => finishUpstream(work, upstream, `upstreams[${index}]`)),
    workspaces: keys.workspaces.map(({ name, host, ...secrets }, index) => ({
      name,
      host: host.toLowerCase(),
      adminPassword: secretOf(work, secrets, {
        value: "adminPassword",
        file: "adminPasswordFile",
        path: `workspaces[${index}]`,
      }),
    })),
    policy: keys.policy,
    advisories: finishAdvisories(work, keys.advisories),
    proxies: readProxies(work),
  };
  return { config: deepFreeze(config), problems: work.problems };
}

function finishUpstream(work: Work, keys: UpstreamKeys, path: string): DeclaredUpstream {
  return {
    name: keys.name,
    url: withSlash(keys.url),
    credential: credentialOf(work, keys, path),
    freshSeconds: keys.freshSeconds,
    allowedHosts: keys.allowedHosts,
    timeoutMs: keys.timeoutMs,
    trustPublishTimes: keys.trustPublishTimes,
    caFile: keys.caFile === null ? null : resolve(work.folderOf(`${path}.caFile`), keys.caFile),
  };
}

function credentialOf(work: Work, keys: UpstreamKeys, path: string): string | null {
  const token = secretOf(work, keys, { value: "token", file: "tokenFile", path });
  const password = secretOf(work, keys, { value: "password", file: "passwordFile", path });
  if (token !== null && (keys.username !== null || password !== null)) {
    work.problems.push(`${path}: has both a token and a user name or password; allowed: one of the two`);
  }
  if ((keys.username === null) !== (password === null)) {
    work.problems.push(`${path}: a user name and a password go together`);
  }
  if (keys.username?.includes(":") === true) work.problems.push(`${path}.username: must not contain a colon`);
  if (token !== null) return `Bearer ${token}`;
  if (keys.username === null || password === null) return null;
  return `Basic ${Buffer.from(`${keys.username}:${password}`).toString("base64")}`;
}

function secretOf<T extends object>(
  work: Work,
  keys: T,
  names: { value: keyof T & string; file: keyof T & string; path?: string },
): string | null {
  const prefix = names.path === undefined ? "" : `${names.path}.`;
  const value = keys[names.value] as string | null;
  const file = keys[names.file] as string | null;
  if (file === null) return value;
  if (value !== null) {
    work.problems.push(
      `${prefix}${names.file}: ${prefix}${names.value} is given too; allowed: one of the two`,
    );
    return value;
  }
  try {
    const text = work.readFile(resolve(work.folderOf(`${prefix}${names.file}`), file)).trim();
    if (text !== "" && !/[\r\n]/.test(text)) return text;
    work.problems.push(`${prefix}${names.file}: ${file} must hold one line of text`);
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    work.problems.push(`${prefix}${names.file}: ${file} cannot be read (${String(code)})`);
  }
  return null;
}

function finishMail(work: Work, keys: MailKeys): Config["mail"] {
  const url = secretOf(work, keys, { value: "url", file: "urlFile", path: "mail" });
  if (url === null && keys.from === null) return null;
  if (url !== null && keys.from !== null) return { url, from: keys.from };
  work.problems.push("mail: a server (url) and a sender (from) go together");
  return null;
}

function finishAdvisories(work: Work, keys: AdvisorySettings): AdvisorySettings {
  checkUnique(work, "advisories.feeds", keys.feeds);
  const { signingKeyFile } = keys;
  return {
    ...keys,
    feeds: keys.feeds.map((feed, index) => ({
      ...feed,
      url: feedPlace(feed.url, folderOfFeed(work, index)),
    })),
    signingKeyFile:
      signingKeyFile === null ? null : resolve(work.folderOf("advisories.signingKeyFile"), signingKeyFile),
  };
}

/** The feeds may be the whole section. */
function folderOfFeed(work: Work, index: number): string {
  const inSection = work.folderOf(`advisories.feeds[${index}].url`);
  return inSection === work.folderOf("") ? work.folderOf(`advisories[${index}].url`) : inSection;
}

function feedPlace(url: string, folder: string): string {
  if (/^https?:/.test(url)) return url;
  const path = url.startsWith("file:") ? fileURLToPath(url) : resolve(folder, url);
  const isFolder = url.endsWith("/") && !path.endsWith("/");
  return isFolder ? `${path}/` : path;
}

function checkWorkspaces(work: Work, workspaces: readonly WorkspaceKeys[]): void {
  checkUnique(work, "workspaces", workspaces);
  const hosts = new Set<string>();
  for (const [index, { name, host }] of workspaces.entries()) {
    if (name === MAIN_WORKSPACE) {
      work.problems.push(`workspaces[${index}].name: "${name}" is the one that answers every other host`);
    }
    if (hosts.has(host.toLowerCase())) {
      work.problems.push(`workspaces[${index}].host: "${host}" is there twice`);
    }
    hosts.add(host.toLowerCase());
  }
}

function checkUnique(work: Work, section: string, entries: readonly { name: string }[]): void {
  const seen = new Set<string>();
  for (const [index, { name }] of entries.entries()) {
    if (seen.has(name)) work.problems.push(`${section}[${index}].name: "${name}" is there twice`);
    seen.add(name);
  }
}

function checkFilters(work: Work, registries: readonly DeclaredRegistry[]): void {
  for (const [index, { filters, upstreams }] of registries.entries()) {
    for (const [at, { upstream }] of filters.entries()) {
      const path = `registries[${index}].filters[${at}].upstream`;
      if (!upstreams.includes(upstream)) {
        work.problems.push(`${path}: "${upstream}" is not among the registry's upstreams`);
      }
      if (filters.findIndex((one) => one.upstream === upstream) < at) {
        work.problems.push(`${path}: "${upstream}" is there twice`);
      }
    }
  }
}

function checkAudits(work: Work, registries: readonly DeclaredRegistry[]): void {
  for (const [index, registry] of registries.entries()) {
    const problem = auditProblem(registry);
    if (problem !== null) work.problems.push(`registries[${index}].${problem}`);
  }
}

function auditProblem({ audit, auditUpstream, auditUrl, upstreams }: DeclaredRegistry): string | null {
  const targets = Number(auditUpstream !== null) + Number(auditUrl !== null);
  if (audit !== "forward") {
    return targets === 0 ? null : "audit: must be forward where auditUpstream or auditUrl is set";
  }
  if (targets !== 1) return "audit: forward needs either auditUpstream or auditUrl";
  if (auditUpstream === null || upstreams.includes(auditUpstream)) return null;
  return `auditUpstream: "${auditUpstream}" is not among the registry's upstreams`;
}

function readProxies(work: Work): Proxies {
  return {
    http: proxyUrl(work, "HTTP_PROXY"),
    https: proxyUrl(work, "HTTPS_PROXY"),
    no: standardVariable(work.env, "NO_PROXY")?.value ?? null,
  };
}

function proxyUrl(work: Work, name: string): string | null {
  const found = standardVariable(work.env, name);
  if (found === null) return null;
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(found.value) ? found.value : `http://${found.value}`;
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  work.problems.push(
    `${found.label}: found a value that is not a URL; allowed: the http or https URL of a proxy`,
  );
  return null;
}

function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const below of Object.values(value)) deepFreeze(below);
  return Object.freeze(value);
}
