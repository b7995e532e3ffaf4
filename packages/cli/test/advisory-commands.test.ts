import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useCommandLine, type World } from "./command-line.ts";

const line = useCommandLine();

describe("advisories", () => {
  it.each<[string, World, [method: string, url: string, body?: unknown]]>([
    ["sync --full --accept-shrink", {}, ["POST", "/advisories/sync", { full: true, acceptShrink: true }]],
    ["sync", {}, ["POST", "/advisories/sync", {}]],
    ["show left", {}, ["GET", "/advisories?package=left"]],
    ["show @a/left@1.0.0", {}, ["GET", "/advisories?package=%40a%2Fleft&version=1.0.0"]],
    ["show CVE-2026-1", {}, ["GET", "/advisories/CVE-2026-1"]],
    ["at 2026-05-01 left@1.0.0", {}, ["GET", "/advisories?at=2026-05-01&package=left&version=1.0.0"]],
    ["at 2026-05-01 MAL-2026-1", {}, ["GET", "/advisories/MAL-2026-1?at=2026-05-01"]],
    [
      'add left@<2.0.0 --summary "steals tokens" --malware --severity critical --alias CVE-1 --alias CVE-2',
      {},
      [
        "POST",
        "/advisories/own",
        {
          package: "left",
          range: "<2.0.0",
          summary: "steals tokens",
          malware: true,
          severity: "critical",
          aliases: ["CVE-1", "CVE-2"],
        },
      ],
    ],
    ["add --file -", { input: '{"id":"A-1"}' }, ["POST", "/advisories/own", { osv: { id: "A-1" } }]],
    ["list", {}, ["GET", "/advisories/own"]],
    ["remove A-1", {}, ["DELETE", "/advisories/own/A-1"]],
    ["epochs", {}, ["GET", "/advisories/epochs"]],
    ["rollback 7", {}, ["POST", "/advisories/rollback", { epoch: 7 }]],
  ])("%s", async (argv, world, [method, url, body]) => {
    const server = await line.serve({ [`${method} ${url}`]: { body: { items: [], id: "A-1" } } });
    const { code, err } = await line.run(`advisories ${argv}`, world);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(server.seen).toMatchObject([{ method, url: `/api/v1${url}`, body }]);
  });

  it.each([
    ["add left", "Say what it is about"],
    ["add", "Name the package"],
    ["add left --file x.json", "names its package itself"],
    ["rollback soon", "not the number of an epoch"],
    ["import nothing.bundle", "nothing.bundle cannot be read"],
  ])("%s is refused before anything is sent", async (argv, complaint) => {
    const { code, err } = await line.run(`advisories ${argv}`);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(complaint) });
  });

  it("shows feeds and alarms", async () => {
    const body = {
      epoch: 4,
      currentAt: "2026-05-01T00:00:00.000Z",
      feeds: [{ name: "osv", kind: "osv", records: 10, checkedAt: "2026-05-01T00:00:00.000Z" }],
      alarms: ["osv: it is empty"],
    };
    await line.serve({ "GET /advisories/status": { body } });
    const { out, err } = await line.run("advisories status");
    expect(out).toMatch(/EPOCH +4/);
    expect(out).toMatch(/osv +osv +10 +2026-05-01/);
    expect(err).toBe("Alarm: osv: it is empty\n");
    expect(JSON.parse((await line.run("advisories status --json")).out)).toEqual(body);
  });

  it("waits for a sync and shows what it said", async () => {
    await line.serve({
      "POST /advisories/sync": { body: { id: "j", isNew: true } },
      "GET /jobs?kind=sync-advisories&limit=200": { body: { items: [{ id: "j", state: "done" }] } },
      "GET /jobs/j/lines": { body: { items: [{ text: "osv: 3 records, 2 before" }] } },
    });
    expect((await line.run("advisories sync --wait")).out).toBe("osv: 3 records, 2 before\n");
  });

  it("says why a sync failed", async () => {
    await line.serve({
      "POST /advisories/sync": { body: { id: "j", isNew: true } },
      "GET /jobs?kind=sync-advisories&limit=200": {
        body: { items: [{ id: "j", state: "failed", lastError: "The disk is full." }] },
      },
    });
    expect(await line.run("advisories sync --wait")).toMatchObject({
      code: 1,
      err: "entrepot: The disk is full.\n",
    });
  });

  it("writes a bundle to a file that is not there yet, and takes it back", async () => {
    const file = join(line.home, "a.bundle");
    const server = await line.serve({
      "GET /advisories/bundle": { body: '{"a":"bundle"}' },
      "POST /advisories/bundle?trust=abc&acceptOlder=true": {
        body: { advisories: 3, bundleCreatedAt: "2026-05-01" },
      },
    });
    expect((await line.run(`advisories export ${file}`)).out).toContain("14 bytes");
    expect(await readFile(file, "utf8")).toBe('{"a":"bundle"}');
    expect((await line.run(`advisories export ${file}`)).err).toContain("is there already");
    const taken = await line.run(`advisories import ${file} --trust abc --accept-older`);
    expect(taken.out).toContain("3 advisories are in force");
    expect(server.seen.at(-1)?.body).toEqual({ a: "bundle" });
  });

  it("leaves no file behind when there is nothing to export", async () => {
    const file = join(line.home, "a.bundle");
    await line.serve({});
    expect((await line.run(`advisories export ${file}`)).code).toBe(1);
    await writeFile(file, "", { flag: "wx" });
  });
});
