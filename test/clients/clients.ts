/** What the tests know of each client: how to start it, set it up and tell it what to do, and what it prints. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Tools } from "./tools.ts";

export interface Access {
  /** The registry's URL as the user wrote it. */
  registry: string;
  /** Null for none. */
  token: string | null;
}

/** What a client says when the registry refuses; each shows what it can of the server's own text. */
export interface Refusals {
  /** No credential. */
  unauthorized: RegExp;
  /** A token that nobody was given; the same as for none when left out. */
  wrongToken?: RegExp;
  /** Every version of a package is blocked. */
  blockedPackage: RegExp;
  /** One version, asked for exactly, is blocked. */
  blockedVersion: RegExp;
  /** A lockfile names a blocked version. */
  blockedInLockfile: RegExp;
  notFound: RegExp;
}

export interface Client {
  name: string;
  /** Command and first arguments. */
  command(tools: Tools): string[];
  /** Files of a project folder, by name. */
  settings(access: Access): Record<string, string>;
  lockfile: string;
  /** False for clients whose lockfile leaves out URLs that follow from the registry's. */
  recordsUrls: boolean;
  add: string[];
  installFrozen: string[];
  /** Needed before a publish. */
  prepare?: string[];
  publish: string[];
  tags?: {
    list(name: string): string[];
    add(name: string, version: string, tag: string): string[];
    remove(name: string, tag: string): string[];
  };
  refusals: Refusals;
}

/** The reason that the tests give when they block a version. */
export const REASON = "INC-42: steals tokens";

/** Names of packages that a client's tests publish, one without and one with a scope. */
export function ownNames({ name }: Client): [string, string] {
  return [`own-${name}`, `@own/${name}`];
}

export const npm11: Client = npm("npm-11");
export const npm10: Client = npm("npm-10");
export const pnpm12: Client = {
  ...pnpm("pnpm-12", "bin/pnpm.mjs"),
  refusals: {
    unauthorized: /401 Unauthorized/,
    blockedPackage: /403\s+Forbidden/,
    blockedVersion: /No matching version found for\s+risky@1\.1\.0/,
    blockedInLockfile: /later-pnpm-12@1\.1\.0.*not\s+present in registry/s,
    notFound: /404 Not Found/,
  },
};
export const pnpm10: Client = pnpm("pnpm-10", "bin/pnpm.cjs");
export const pnpm9: Client = pnpm("pnpm-9", "bin/pnpm.cjs");

export const yarn1: Client = {
  name: "yarn-1",
  command: ({ modules }) => [process.execPath, join(modules, "yarn-1/bin/yarn.js")],
  settings: (access) => ({ ".npmrc": `${npmrc(access)}always-auth=true\n` }),
  lockfile: "yarn.lock",
  recordsUrls: true,
  add: ["add"],
  installFrozen: ["install", "--frozen-lockfile"],
  publish: ["publish", "--non-interactive"],
  tags: {
    list: (name) => ["tag", "list", name],
    add: (name, version, tag) => ["tag", "add", `${name}@${version}`, tag],
    remove: (name, tag) => ["tag", "remove", name, tag],
  },
  refusals: {
    unauthorized: /Reading this registry needs a credential/,
    wrongToken: /The token is not complete or was changed/,
    blockedPackage: new RegExp(REASON),
    blockedVersion: /Couldn't find any versions for "risky" that matches "1\.1\.0"/,
    blockedInLockfile: /later-yarn-1-1\.1\.0\.tgz: Request failed "403 Forbidden"/,
    notFound: /has no package "nowhere"/,
  },
};

