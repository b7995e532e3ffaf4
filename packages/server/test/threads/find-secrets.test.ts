import { generateKeyPairSync, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { SecretFinder } from "../../src/threads/secret-finder.ts";

// Nothing that looks like a secret stands in this file, or whoever scans it would report it.
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function random(length: number): string {
  const chars = [...randomBytes(length)].map((byte) => ALPHABET[byte % ALPHABET.length]);
  return chars.join("");
}

function search(content: string, path = "lib/index.js"): unknown {
  const finder = new SecretFinder();
  finder.search(path, Buffer.from(content));
  return finder.found;
}

function keys(): [string, string][] {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const ed = generateKeyPairSync("ed25519").privateKey;
  const armour = (label: string, body: string): string =>
    `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
  const lines = (
    randomBytes(400)
      .toString("base64")
      .match(/.{1,64}/g) ?? []
  ).join("\n");
  return [
    ["PKCS#8", rsa.export({ type: "pkcs8", format: "pem" }) as string],
    ["PKCS#1", rsa.export({ type: "pkcs1", format: "pem" }) as string],
    ["SEC 1", ec.export({ type: "sec1", format: "pem" }) as string],
    ["Ed25519", ed.export({ type: "pkcs8", format: "pem" }) as string],
    [
      "encrypted PKCS#8",
      rsa.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }) as string,
    ],
    [
      "encrypted PKCS#1",
      rsa.export({ type: "pkcs1", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }) as string,
    ],
    ["OpenSSH", armour("OPENSSH PRIVATE KEY", lines)],
    ["DSA", armour("DSA PRIVATE KEY", lines)],
    ["PGP", armour("PGP PRIVATE KEY BLOCK", `Version: GnuPG v2\nComment: mine\n\n${lines}\n=aB3d`)],
    ["Windows line ends", armour("RSA PRIVATE KEY", lines).replaceAll("\n", "\r\n")],
  ];
}

describe("private keys", () => {
  test.each(keys())("%s", (_what, key) => {
    expect(search(`one\ntwo\n${key}`, "certs/server.pem")).toEqual([
      { kind: "a private key", file: "certs/server.pem", line: 3 },
    ]);
  });

  test("in JSON and in source code", () => {
    const key = keys()[0]?.[1] ?? "";
    const found = [{ kind: "a private key", file: "lib/index.js", line: 2 }];
    expect(search(`{\n"private_key": ${JSON.stringify(key)}}`)).toEqual(found);
    const joined = key
      .trim()
      .split("\n")
      .map((line) => `"${line}\\n"`);
    expect(search(`x\nconst key = ${joined.join(" +\n  ")};`)).toEqual(found);
    expect(search(`x\nconst key = [\n${joined.join(",\n  ")}];`)).toMatchObject([{ line: 3 }]);
  });

  test.each([
    ["a certificate", `-----BEGIN CERTIFICATE-----\n${random(200)}\n-----END CERTIFICATE-----`],
    ["a public key", `-----BEGIN PUBLIC KEY-----\n${random(200)}\n-----END PUBLIC KEY-----`],
    ["a form", "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----"],
    [
      "a longer form",
      `-----BEGIN PRIVATE KEY-----\n${"x".repeat(64)}\n${"x".repeat(64)}\n-----END PRIVATE KEY-----`,
    ],
    ["a parser", "if (/-----BEGIN (RSA )?PRIVATE KEY-----/.test(text)) return parse(text);"],
    ["a constant", 'const BEGIN = "-----BEGIN PRIVATE KEY-----";\nexport function something(): void {}'],
    ["an explanation", `begins with -----BEGIN EC PRIVATE KEY----- and then ${"some words ".repeat(20)}`],
  ])("%s is none", (_what, content) => {
    expect(search(content)).toEqual([]);
  });
});

describe("tokens", () => {
  const digits = "9182736450918";
  const secrets: [string, string][] = [
    ["an npm token", `npm_${random(36)}`],
    ...["ghp", "gho", "ghu", "ghs", "ghr"].map((kind): [string, string] => [
      "a GitHub token",
      `${kind}_${random(36)}`,
    ]),
    ["a GitHub token", `github_pat_${random(22)}_${random(59)}`],
    ["a GitLab token", `glpat-${random(20)}`],
    ["an AWS key", `AKIA${random(16)}`],
    ["an AWS key", `ASIA${random(16)}`],
    ["a Slack token", `xoxb-${digits}-${digits}-${random(24)}`],
    ["a Slack token", `xoxp-${digits}-${digits}-${digits}-${random(32)}`],
    ["a Slack webhook", `hooks.slack.com/services/T${random(8)}/B${random(8)}/${random(24)}`],
    ["a Stripe key", `sk_live_${random(24)}`],
    ["a Stripe key", `rk_live_${random(99)}`],
    ["a Google key", `AIza${random(35)}`],
    ["a Google key", `GOCSPX-${random(28)}`],
  ];

  test.each(secrets)("%s in source, in a row, at the very end", (kind, secret) => {
    const found = [{ kind, file: "lib/index.js", line: 1 }];
    expect(search(`const token = "${secret}";`)).toEqual(found);
    expect(search(`TOKEN=${secret}`)).toEqual(found);
    expect(search(secret)).toEqual(found);
    expect(JSON.stringify(search(secret))).not.toContain(secret.slice(-16));
  });

  test.each(secrets)("%s as a form, cut short or inside of a word is none", (_kind, secret) => {
    const form = secret.replace(/[A-Z2-7]{16,}$/, (text) => "x".repeat(text.length));
    const capitals = secret.replace(/[A-Z2-7]{16,}$/, (text) => "X".repeat(text.length));
    expect(search(`token: ${form} or ${capitals}`)).toEqual([]);
    expect(search(`token: ${secret.slice(0, 12)}…`)).toEqual([]);
    expect(search(`a${random(10)}${secret}`)).toEqual([]);
  });

  test("an AWS secret needs its name beside it", () => {
    const secret = randomBytes(30).toString("base64");
    const found = [{ kind: "an AWS key", file: ".env", line: 2 }];
    expect(search(`#\nAWS_SECRET_ACCESS_KEY=${secret}\n`, ".env")).toEqual(found);
    expect(search(`#\naws_secret_access_key = ${secret}\n`, ".env")).toEqual(found);
    expect(search(`{\n"secretAccessKey": "${secret}"}`, ".env")).toEqual(found);
    expect(search(`integrity ${secret}`)).toEqual([]);
    expect(search("secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY")).toEqual([]);
    expect(search(`aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCY${"EXAMPLE"}KEY`)).toEqual([]);
    expect(search(`AKIAIOSFODNN7${"EXAMPLE"}`)).toEqual([]);
  });
});

