import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useCommandLine } from "./command-line.ts";
import { startFakeServer } from "./fake-server.ts";
import type { FakeAnswer } from "./fake-server.ts";

const line = useCommandLine();
const { run, serve } = line;
const credentialsFile = (): string => join(line.home, ".config", "entrepot", "credentials.json");

describe("login", () => {
  const answers = {
    "POST /login": { body: { token: "t0k3n" } },
    "GET /tokens?limit=500": { body: { items: [], next: null } },
  };

  it("keeps the token for its owner only and uses it from then on", async () => {
    const { url, seen } = await serve(answers);
    expect(await run("login --user ada --password-stdin", { input: "secret pw\n" })).toEqual({
      code: 0,
      out: `Logged in to ${url} as ada.\n`,
      err: "",
    });
    expect(seen[0]).toMatchObject({ body: { user: "ada", password: "secret pw" }, authorization: undefined });
    expect((await stat(credentialsFile())).mode & 0o777).toBe(0o600);
    expect(await readFile(credentialsFile(), "utf8")).not.toContain("secret pw");
    const after = await run("token list", { env: { ENTREPOT_SERVER: "" } });
    expect(after).toEqual({ code: 0, out: "Nothing to show.\n", err: "" });
    expect(seen[1]?.authorization).toBe("Bearer t0k3n");
  });

  it("asks a person", async () => {
    const { seen } = await serve(answers);
    expect((await run("login", { typed: ["ada", "secret pw"] })).code).toBe(0);
    expect(seen[0]?.body).toEqual({ user: "ada", password: "secret pw" });
  });

  it("says what to give when nobody can be asked", async () => {
    await serve(answers);
    expect((await run("login")).err).toContain("--user and --password-stdin");
    const result = await run("login --user ada");
    expect(result.code).toBe(2);
    expect(result.err).toContain("--password-stdin");
    expect((await run("login --user ada --password-stdin", { input: "" })).code).toBe(2);
  });

  it("fails on a wrong password and stores nothing", async () => {
    const body = { error: "The user name or password is wrong.", code: "credential-invalid" };
    await serve({ "POST /login": { status: 401, body } });
    const result = await run("login --user ada --password-stdin --json", { input: "x" });
    expect(result.code).toBe(1);
    expect(JSON.parse(result.out)).toMatchObject({ code: "credential-invalid" });
    await expect(stat(credentialsFile())).rejects.toThrow();
  });

  it("sends a stored token to no other server", async () => {
    const first = await serve(answers);
    await run("login --user ada --password-stdin", { input: "x" });
    const second = await startFakeServer({
      "GET /api/v1/tokens?limit=500": { body: { items: [], next: null } },
    });
    await run(`token list --server ${second.url}`);
    expect(second.seen[0]?.authorization).toBeUndefined();
    await second.close();
    expect(first.seen).toHaveLength(1);
  });

  it("refuses a damaged file with its name", async () => {
    await serve(answers);
    await run("login --user ada --password-stdin", { input: "x" });
    await writeFile(credentialsFile(), "{");
    const result = await run("token list");
    expect(result.code).toBe(1);
    expect(result.err).toContain(credentialsFile());
  });
});

