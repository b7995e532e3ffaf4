import { afterEach, describe, expect, it } from "vitest";
import { runClientCommand } from "../src/index.ts";
import { startFakeServer, type FakeAnswer, type FakeServer } from "./fake-server.ts";

let server: FakeServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function run(
  words: readonly string[],
  answers: Record<string, FakeAnswer>,
): Promise<{ code: number; out: string; err: string }> {
  server = await startFakeServer(answers);
  let [out, err] = ["", ""];
  const code = await runClientCommand(words, {
    io: {
      env: { ENTREPOT_SERVER: server.url, ENTREPOT_TOKEN: "t" },
      homeFolder: "/nonexistent",
      isInteractive: false,
      readInput: () => Promise.resolve(""),
      ask: () => Promise.resolve(""),
      out: (text) => (out += text),
      err: (text) => (err += text),
      fetch,
    },
  });
  return { code, out, err };
}

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
    const { out } = await run(["audit", "list", "--limit", "2", "--actor", "ada", "--json"], {
      "GET /api/v1/audit?limit=2&actor=ada": { body: { items: [], next: "9" } },
      "GET /api/v1/audit?limit=2&cursor=9&actor=ada": { body: { items: [event(8)], next: "8" } },
      "GET /api/v1/audit?limit=1&cursor=8&actor=ada": { body: { items: [event(3)], next: "3" } },
    });
    expect(JSON.parse(out)).toEqual([event(8), event(3)]);
  });

  it("shows a table, and hands every filter over", async () => {
    const filters =
      "from=2026-01-01&to=2026-02-01&actor=a&kind=k&registry=r&package=p&result=done&credential=c";
    const options = filters.split("&").map((pair) => `--${pair}`);
    const { out } = await run(["audit", "list", ...options], {
      [`GET /api/v1/audit?limit=50&${filters}`]: { body: { items: [event(1)], next: null } },
    });
    expect(out.split("\n")[1]).toContain("tag-set  ada");
  });

  it("takes no limit that is none", async () => {
    expect((await run(["audit", "list", "--limit", "0"], {})).code).toBe(2);
  });
});

describe("audit export", () => {
  it("prints what comes as it comes", async () => {
    const body = `${JSON.stringify(event(1))}\n${JSON.stringify({ text: "é漢" })}\n`;
    const { out, code } = await run(["audit", "export", "--package", "@a/b"], {
      "GET /api/v1/audit/export?package=%40a%2Fb": {
        body,
        headers: { "content-type": "application/x-ndjson" },
      },
    });
    expect([code, out]).toEqual([0, body]);
  });

  it("says why when it is refused", async () => {
    const { err, code } = await run(["audit", "export"], {
      "GET /api/v1/audit/export": { status: 403, body: { error: "Not for you.", code: "permission-denied" } },
    });
    expect([code, err]).toEqual([1, "entrepot: Not for you.\n"]);
  });

  it("fails when the answer is cut short", async () => {
    const { err, code } = await run(["audit", "export"], {
      "GET /api/v1/audit/export": {
        body: "{}\n",
        headers: { "content-length": "100", "connection": "close" },
      },
    });
    expect(code).toBe(3);
    expect(err).toContain("cut its answer short");
  });
});