describe("settings of package managers", () => {
  const secret = random(20).toLowerCase();

  test.each([
    [".npmrc", `registry=https://x.test/\n//x.test/:_authToken=${secret}\n`],
    ["a/.npmrc", `\n//x.test/:_authToken = "${secret}"\n`],
    [".npmrc", `\n_auth=${secret}\n`],
    [".npmrc", `\n//x.test/:_password=${secret}\n`],
    [".yarnrc.yml", `x:\n  npmAuthToken: "${secret}"\n`],
  ])("%s: %j", (path, content) => {
    expect(search(content, path)).toEqual([{ kind: "a registry's credentials", file: path, line: 2 }]);
  });

  test.each([
    [".npmrc", "//x.test/:_authToken=${NPM_TOKEN}\n"],
    [".npmrc", "//x.test/:_authToken=$NPM_TOKEN\n"],
    [".npmrc", "//x.test/:_authToken=<token>\n"],
    [".npmrc", "//x.test/:_authToken=\n"],
    [".npmrc", "//x.test/:_authToken=xxxxxxxxxx\n"],
    [".npmrc", "registry=https://x.test/\n"],
    ["README.md", `//x.test/:_authToken=${secret}\n`],
  ])("%s: %j is none", (path, content) => {
    expect(search(content, path)).toEqual([]);
  });
});

test("of many, the first few are told, in the order of their lines", () => {
  const finder = new SecretFinder();
  for (let file = 0; file < 3; file += 1) {
    const lines = [`npm_${random(36)}`, "", `AKIA${random(16)}`, `-----BEGIN PRIVATE KEY-----`];
    finder.search(`${file}.js`, Buffer.from(lines.join("\n")));
  }
  expect(finder.found.map(({ file, line }) => `${file}:${line}`)).toEqual([
    "0.js:1",
    "0.js:3",
    "1.js:1",
    "1.js:3",
    "2.js:1",
  ]);
  expect(finder.isSearching()).toBe(false);
});

test("a file that is nothing but the beginnings of secrets is looked at for a while only", () => {
  expect(search("npm_".repeat(500_000) + "-----BEGIN ".repeat(50_000))).toEqual([]);
});
