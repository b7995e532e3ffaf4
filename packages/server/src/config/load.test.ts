import { isEntrepotError } from "@entrepot/core";
import { describe, expect, it } from "vitest";
import { loadConfig, resolveConfig } from "./load.ts";
import type { ConfigInputs } from "./load.ts";
import type { Config } from "./config.ts";

function inputs(given: {
  env?: Record<string, string>;
  argv?: string[];
  files?: Record<string, string>;
}): ConfigInputs {
  return {
    env: given.env ?? {},
    argv: given.argv ?? [],
    cwd: "/work",
    readFile: (path) => {
      const text = given.files?.[path];
      if (text === undefined) throw Object.assign(new Error(path), { code: "ENOENT" });
      return text;
    },
  };
}

function load(given: Parameters<typeof inputs>[0]): Config {
  return loadConfig(inputs(given));
}

function refusal(given: Parameters<typeof inputs>[0]): string {
  try {
    load(given);
  } catch (error) {
    if (isEntrepotError(error, "config-invalid")) return error.message;
    throw error;
  }
  throw new Error("was accepted");
}

const yaml = (text: string): { files: Record<string, string> } => ({
  files: { "/work/entrepot.yaml": text },
});

describe("loadConfig", () => {
  it("has defaults for everything", () => {
    const config = load({});
    expect(config).toMatchObject({
      host: "127.0.0.1",
      port: 4873,
      data: "/work/data",
      databaseUrl: "sqlite:/work/data/entrepot.db",
      upstream: null,
      upstreamFreshSeconds: 60,
      anonymousRead: false,
      accessLog: true,
      adminPassword: null,
      proxies: { http: null, https: null, no: null },
    });
    expect(config.limits.publishBytesMax).toBe(256 * 1024 * 1024);
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.limits)).toBe(true);
  });

  it("lets file win over default, environment over file, option over environment", () => {
    const file = yaml("host: file.example\nport: 1\ndata: /file\nlogLevel: warn");
    const env = { ENTREPOT_PORT: "2", ENTREPOT_DATA: "/env", ENTREPOT_LOG_LEVEL: "" };
    const config = load({ ...file, env, argv: ["--data", "/flag"] });
    expect([config.host, config.port, config.data, config.logLevel]).toEqual([
      "file.example",
      2,
      "/flag",
      "warn",
    ]);
  });

  it("reads every variable", () => {
    const env = {
      ENTREPOT_HOST: "0.0.0.0",
      ENTREPOT_PORT: "80",
      ENTREPOT_DATA: "/d",
      ENTREPOT_ADMIN_PASSWORD: "correct horse",
      ENTREPOT_UPSTREAM: "https://up.example/npm",
      ENTREPOT_UPSTREAM_FRESH_SECONDS: "0",
      ENTREPOT_ANONYMOUS_READ: "true",
      ENTREPOT_DATABASE_URL: "postgres://a:b@db/x",
      ENTREPOT_PUBLIC_URL: "https://npm.example/",
      ENTREPOT_LOG_LEVEL: "debug",
      ENTREPOT_SERVER: "https://npm.example",
      ENTREPOT_TEST_SUMMARY: "/tmp/x",
      https_proxy: "http://proxy.example:3128",
      HTTPS_PROXY: "http://other.example",
      HTTP_PROXY: "proxy.example:3128",
      no_proxy: "localhost,.corp",
    };
    expect(load({ env })).toMatchObject({
      host: "0.0.0.0",
      port: 80,
      data: "/d",
      adminPassword: "correct horse",
      upstream: "https://up.example/npm/",
      upstreamFreshSeconds: 0,
      anonymousRead: true,
      databaseUrl: "postgres://a:b@db/x",
      publicUrl: "https://npm.example",
      logLevel: "debug",
      proxies: {
        http: "http://proxy.example:3128",
        https: "http://proxy.example:3128",
        no: "localhost,.corp",
      },
    });
  });

  it("takes secrets from files, whose stronger source wins", () => {
    const files = { "/run/pw": "from a file\n", "/work/entrepot.yaml": "adminPassword: weak-and-old" };
    expect(load({ files, env: { ENTREPOT_ADMIN_PASSWORD_FILE: "/run/pw" } }).adminPassword).toBe(
      "from a file",
    );
    const both = { ENTREPOT_ADMIN_PASSWORD_FILE: "/run/pw", ENTREPOT_ADMIN_PASSWORD: "x" };
    expect(refusal({ files, env: both })).toContain("adminPasswordFile: adminPassword is given too");
    expect(refusal({ env: { ENTREPOT_DATABASE_URL_FILE: "/nowhere" } })).toContain("cannot be read (ENOENT)");
  });

  it("starts relative paths from the folder of the file that holds them", () => {
    const files = { "/etc/e/own.yaml": "data: store\nadminPasswordFile: pw", "/etc/e/pw": "longenough" };
    const config = load({ files, env: { ENTREPOT_CONFIG: "/etc/e/own.yaml" } });
    expect([config.data, config.adminPassword]).toEqual(["/etc/e/store", "longenough"]);
    expect(load({ files, argv: ["--config=/etc/e/own.yaml", "--data", "mine"] }).data).toBe("/work/mine");
  });

  it("reads registries, upstreams, limits and caches", () => {
    const config = load(
      yaml(`
limits: { publishBytesMax: 1 GiB, idleTimeoutMs: 500 }
cache: { viewBytesMax: 1000000 }
trustedProxies: [loopback, 10.0.0.0/8, "::1"]
upstreams:
  - { name: corp, url: "https://up.example/npm", token: abc, allowedHosts: [cdn.example], freshSeconds: 5 }
  - { name: old, url: "http://old.example/", username: me, password: "p:w" }
registries:
  - { name: team, description: ours, anonymousRead: true, upstreams: [corp, old], claims: ["@acme/*", "a-*"] }
  - { name: audited, upstreams: [corp], audit: forward, auditUpstream: corp }
`),
    );
    expect(config.limits).toMatchObject({
      publishBytesMax: 1024 ** 3,
      idleTimeoutMs: 500,
      headersTimeoutMs: 10_000,
    });
    expect(config.cache.viewBytesMax).toBe(1_000_000);
    expect(config.upstreams).toEqual([
      {
        name: "corp",
        url: "https://up.example/npm/",
        credential: "Bearer abc",
        freshSeconds: 5,
        allowedHosts: ["cdn.example"],
        timeoutMs: null,
        trustPublishTimes: true,
        caFile: null,
      },
      expect.objectContaining({ credential: `Basic ${Buffer.from("me:p:w").toString("base64")}` }),
    ]);
    expect(config.registries).toMatchObject([
      { name: "team", upstreams: ["corp", "old"], host: null, audit: "own", auditUpstream: null },
      { name: "audited", audit: "forward", auditUpstream: "corp", auditUrl: null },
    ]);
  });

  it.each<[string, Parameters<typeof inputs>[0], string]>([
    ["a misspelt key", yaml("prot: 1"), "prot: no such key; did you mean port?"],
    ["a misspelt key below", yaml("limits: { publishByteMax: 1 }"), "did you mean limits.publishBytesMax?"],
    [
      "a key in a list",
      yaml("upstreams: [{ name: a, url: 'http://a', tokn: x }]"),
      "did you mean upstreams[0].token?",
    ],
    ["a key like nothing", yaml("zzzzzzzzz: 1"), "zzzzzzzzz: no such key\n".trim()],
    [
      "a misspelt variable",
      { env: { ENTREPOT_PROT: "1" } },
      "ENTREPOT_PROT: no such variable; did you mean ENTREPOT_PORT?",
    ],
    ["a misspelt option", { argv: ["--prot=1"] }, "--prot: no such option; did you mean --port?"],
    ["an option without value", { argv: ["--port"] }, "--port: needs a value"],
    ["a stray word", { argv: ["now"] }, "now: takes no further words"],
    [
      "S3",
      { env: { ENTREPOT_S3_BUCKET: "b" } },
      "ENTREPOT_S3_BUCKET: S3 storage is not available in this version",
    ],
    [
      "a number that is none",
      { env: { ENTREPOT_PORT: "abc" } },
      'ENTREPOT_PORT: found "abc"; allowed: a whole number from 0 to 65535',
    ],
    [
      "a number too large",
      { argv: ["--port", "70000"] },
      "--port: found 70000; allowed: a whole number from 0 to 65535",
    ],
    [
      "an unclear flag",
      { env: { ENTREPOT_ANONYMOUS_READ: "maybe" } },
      'found "maybe"; allowed: true or false',
    ],
    ["an unknown level", yaml("logLevel: loud"), 'logLevel: found "loud"; allowed: one of debug, info'],
    ["an upstream with password", { env: { ENTREPOT_UPSTREAM: "https://a:b@c/" } }, "without credentials"],
    [
      "a size without unit",
      yaml("cache: { blobBytesMax: 5 potatoes }"),
      'cache.blobBytesMax: found "5 potatoes"',
    ],
    [
      "two credentials",
      yaml("upstreams: [{ name: a, url: 'http://a', token: t, username: u, password: p }]"),
      "has both",
    ],
    ["half a credential", yaml("upstreams: [{ name: a, url: 'http://a', username: u }]"), "go together"],
    [
      "a name twice",
      yaml("registries: [{ name: a }, { name: a }]"),
      'registries[1].name: "a" is there twice',
    ],
    ["a missing name", yaml("registries: [{ description: x }]"), "registries[0].name: found nothing"],
    ["an unknown rule", yaml("policy: { rules: [{ rule: agee, mode: off }] }"), "policy.rules[0]: found"],
    ["a mode that is none", yaml("policy: { rules: [{ rule: age, mode: on }] }"), "off, shadow or enforce"],
    [
      "an option that is none",
      yaml("registries: [{ name: a, policy: { rules: [{ rule: age, options: { days: 2 } }] } }]"),
      'There is no option "days"',
    ],
    ["an unknown key of a policy", yaml("policy: { profil: strict }"), "did you mean policy.profile?"],
    ["a wrong claim", yaml("registries: [{ name: a, claims: ['*'] }]"), "registries[0].claims[0]"],
    [
      "audits that go nowhere",
      yaml("registries: [{ name: a, audit: forward }]"),
      "registries[0].audit: forward needs either auditUpstream or auditUrl",
    ],
    [
      "audits that go to two places",
      yaml(
        "registries: [{ name: a, audit: forward, auditUrl: 'http://a', auditUpstream: b, upstreams: [b] }]",
      ),
      "registries[0].audit: forward needs either",
    ],
    [
      "audits that go to a strange upstream",
      yaml("registries: [{ name: a, audit: forward, auditUpstream: b, upstreams: [c] }]"),
      'registries[0].auditUpstream: "b" is not among',
    ],
    [
      "a place for audits that stay here",
      yaml("registries: [{ name: a, auditUrl: 'http://a' }]"),
      "registries[0].audit: must be forward",
    ],
    ["a section that is a list", yaml("limits: [1]"), "limits: found [1]; allowed: a mapping"],
    ["a file that is a list", yaml("[1]"), "must be a mapping"],
    ["broken YAML", yaml("a: [1\nb: 2"), "/work/entrepot.yaml: line 2, column 1:"],
    ["a key twice", yaml("port: 1\nport: 2"), "duplicated mapping key"],
    ["a named file that is missing", { env: { ENTREPOT_CONFIG: "no.yaml" } }, "/work/no.yaml: no such file"],
    [
      "a proxy that is no URL",
      { env: { HTTP_PROXY: "ftp://x" } },
      "HTTP_PROXY: found a value that is not a URL",
    ],
  ])("refuses %s", (_, given, text) => {
    expect(refusal(given)).toContain(text);
  });

  it("lists all problems at once and shows no secret", () => {
    const message = refusal({
      ...yaml("prot: 1\nadminPassword: [hunter2hunter2]"),
      env: { ENTREPOT_PORT: "x" },
    });
    expect(message.split("\n")).toHaveLength(4);
    expect(message).not.toContain("hunter2");
  });

  it("reads switches", () => {
    expect(load({ argv: ["--offline", "--no-access-log", "--anonymous-read"] })).toMatchObject({
      upstream: "none",
      accessLog: false,
      anonymousRead: true,
    });
  });

  it("remembers where values came from", () => {
    const { origins } = resolveConfig(inputs({ ...yaml("port: 1\nhost: a"), env: { ENTREPOT_PORT: "2" } }));
    expect([...origins]).toEqual([
      ["host", "/work/entrepot.yaml"],
      ["port", "ENTREPOT_PORT"],
    ]);
  });
});
