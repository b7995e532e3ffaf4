import { describe, expect, it } from "vitest";
import { useCommandLine } from "./command-line.ts";

const { run, serve } = useCommandLine();
const world = { env: { ENTREPOT_TOKEN: "t" } };

const event = (seq: number): object => ({
  seq,
  at: "2026-01-02T03:04:05.000Z",
  kind: "tag-set",
  actor: "ada",
  credential: "t1",
  address: "192.0.2.1",
  registry: "default",
  package: "widget",
  result: "done",
  detail: {},
});

describe("audit list", () => {
  it("goes on past pages that are short, up to the limit", async () => {
    await serve({
      "GET /audit?limit=2&actor=ada": { body: { items: [], next: "9" } },
      "GET /audit?limit=2&cursor=9&actor=ada": { body: { items: [event(8)], next: "8" } },
      "GET /audit?limit=1&cursor=8&actor=ada": { body: { items: [event(3)], next: "3" } },
    });
    const { out } = await run("audit list --limit 2 --actor ada --json", world);
    expect(JSON.parse(out)).toEqual([event(8), event(3)]);
  });

  it("shows a table, and hands every filter over", async () => {
    const filters =
      "from=2026-01-01&to=2026-02-01&actor=a&kind=k&registry=r&package=p&result=done&credential=c";
    await serve({ [`GET /audit?limit=50&${filters}`]: { body: { items: [event(1)], next: null } } });
    const { out } = await run(`audit list --${filters.replaceAll("&", " --")}`, world);
    expect(out.split("\n")[1]).toContain("tag-set  ada");
  });

  it("takes no limit that is none", async () => {
    expect((await run("audit list --limit 0", world)).code).toBe(2);
  });
});

describe("audit export", () => {
  it("prints what comes as it comes", async () => {
    const body = `${JSON.stringify(event(1))}\n${JSON.stringify({ text: "é漢" })}\n`;
    const headers = { "content-type": "application/x-ndjson" };
    await serve({ "GET /audit/export?package=%40a%2Fb": { body, headers } });
    expect(await run("audit export --package @a/b", world)).toEqual({ code: 0, out: body, err: "" });
  });

  it("says why when it is refused", async () => {
    const body = { error: "Not for you.", code: "permission-denied" };
    await serve({ "GET /audit/export": { status: 403, body } });
    expect(await run("audit export", world)).toMatchObject({ code: 1, err: "entrepot: Not for you.\n" });
  });

  it("fails when the answer is cut short", async () => {
    const headers = { "content-length": "100", "connection": "close" };
    await serve({ "GET /audit/export": { body: "{}\n", headers } });
    const { err, code } = await run("audit export", world);
    expect(code).toBe(3);
    expect(err).toContain("cut its answer short");
  });
});
