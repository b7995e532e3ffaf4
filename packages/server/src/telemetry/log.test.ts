import { EntrepotError } from "@entrepot/core";
import { expect, it } from "vitest";
import { createLog } from "./log.ts";
import type { Output } from "./output.ts";

function capture(): { output: Output; lines: () => Record<string, unknown>[]; text: () => string } {
  let text = "";
  const output: Output = {
    write: (more) => {
      text += more;
      return true;
    },
    flush: () => Promise.resolve(),
    flushSync() {},
  };
  const lines = (): Record<string, unknown>[] =>
    text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { output, lines, text: () => text };
}

const now = (): number => 1_700_000_000_000;

it("writes one JSON line with message and fields", () => {
  const { output, lines } = capture();
  createLog({ output, now }, "info").with({ upstream: "a" }).warn("upstream is slow", { durationMs: 7 });
  expect(lines()).toEqual([
    { level: "warn", time: now(), upstream: "a", durationMs: 7, msg: "upstream is slow" },
  ]);
});

it("counts lines that the output does not take", () => {
  const dropped = { value: 0 };
  const output = { ...capture().output, write: () => false };
  createLog({ output, now, dropped }, "info").with({ upstream: "a" }).warn("lost");
  expect(dropped.value).toBe(1);
});

it("leaves out what is below the level", () => {
  const { output, text } = capture();
  const log = createLog({ output, now }, "warn");
  log.info("quiet");
  log.debug("quiet");
  expect(text()).toBe("");
});

it("writes errors with code, details and causes", () => {
  const { output, lines } = capture();
  const cause = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
  const error = new EntrepotError("upstream-unavailable", { cause, details: { upstream: "a" } });
  createLog({ output, now }, "info").error("request failed", { error });
  expect(lines()[0]).toMatchObject({
    error: { code: "upstream-unavailable", details: { upstream: "a" }, cause: { code: "ECONNREFUSED" } },
  });
});

it("lets no secret through, wherever it is", () => {
  const { output, text } = capture();
  const log = createLog({ output, now }, "debug");
  const secret = "hunter2hunter2hunter2";
  const token = "ent_0123456789abcdefghijABCDEFGHIJ0123456789abcdefgh";
  log.info("request", { path: `/npm/default/-/user/token/${secret}`, reason: `Bearer ${secret}` });
  log.error("failed", { error: new Error(`fetch https://me:${secret}@host/ with _authToken=${secret}`) });
  log.error("failed", { error: new Error("x", { cause: new Error(`the token ${token}`) }) });
  log.with({ url: `/x?token=${secret}` }).warn("odd", { error: `authorization: Basic ${secret}` });
  log.warn(`Basic ${secret}`);
  expect(text().split("\n")).toHaveLength(6);
  expect(text()).not.toContain("hunter2");
  expect(text()).not.toContain(token);
});