export const yarn4: Client = {
  name: "yarn-4",
  command: ({ modules }) => [process.execPath, join(modules, "@yarnpkg/cli-dist/bin/yarn.js")],
  settings: (access) => ({ ".yarnrc.yml": yarnrc(access), "yarn.lock": "" }),
  lockfile: "yarn.lock",
  recordsUrls: false,
  add: ["add"],
  installFrozen: ["install", "--immutable"],
  prepare: ["install"],
  publish: ["npm", "publish"],
  tags: {
    list: (name) => ["npm", "tag", "list", name],
    add: (name, version, tag) => ["npm", "tag", "add", `${name}@${version}`, tag],
    remove: (name, tag) => ["npm", "tag", "remove", name, tag],
  },
  refusals: {
    unauthorized: /Invalid authentication \(as an anonymous user\)/,
    wrongToken: /Invalid authentication \(as an unknown user\)/,
    blockedPackage: /403 \(Forbidden /,
    blockedVersion: /risky@npm:1\.1\.0: No candidates found/,
    blockedInLockfile: /403 \(Forbidden /,
    notFound: /404 \(Not Found\)/,
  },
};

export const bun: Client = {
  name: "bun",
  command: ({ modules }) => [findBun(modules)],
  settings: ({ registry, token }) => ({
    "bunfig.toml": `[install.registry]\nurl = "${registry}"\n${token === null ? "" : `token = "${token}"\n`}`,
  }),
  lockfile: "bun.lock",
  recordsUrls: true,
  add: ["add"],
  installFrozen: ["install", "--frozen-lockfile"],
  publish: ["publish"],
  refusals: {
    unauthorized: /left - 401/,
    blockedPackage: /doomed - 403/,
    blockedVersion: /No version matching "1\.1\.0" found for specifier "risky"/,
    blockedInLockfile: /later-bun-1\.1\.0\.tgz - 403/,
    notFound: /nowhere - 404/,
  },
};

/** The lines of `.npmrc` for a registry; the key of the credential always ends in a slash. */
export function npmrc({ registry, token }: Access): string {
  const key = registry.replace(/^https?:/, "").replace(/\/?$/, "/");
  return `registry=${registry}\n${token === null ? "" : `${key}:_authToken=${token}\n`}`;
}

function npm(name: string): Client {
  const blocked = (what: string): string =>
    `${what}@1\\.\\d\\.0 is blocked in the registry default: ${REASON}`;
  return {
    name,
    command: ({ modules }) => [process.execPath, join(modules, name, "bin/npm-cli.js")],
    settings: (access) => ({ ".npmrc": npmrc(access) }),
    lockfile: "package-lock.json",
    recordsUrls: true,
    add: ["install"],
    installFrozen: ["ci"],
    publish: ["publish"],
    tags: distTags(),
    refusals: {
      unauthorized: /code E401/,
      blockedPackage: new RegExp(`code E403\n.*${blocked("doomed")}`),
      blockedVersion: new RegExp(`code E403\n[^]*${blocked("risky")}`),
      blockedInLockfile: new RegExp(`code E403\n.*${blocked(`later-${name}`)}`),
      notFound: /code E404\n.*has no package "nowhere", and neither has its upstream/,
    },
  };
}

function pnpm(name: string, program: string): Client {
  return {
    name,
    command: ({ modules }) => [process.execPath, join(modules, name, program)],
    settings: (access) => ({ ".npmrc": npmrc(access) }),
    lockfile: "pnpm-lock.yaml",
    recordsUrls: false,
    add: ["add"],
    installFrozen: ["install", "--frozen-lockfile"],
    publish: ["publish", "--no-git-checks"],
    tags: distTags(),
    refusals: {
      unauthorized: /ERR_PNPM_FETCH_401/,
      blockedPackage: /ERR_PNPM_FETCH_403/,
      blockedVersion: /No matching version found for risky@1\.1\.0/,
      blockedInLockfile: /ERR_PNPM_FETCH_403/,
      notFound: /ERR_PNPM_FETCH_404/,
    },
  };
}

function distTags(): NonNullable<Client["tags"]> {
  return {
    list: (name) => ["dist-tag", "ls", name],
    add: (name, version, tag) => ["dist-tag", "add", `${name}@${version}`, tag],
    remove: (name, tag) => ["dist-tag", "rm", name, tag],
  };
}

// yarn 4 waits a day before it takes a version, unless the package is known.
function yarnrc({ registry, token }: Access): string {
  return [
    `npmRegistryServer: "${registry}"`,
    ...(token === null ? [] : [`npmAuthToken: "${token}"`, "npmAlwaysAuth: true"]),
    `unsafeHttpWhitelist: ["127.0.0.1"]`,
    "nodeLinker: node-modules",
    `npmPreapprovedPackages: ["own-*", "@own/*"]`,
    "",
  ].join("\n");
}

// The package `bun` finds its binary in an install script, and we run none.
function findBun(modules: string): string {
  const [platform] = readdirSync(join(modules, "@oven"));
  if (platform === undefined) throw new Error("bun has no binary for this platform.");
  return join(modules, "@oven", platform, "bin/bun");
}
