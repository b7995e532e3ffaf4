import { expect, it } from "vitest";
import { createOutput } from "./output.ts";
import type { WriteChunk } from "./output.ts";

it("writes everything in order, through short writes and full pipes", async () => {
  let written = "";
  let call = 0;
  const writeTo: WriteChunk = (_fd, bytes, done) => {
    call += 1;
    const part = bytes.subarray(0, 3);
    setImmediate(() => {
      if (call % 3 === 0) return done(Object.assign(new Error("full"), { code: "EAGAIN" }), 0);
      written += part.toString();
      done(null, part.length);
    });
  };
  const output = createOutput(1, writeTo);
  for (const line of ["one\n", "two\n", "three\n"]) expect(output.write(line)).toBe(true);
  await output.flush();
  expect(written).toBe("one\ntwo\nthree\n");
});

it("drops what comes while the reader is stuck and the queue is full", () => {
  const output = createOutput(1, () => {});
  const block = "x".repeat(1024 * 1024);
  const taken = Array.from({ length: 20 }, () => output.write(block));
  expect(taken[0]).toBe(true);
  expect(taken.at(-1)).toBe(false);
  expect(taken.filter((isTaken) => isTaken).length).toBeLessThanOrEqual(9);
});

it("gives up when the reader is gone", async () => {
  const output = createOutput(1, (_fd, _bytes, done) =>
    done(Object.assign(new Error("gone"), { code: "EPIPE" }), 0),
  );
  output.write("x\n");
  await output.flush();
  expect(output.write("y\n")).toBe(false);
});
