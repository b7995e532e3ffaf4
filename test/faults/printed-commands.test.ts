import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createFakeUpstream, httpRequest, type FakeUpstream } from "@entrepot/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeFolder, removeFolder, startServer, type RunningServer } from "./server-process.ts";
import { until } from "./wait.ts";

const COMMAND_MS_MAX = 60_000;

let folder: string;
let upstream: FakeUpstream;
let server: RunningServer;

beforeEach(async () => {
  folder = await makeFolder();
  upstream = await createFakeUpstream();
});

afterEach(async () => {
  await server.kill();
  await upstream.close();
  await removeFolder(folder);
});

/** A shell of somebody who has never used npm on this machine. */
interface Shell {
  cwd: string;
  env: Record<string, string>;
}

function hasTerminals(): boolean {
  try {
    execFileSync("script", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

async function run(command: string, shell: Shell): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)("sh", ["-c", command], {
    ...shell,
    timeout: COMMAND_MS_MAX,
  });
  return stdout + stderr;
}

/** Runs a command in a terminal and answers what it asks; gives what was on the screen. */
async function converse(command: string, shell: Shell, answers: Array<[RegExp, string]>): Promise<string> {
  const child = spawn("script", ["--quiet", "--return", "--flush", "--command", command, "/dev/null"], {
    ...shell,
    stdio: "pipe",
    timeout: COMMAND_MS_MAX,
  });
  let screen = "";
  let asked = 0;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
    const [question, answer] = answers[asked] ?? [/$^/, ""];
    if (!question.test(screen)) return;
    asked += 1;
    child.stdin.write(`${answer}\r`);
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect([code, screen]).toEqual([0, expect.anything()]);
  return screen;
}

/** What a newcomer pastes, in this order. */
interface Commands {
  setPassword: string;
  /** Where that command is to be run. */
  from: string;
  pointIt: string;
  logIn: string;
  install: string;
  publish: string;
}

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const USUAL_URL = "http://127.0.0.1:4873";

function commandsOf(lines: readonly string[], from: string): Commands {
  const one = (start: RegExp): string => {
    const found = lines.find((line) => start.test(line));
    expect(found, String(start)).toBeDefined();
    return found ?? "";
  };
  return {
    setPassword: one(/^(?:npx entrepot|node \S+) password --server /),
    from,
    pointIt: one(/^npm config set registry /),
    logIn: one(/^npm login /),
    install: one(/^npm install$/),
    publish: one(/^npm publish$/),
  };
}

const printedCommands = (printed: string): Commands =>
  commandsOf(
    [...printed.matchAll(/^ {4}(\S.+)$/gm)].map((match) => match[1] ?? ""),
    folder,
  );

async function readmeCommands(url: string): Promise<Commands> {
  const readme = await readFile(join(REPOSITORY, "README.md"), "utf8");
  return commandsOf(readme.replaceAll(USUAL_URL, url).split("\n"), REPOSITORY);
}

async function setUpAndUse(commands: Commands, password: string): Promise<void> {
  const home = join(folder, "home");
  const project = join(folder, "project");
  await mkdir(home);
  await mkdir(project);
  const manifest = { name: "my-project", version: "1.0.0", dependencies: { "left-pad": "^1.0.0" } };
  await writeFile(join(project, "package.json"), JSON.stringify(manifest));
  await writeFile(join(project, "index.js"), "module.exports = 2;\n");
  const shell: Shell = { cwd: project, env: { PATH: process.env["PATH"] ?? "", HOME: home, TERM: "xterm" } };

  const own = "a password of my own";
  await converse(commands.setPassword, { ...shell, cwd: commands.from }, [
    [/Password that you have: /, password],
    [/New password: /, own],
    [/New password again: /, own],
  ]);
  await run(commands.pointIt, shell);
  await converse(commands.logIn, shell, [
    [/Username: /, "admin"],
    [/Password: /, own],
  ]);
  await run(commands.install, shell);
  expect(await readFile(join(project, "node_modules/left-pad/index.js"), "utf8")).toBe(
    "module.exports = 1;\n",
  );
  const lock = await readFile(join(project, "package-lock.json"), "utf8");
  expect(lock).toContain(`${server.url}/npm/default/left-pad/-/left-pad-1.3.0.tgz`);
  await run(commands.publish, shell);

  const token = /_authToken=(\S+)/.exec(await readFile(join(home, ".npmrc"), "utf8"))?.[1] ?? "";
  const headers = { authorization: `Bearer ${token}` };
  const published = await httpRequest(server.url, "/npm/default/my-project", { headers });
  expect(published.json["dist-tags"]).toEqual({ latest: "1.0.0" });
  // What was published is nobody else's business.
  expect(upstream.count("my-project")).toBe(0);
  expect(upstream.writes()).toBe(0);
}

test.for(["the first start prints", "the README gives"])(
  "the commands that %s work when pasted into a shell, in their order",
  async (whose, context) => {
    context.skip(!hasTerminals(), "needs the program script; run `apt-get install bsdutils`");
    upstream.publish({ name: "left-pad", version: "1.3.0", files: { "index.js": "module.exports = 1;\n" } });
    server = await startServer({
      data: join(folder, "data"),
      upstream: upstream.url,
      env: { ENTREPOT_ADMIN_PASSWORD: "" },
    });
    const printed = await until("the welcome", () => {
      const text = server.output();
      return text.includes("npm publish\n") ? text : null;
    });
    const password = /one-time password (\S+)$/m.exec(printed)?.[1] ?? "";
    expect(password).not.toBe("");
    const isPrinted = whose === "the first start prints";
    await setUpAndUse(isPrinted ? printedCommands(printed) : await readmeCommands(server.url), password);
  },
);
