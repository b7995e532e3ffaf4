import { afterEach, describe, expect, it } from "vitest";
import { runClientCommand } from "../src/index.ts";
import { startFakeServer, type FakeServer } from "./fake-server.ts";

let server: FakeServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

interface World {
  input?: string;
  /** Answers of a person at the terminal; without them nobody is there. */
  typed?: string[];
}

async function run(words: string, { input = "", typed }: World = {}) {
  server = await startFakeServer({ "POST /api/v1/password": { body: { user: "admin" } } });
  let [out, err] = ["", ""];
  const code = await runClientCommand(words.split(" "), {
    io: {
      env: { ENTREPOT_SERVER: server.url },
      homeFolder: "/nonexistent",
      isInteractive: typed !== undefined,
      readInput: () => Promise.resolve(input),
      ask: () => Promise.resolve(typed?.shift() ?? ""),
      out: (text) => (out += text),
      err: (text) => (err += text),
      fetch,
    },
  });
  return { code, out, err, url: server.url, sent: server.seen.map(({ body }) => body) };
}

describe("password", () => {
  const sent = [{ user: "admin", password: "one-time", newPassword: "my own password" }];

  it("asks for the old and twice for the new one, and needs no token", async () => {
    const typed = ["one-time", "my own password", "my own password"];
    const done = await run("password --user admin", { typed });
    expect(done).toMatchObject({ code: 0, sent });
    expect(done.out).toBe(`admin has a new password on ${done.url}; log in with it.\n`);
  });

  it("takes both from standard input", async () => {
    const input = "one-time\nmy own password\n";
    expect(await run("password --user admin --stdin", { input })).toMatchObject({ code: 0, sent });
  });

  it.each([
    ["password --user admin --stdin", { input: "only one\n" }, "two lines"],
    ["password --user admin", {}, "--stdin"],
    ["password", {}, "--user and --stdin"],
    ["password --user admin", { typed: ["old", "new one", "new two"] }, "differ"],
  ])(
    "sends nothing when something is missing or the new ones differ: %s",
    async (words, world, complaint) => {
      const { code, err, sent: nothing } = await run(words, world);
      expect([code, nothing]).toEqual([2, []]);
      expect(err).toContain(complaint);
    },
  );
});
