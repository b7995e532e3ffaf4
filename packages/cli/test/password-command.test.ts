import { describe, expect, it } from "vitest";
import { useCommandLine, type Result, type World } from "./command-line.ts";

const { run: runLine, serve } = useCommandLine();

async function run(words: string, world: World = {}): Promise<Result & { url: string; sent: unknown[] }> {
  const { url, seen } = await serve({ "POST /password": { body: { user: "admin" } } });
  const result = await runLine(words, world);
  return { ...result, url, sent: seen.map(({ body }) => body) };
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
