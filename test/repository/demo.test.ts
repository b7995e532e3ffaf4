import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { httpRequest } from "@entrepot/testkit";
import { expect, onTestFinished, test } from "vitest";

const DEMO = fileURLToPath(new URL("../../scripts/demo.mjs", import.meta.url));

interface Demo {
  url: string;
  user: string;
  password: string;
  data: string;
  published: number;
}

function startDemo(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [DEMO, "--small", "--json", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function told(child: ChildProcess): Promise<Demo> {
  const errors: string[] = [];
  child.stderr?.on("data", (chunk: Buffer) => errors.push(chunk.toString()));
  if (child.stdout === null) throw new Error("It has no output.");
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("{")) return JSON.parse(line) as Demo;
  }
  throw new Error(`It ended without a word of where it is: ${errors.join("")}`);
}

async function read(demo: Demo): Promise<(path: string) => Promise<Array<Record<string, unknown>>>> {
  const body = { user: demo.user, password: demo.password };
  const login = await httpRequest(demo.url, "/api/v1/login", { method: "POST", body });
  const headers = { authorization: `Bearer ${String(login.json["token"])}` };
  return async (path) => {
    const answer = await httpRequest(demo.url, `/api/v1/${path}`, { headers });
    return answer.json["items"] as Array<Record<string, unknown>>;
  };
}

test("the demo is full of people, packages and history, and goes without a trace", async () => {
  const child = startDemo();
  const demo = await told(child);
  expect(new URL(demo.url).hostname).toBe("127.0.0.1");
  const list = await read(demo);
  expect((await list("users?limit=100")).length).toBe(27);
  expect((await list("organizations")).map(({ name }) => name)).toEqual(["acme", "harbour"]);
  const states = (await list("exceptions")).map(({ state }) => state);
  expect(states).toEqual(expect.arrayContaining(["requested", "approved"]));
  expect((await list("advisories/own")).length).toBe(2);
  expect((await list("statuses")).map(({ status }) => status)).toContain("held");
  const outcomes = (await list("decisions?limit=500")).map(({ outcome }) => outcome);
  expect(outcomes).toEqual(expect.arrayContaining(["served", "refused"]));
  const published = (await list("audit?limit=500")).filter(({ kind }) => kind === "version-published");
  expect(published.length).toBe(demo.published);
  // A month, or here some days, and not all of it today.
  expect(new Set(published.map(({ at }) => String(at).slice(0, 10))).size).toBeGreaterThan(3);
  expect((await list("jobs?limit=200")).filter(({ state }) => state === "failed")).toEqual([]);

  child.kill("SIGTERM");
  await once(child, "exit");
  expect(existsSync(demo.data)).toBe(false);
});

test("the demo writes into no folder that holds something", async () => {
  const folder = await mkdtemp(join(tmpdir(), "entrepot-own-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "mine.txt"), "mine");
  const child = startDemo("--data", folder);
  const errors: string[] = [];
  child.stderr?.on("data", (chunk: Buffer) => errors.push(chunk.toString()));
  const [code] = (await once(child, "exit")) as [number];
  expect(code).toBe(1);
  expect(errors.join("")).toContain("is not empty");
});
