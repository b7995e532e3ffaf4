import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useCommandLine } from "./command-line.ts";

const line = useCommandLine();
const { run, serve } = line;
const world = { env: { ENTREPOT_TOKEN: "t" } };

const decision = (seq: number): object => ({
  seq,
  at: "2026-01-02T03:04:05.000Z",
  registry: "default",
  package: "left",
  version: "1.0.0",
  outcome: "refused",
  rule: "malware",
  principal: "ada",
  address: "192.0.2.1",
  project: "shop",
  count: 1,
});

describe("decisions", () => {
  it("goes on past pages that are short, up to the limit, and hands every filter over", async () => {
    const filters = "package=left&outcome=refused";
    await serve({
      [`GET /decisions?limit=2&${filters}`]: { body: { items: [], next: "9" } },
      [`GET /decisions?limit=2&cursor=9&${filters}`]: { body: { items: [decision(8)], next: "8" } },
      [`GET /decisions?limit=1&cursor=8&${filters}`]: { body: { items: [decision(3)], next: "3" } },
    });
    const { out } = await run("decisions --limit 2 --package left --outcome refused --json", world);
    expect(JSON.parse(out)).toEqual([decision(8), decision(3)]);
  });

  it("shows a table, of one registry too", async () => {
    await serve({
      "GET /registries/other/decisions?limit=50": { body: { items: [decision(1)], next: null } },
    });
    const { out } = await run("decisions --registry other", world);
    expect(out.split("\n")[1]).toContain("refused  left     1.0.0");
  });

  it("exports everything as it comes", async () => {
    const body = `${JSON.stringify(decision(1))}\n`;
    const headers = { "content-type": "application/x-ndjson" };
    await serve({ "GET /decisions/export?principal=ada": { body, headers } });
    expect(await run("decisions --export --principal ada", world)).toEqual({ code: 0, out: body, err: "" });
  });

  it("takes no limit that is none", async () => {
    expect((await run("decisions --limit 0", world)).code).toBe(2);
  });
});

describe("exposure", () => {
  const fetch = {
    package: "left",
    version: "1.0.0",
    principal: "ada",
    project: "shop",
    credential: "t1",
    address: "192.0.2.1",
    count: 2,
    firstAt: "2026-01-02T03:04:05.000Z",
    lastAt: "2026-01-03T03:04:05.000Z",
  };
  const sums = [{ name: "x", versions: ["left@1.0.0"], count: 2 }];
  const found = {
    exposed: true,
    items: [
      { package: "left", range: "1.0.0", fetched: ["1.0.0"], count: 2, refused: 0 },
      { package: "right", range: "^1", fetched: [], count: 0, refused: 0 },
    ],
    summary: { packages: sums, people: sums, projects: sums, credentials: sums },
    fetches: [fetch],
    isCut: false,
    unread: [{ line: 3, text: "what", why: "it says no version" }],
    unreadCount: 1,
    held: null,
  };
  const nobody = {
    ...found,
    exposed: false,
    items: found.items.slice(1),
    fetches: [],
    unread: [],
    unreadCount: 0,
  };

  it("reads a list from standard input and tells who fetched what", async () => {
    const server = await serve({ "POST /exposure": { body: found } });
    const { code, out, err } = await run("exposure", { ...world, input: "left@1.0.0\n" });
    expect(server.seen[0]?.body).toEqual({ list: "left@1.0.0\n" });
    expect(code).toBe(0);
    expect(out).toContain("left     1.0.0    ada        shop");
    expect(out).toContain("Exposed: 1 people, 1 projects, 1 credentials, 1 packages.");
    expect(err).toBe("Warning: line 3 was not read: what (it says no version).\n");
  });

  it("reads a file, and ends with 1 where that is asked for and somebody is exposed", async () => {
    const path = join(line.home, "bad.csv");
    await writeFile(path, "left,1.0.0\n");
    const server = await serve({ "POST /registries/other/exposure": { body: found } });
    const { code } = await run(`exposure ${path} --registry other --check`, world);
    expect([code, server.seen[0]?.body]).toEqual([1, { list: "left,1.0.0\n" }]);
  });

  it("ends with 0 when nobody is, and prints plain JSON", async () => {
    await serve({ "POST /exposure": { body: nobody } });
    const { code, out } = await run("exposure - --check --json", { ...world, input: "right@^1" });
    expect([code, JSON.parse(out)]).toEqual([0, nobody]);
    expect((await run("exposure -", { ...world, input: "right@^1" })).out).toContain("Nobody fetched any");
  });

  it("holds with a reason only", async () => {
    const held = {
      status: "blocked",
      versions: [{ package: "left", version: "1.0.0" }],
      notHeld: [{ package: "right", range: "^1", why: "No registry here has this package." }],
    };
    const server = await serve({ "POST /exposure": { body: { ...nobody, held } } });
    const input = "left@1.0.0";
    expect((await run("exposure --hold", { ...world, input })).code).toBe(2);
    const { out, err } = await run('exposure --block --reason "worm"', { ...world, input });
    expect(server.seen[0]?.body).toEqual({ list: input, hold: true, status: "blocked", reason: "worm" });
    expect(out).toContain("1 versions are blocked from now on.");
    expect(err).toContain("right@^1 is not held: No registry here has this package.");
  });

  it("says which file it cannot read", async () => {
    await serve({});
    expect(await run("exposure /nowhere/at-all", world)).toMatchObject({
      code: 2,
      err: "entrepot: /nowhere/at-all cannot be read (ENOENT).\n",
    });
  });
});

describe("shadow", () => {
  const sums = [{ name: "ada", versions: 1, downloads: 3 }];
  const rule = {
    rule: "age",
    downloads: 3,
    counts: { versions: 1, packages: 1, people: 1, projects: 1 },
    versions: [
      { name: "left", version: "1.1.0", outcome: "hold", downloads: 3, reason: "It must be 3 days old" },
    ],
    packages: sums,
    people: sums,
    projects: sums,
  };
  const report = {
    days: 7,
    versions: 9,
    downloads: 20,
    rules: [rule],
    refused: [{ rule: "malware", versions: 1, people: 2, refusals: 5 }],
    unknown: 1,
    isCut: true,
  };

  it("shows what each rule would have refused, and what was refused for real", async () => {
    await serve({ "GET /registries/other/shadow?days=7": { body: report } });
    const { code, out } = await run("shadow --registry other --days 7", world);
    expect(code).toBe(0);
    expect(out).toContain("20 downloads of 9 versions in the last 7 days.");
    expect(out).toContain("age would have refused 1 versions in 3 downloads, to 1 people and 1 projects:");
    expect(out).toContain("left  1.1.0    hold     3          It must be 3 days old");
    expect(out).toContain("malware  1         2       5");
    expect(out).toContain("There was more than could be looked at");
  });

  it("says that there is nothing to tell, and prints plain JSON", async () => {
    const nothing = { ...report, rules: [], refused: [], unknown: 0, isCut: false };
    await serve({
      "GET /shadow": { body: nothing },
      "GET /shadow?rule=age": { body: nothing },
    });
    expect((await run("shadow", world)).out).toContain("No rule in shadow would have refused any.");
    expect((await run("shadow --rule age", world)).out).toContain("The rule age would have refused none.");
    expect(JSON.parse((await run("shadow --json", world)).out)).toEqual(nothing);
  });
});
