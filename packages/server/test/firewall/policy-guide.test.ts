import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runClientCommand, type ClientIo } from "@entrepot/cli";
import { createFakeUpstream, startTestApp, type FakeUpstream, type TestApp } from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";

/*
 * Every command of the guide on policy, in its order, against a real server. `ID` stands for something that is made for
 * it, and what the last export printed is what an import reads.
 */

const GUIDE = fileURLToPath(new URL("../../../../docs/guide/policy.md", import.meta.url));

let app: TestApp;
let upstream: FakeUpstream;
let home: string;
let commands: string[];

beforeAll(async () => {
  upstream = await createFakeUpstream();
  for (const version of ["1.2.9", "1.3.0", "1.3.1"]) upstream.publish({ name: "left-pad", version });
  app = await startTestApp({ upstream: upstream.url });
  home = await mkdtemp(join(tmpdir(), "entrepot-guide-"));
  await app.as("dev");
  const team = { name: "team" };
  await app.admin.request("/api/v1/registries", { method: "POST", body: team });
  const body = { upstreams: ["public"] };
  await app.admin.request("/api/v1/registries/team/upstreams", { method: "PUT", body });
  const guide = await readFile(GUIDE, "utf8");
  commands = [...guide.matchAll(/```sh\n([^]*?)```/g)]
    .flatMap(([, block = ""]) => block.split("\n"))
    .map((line) => line.replace(/\s+#.*$/, "").trim())
    .filter((line) => line.startsWith("entrepot "));
});
afterAll(async () => {
  await app.close();
  await upstream.close();
  await rm(home, { recursive: true });
});

interface Ran {
  code: number;
  out: string;
  err: string;
}

async function run(
  words: readonly string[],
  { token, input = "" }: { token: string; input?: string },
): Promise<Ran> {
  let [out, err] = ["", ""];
  const io: ClientIo = {
    env: { ENTREPOT_SERVER: app.url, ENTREPOT_TOKEN: token },
    homeFolder: home,
    folder: home,
    isInteractive: false,
    readInput: () => Promise.resolve(input),
    ask: () => Promise.resolve(""),
    out: (text) => (out += text),
    err: (text) => (err += text),
    fetch,
  };
  const code = await runClientCommand(words, { io });
  return { code, out, err };
}

/** The words of a command as a shell splits them; what it reads and writes is left to the test. */
function wordsOf(line: string): string[] {
  const plain = line.replace(/\s[<>]\s\S+$/, "");
  const words = plain.match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
  return words.slice(1).map((word) => word.replace(/^(['"])(.*)\1$/, "$2"));
}

it("every command of the guide works as it is written", async () => {
  const admin = { token: app.admin.token };
  const dev = { token: (await app.as("dev")).token };
  let document = "";
  expect(commands.length).toBeGreaterThan(30);
  for (const line of commands) {
    const words = wordsOf(line);
    const id = words.includes("ID") ? await someId(words) : "";
    const isAsking = /^entrepot (request left-pad|notices)/.test(line);
    const ran = await run(
      words.map((word) => (word === "ID" ? id : word)),
      { ...(isAsking ? dev : admin), input: document },
    );
    expect([line, ran.err, ran.code]).toEqual([line, expect.not.stringMatching(/^entrepot:/), 0]);
    if (line.includes("policy export")) document = ran.out;
  }

  /** An id that a command can be about: a new exception, or a new request of somebody else. */
  async function someId(words: readonly string[]): Promise<string> {
    const isRequest = words[0] === "request";
    const about = `left-pad@1.0.${commands.length}-${words.join("-").length}`;
    const wish = [about, "--reason", "x", "--days", "14", "--registry", "team", "--json"];
    const made = await run(
      [...(isRequest ? ["request"] : ["exception", "add"]), ...wish],
      isRequest ? dev : admin,
    );
    return String((JSON.parse(made.out) as { id: string }).id);
  }
});
