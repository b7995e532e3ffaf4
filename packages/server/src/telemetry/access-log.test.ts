import { expect, it } from "vitest";
import { createAccessLog } from "./access-log.ts";
import type { AccessFields } from "./access-log.ts";
import type { Output } from "./output.ts";

const REQUEST: AccessFields = {
  at: 1_700_000_000_000,
  method: "GET",
  path: "/npm/default/lodash",
  status: 200,
  sizeBytes: 1234,
  durationMs: 0.734,
  address: "127.0.0.1",
  principal: "ada",
  tokenId: "t1",
  userAgent: "npm/11",
  requestId: null,
};

function capture(): { output: Output; writes: string[]; state: { accepts: boolean } } {
  const writes: string[] = [];
  const state = { accepts: true };
  const output: Output = {
    write: (text) => {
      if (state.accepts) writes.push(text);
      return state.accepts;
    },
    flush: () => Promise.resolve(),
    flushSync() {},
  };
  return { output, writes, state };
}

it("writes one line of JSON per request", async () => {
  const { output, writes } = capture();
  const log = createAccessLog(output);
  log.line(REQUEST);
  log.line({ ...REQUEST, principal: null, tokenId: null, requestId: "r1" });
  expect(writes).toEqual([]);
  await log.flush();
  const [first, second] = writes
    .join("")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as object);
  expect(first).toEqual({
    level: "info",
    time: REQUEST.at,
    msg: "request",
    method: "GET",
    path: "/npm/default/lodash",
    status: 200,
    sizeBytes: 1234,
    durationMs: 0.7,
    address: "127.0.0.1",
    principal: "ada",
    tokenId: "t1",
    client: "npm/11",
  });
  expect(second).toMatchObject({ requestId: "r1" });
  expect(second).not.toHaveProperty("principal");
});

it("stays JSON for any text and keeps secrets out", async () => {
  const { output, writes } = capture();
  const log = createAccessLog(output);
  const odd = 'a"b\\c\n\u0000\ud800é';
  log.line({ ...REQUEST, path: `/${odd}`, userAgent: odd, principal: odd, address: odd, method: odd });
  log.line({ ...REQUEST, path: "/-/user/token/hunter2hunter2", userAgent: "Bearer hunter2hunter2" });
  log.line({ ...REQUEST, path: `/${"x".repeat(100_000)}` });
  await log.flush();
  const lines = writes.join("").trim().split("\n");
  expect(lines).toHaveLength(3);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ path: `/${odd}`, client: odd, principal: odd });
  expect(lines[1]).not.toContain("hunter2");
  expect(lines[2]?.length).toBeLessThan(3000);
});

it("hands over by itself when there is much, and after a while when there is little", async () => {
  const { output, writes } = capture();
  const log = createAccessLog(output);
  for (let count = 0; count < 1000; count += 1) log.line(REQUEST);
  expect(writes.length).toBeGreaterThan(1);
  await expect.poll(() => writes.join("").split("\n").length - 1).toBe(1000);
});

it("counts the lines that nobody takes", async () => {
  const { output, state } = capture();
  const log = createAccessLog(output);
  state.accepts = false;
  for (let count = 0; count < 3; count += 1) log.line(REQUEST);
  await log.close();
  expect(log.droppedLines).toBe(3);
});
