import { describe, expect, it } from "vitest";
import { CLIENT_COMMANDS, runClientCommand } from "../src/index.ts";
import type { ClientIo, ExitCode } from "../src/index.ts";

/** Runs a command that has no reason to ask anybody. */
async function run(argv: string): Promise<{ code: ExitCode; out: string; err: string }> {
  let [out, err] = ["", ""];
  const refuse = (): Promise<never> => Promise.reject(new Error("Help asks nobody."));
  const io: ClientIo = {
    env: {},
    homeFolder: "/nowhere",
    folder: "/nowhere",
    isInteractive: false,
    readInput: refuse,
    ask: refuse,
    out: (text) => (out += text),
    err: (text) => (err += text),
    fetch: refuse,
  };
  const code = await runClientCommand(argv.split(" "), { io, otherCommands: ["serve", "gc"] });
  return { code, out, err };
}

describe("help", () => {
  it("shows one command, a group, or all", async () => {
    expect((await run("registry create --help")).out).toContain("--anonymous-read");
    expect((await run("help registry")).out).not.toContain("token");
    const all = await run("--help");
    expect(all.code).toBe(0);
    for (const { name } of CLIENT_COMMANDS) expect(all.out).toContain(name);
  });

  it.each([
    ["help registy", 'There is no command "registy"; did you mean registry?'],
    ["registy --help", 'There is no command "registy"; did you mean registry?'],
    ["help serv", 'There is no command "serv"; did you mean serve?'],
    ["help elephant", 'There is no command "elephant"; entrepot help lists them.'],
    ["help registry lst", 'There is no command "registry lst"; did you mean registry list?'],
  ])("%s says what is known instead", async (argv, complaint) => {
    expect(await run(argv)).toEqual({ code: 2, out: "", err: `entrepot: ${complaint}\n` });
  });
});
