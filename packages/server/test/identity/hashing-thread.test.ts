import { readFileSync } from "node:fs";
import { verifySync } from "@node-rs/argon2";
import { startTestApp, type TestApp } from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createPasswordHasher } from "../../src/identity/index.ts";

const LOGINS = 20;
const WARM_REQUESTS = 300;
/** Fewer than may be wrong for one user before the next is refused unhashed. */
const LOGINS_PER_USER = 5;

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  await app.as("dev");
});
afterAll(() => app.close());

/** Processor time of this thread alone, in milliseconds: waiting for a busy machine is not in it. Null off Linux. */
function threadCpuMs(): number | null {
  try {
    return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[0]) / 1e6;
  } catch {
    return null;
  }
}

/** Processor time of all threads of this process, in milliseconds. */
function processCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function costOf(work: () => Promise<void> | void): Promise<{ ownMs: number; wholeMs: number }> {
  const [own, whole] = [threadCpuMs() ?? 0, processCpuMs()];
  await work();
  return { ownMs: (threadCpuMs() ?? 0) - own, wholeMs: processCpuMs() - whole };
}

async function logInWrongly(at: number): Promise<number> {
  const turn = Math.floor(at / LOGINS_PER_USER);
  const credential = `${turn === 0 ? "dev" : `nobody-${turn}`}:wrong password ${at}`;
  const authorization = `Basic ${Buffer.from(credential).toString("base64")}`;
  const { status } = await app.request("/npm/default/-/whoami", { headers: { authorization } });
  return status;
}

it("hashes the passwords of logins on other threads than the one that answers", async (context) => {
  if (threadCpuMs() === null) context.skip("needs the processor time of one thread: Linux with schedstat");
  const phc = await createPasswordHasher().hash("right");
  verifySync(phc, "wrong");
  // A password that was wrong just now is not hashed again: this makes only the answering quick.
  for (let round = 0; round < WARM_REQUESTS; round += 1) await logInWrongly(0);

  const here = await costOf(() => {
    for (let at = 0; at < LOGINS; at += 1) verifySync(phc, `wrong ${at}`);
  });
  const statuses: number[] = [];
  const logInAll = async (): Promise<void> => {
    const answers = Array.from({ length: LOGINS }, (_, at) => logInWrongly(at + 1));
    statuses.push(...(await Promise.all(answers)));
  };
  const hashed = await costOf(logInAll);
  // The same again is answered from memory, so what it costs is not the hashing.
  const remembered = await costOf(logInAll);

  expect(statuses).toEqual(Array.from({ length: 2 * LOGINS }, () => 401));
  // They were hashed, each of them, and not by this thread.
  expect(hashed.wholeMs - remembered.wholeMs).toBeGreaterThan(here.ownMs / 2);
  expect(hashed.ownMs - remembered.ownMs).toBeLessThan(here.ownMs / 2);
});