describe("talking to the server", () => {
  it("takes token and server from options before the environment", async () => {
    const { url, seen } = await serve({ "GET /statuses?limit=500": { body: { items: [], next: null } } });
    await writeFile(join(line.home, "token"), "from-file\n");
    await run("status list", { env: { ENTREPOT_TOKEN: "from-env" } });
    await run("status list", { env: { ENTREPOT_TOKEN_FILE: join(line.home, "token") } });
    await run(`status --server ${url}/ list --token from-option`, {
      env: { ENTREPOT_SERVER: "http://127.0.0.1:9" },
    });
    expect(seen.map(({ authorization }) => authorization)).toEqual([
      "Bearer from-env",
      "Bearer from-file",
      "Bearer from-option",
    ]);
  });

  it("reads every page", async () => {
    await serve({
      "GET /registries?limit=500": { body: { items: [{ name: "a", upstreams: ["x", "y"] }], next: "a/b" } },
      "GET /registries?limit=500&cursor=a%2Fb": {
        body: { items: [{ name: "b", anonymousRead: true }], next: null },
      },
    });
    const { out } = await run("registry list");
    expect(out).toMatchInlineSnapshot(`
      "NAME  KIND  ANONYMOUS READ  ACTIVE  UPSTREAMS  DESCRIPTION
      a     -     -               -       x, y       -
      b     -     yes             -       -          -
      "
    `);
    expect(JSON.parse((await run("registry list --json")).out)).toHaveLength(2);
  });

  it("exits with 3 when the server cannot be reached", async () => {
    const result = await run("registry list --server http://127.0.0.1:9");
    expect(result.code).toBe(3);
    expect(result.err).toMatch(/^entrepot: Cannot reach http:\/\/127\.0\.0\.1:9: /);
    expect(JSON.parse((await run("registry list --json --server http://127.0.0.1:9")).out)).toMatchObject({
      code: "unreachable",
    });
  });

  it.each<[string, FakeAnswer, RegExp]>([
    [
      "a refusal",
      { status: 403, body: { error: "You may not.", code: "permission-denied" } },
      /You may not\.$/m,
    ],
    ["a missing login", { status: 401, body: { error: "No credential.", code: "x" } }, /entrepot login/],
    ["a web page", { body: "<html>" }, /not like an Entrepot server/],
    ["a web page with an error", { status: 502, body: "<html>" }, /answered 502/],
    [
      "a redirect",
      { status: 301, headers: { location: "https://b.example/" } },
      /redirects to https:\/\/b\.example/,
    ],
  ])("exits with 1 on %s", async (_, answer, text) => {
    const { seen } = await serve({ "GET /registries/a": answer });
    const result = await run("registry show a");
    expect(result.code).toBe(1);
    expect(result.err).toMatch(text);
    expect(seen).toHaveLength(1);
  });

  it("shows no control characters that a server sent", async () => {
    await serve({ "GET /registries/a": { body: { name: "a\u001b[2Jb" } } });
    expect((await run("registry show a")).out).toBe("NAME  a?[2Jb\n");
  });
});

describe("what is written wrongly ends with 2 and says how", () => {
  it.each([
    ["registy list", "did you mean registry?"],
    ["registry lsit", "did you mean registry list?"],
    ["registry", "registry needs an action: list, show"],
    ["elephant", "There is no command"],
    ["registry show", "Write it as: entrepot registry show <name> [options]"],
    ["registry show a b", "Write it as"],
    ["registry create a --descripton x", "did you mean --description?"],
    ["registry create a --description", "needs a value"],
    ["registry create a --anonymous-read=yes", "takes no value"],
    ["registry change a", "nothing to change"],
    ["registry delete a", "give --yes"],
    ["registry list --server ftp://x", "not the http or https URL"],
    ["upstream add u http://u.example --fresh-seconds soon", "whole number"],
    ["upstream add u http://u.example --token-stdin --username x", "Give a token, or"],
    ["status set blocked", "<package@version> is missing. Write it as: entrepot status set"],
    ["status set blocked left", '"left" has no version; write left@1.2.3'],
    ["status set blocked left --reason x", "left@*"],
    ["status set banned left@1.0.0 --reason x", "blocked, allowed, deprecated or unlisted"],
    ["status set blocked left@1.0.0", "--reason"],
    ["", "Usage: entrepot <command>"],
  ])("%s", async (argv, text) => {
    const result = await run(argv);
    expect(result.code).toBe(2);
    expect(result.err).toContain(text);
  });

  it("changes nothing when a person says no", async () => {
    const { seen } = await serve({});
    expect((await run("registry delete a", { typed: ["n"] })).code).toBe(2);
    expect(seen).toEqual([]);
  });
});

describe("the health of an upstream", () => {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5);
  const error = { lastError: "answered 500", lastErrorAt: at };
  const items = [
    { name: "well", health: { state: "closed", ...error, failingSince: null, refusesUntil: null } },
    { name: "weak", health: { state: "closed", ...error, failingSince: at, refusesUntil: null } },
    { name: "gone", health: { state: "open", ...error, failingSince: at, refusesUntil: at + 10_000 } },
  ];

  it("is told in words, and in full with --json", async () => {
    await serve({ "GET /upstreams?limit=500": { body: { items, next: null } } });
    const lines = (await run("upstream list")).out.trimEnd().split("\n").slice(1);
    expect(lines.map((line) => [line.split(" ")[0], line.split("  ").at(-1)?.trim()])).toEqual([
      ["well", "ok"],
      ["weak", "failing since 2026-01-02T03:04:05Z"],
      ["gone", "closed until 2026-01-02T03:04:15Z"],
    ]);
    expect(JSON.parse((await run("upstream list --json")).out)).toEqual(items);
  });
});
