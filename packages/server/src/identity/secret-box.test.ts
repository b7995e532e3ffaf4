import { mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createSecretBox } from "./secret-box.ts";

let folder = "";
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "entrepot-box-"))));
afterEach(() => rm(folder, { recursive: true }));

it("opens what it sealed, also after a start", async () => {
  const sealed = (await createSecretBox(folder)).seal("Bearer hunter2 é");
  expect(sealed).not.toContain("hunter2");
  expect((await createSecretBox(folder)).open(sealed)).toBe("Bearer hunter2 é");
});

it("seals the same text differently each time", async () => {
  const box = await createSecretBox(folder);
  expect(box.seal("x")).not.toBe(box.seal("x"));
  expect(box.open(box.seal(""))).toBe("");
});

it("keeps the key for its owner only", async () => {
  await createSecretBox(join(folder, "deep"));
  expect((await stat(join(folder, "deep", "secret.key"))).mode & 0o777).toBe(0o600);
  expect(await readdir(join(folder, "deep"))).toEqual(["secret.key"]);
});

it("agrees on one key when several start at once", async () => {
  const boxes = await Promise.all(Array.from({ length: 8 }, () => createSecretBox(folder)));
  const sealed = boxes.map((box) => box.seal("same"));
  for (const box of boxes) expect(sealed.map((text) => box.open(text))).toEqual(Array(8).fill("same"));
});

it("refuses what was changed, cut, or sealed with another key", async () => {
  const box = await createSecretBox(folder);
  const sealed = box.seal("hunter2");
  const changed = sealed.slice(0, -2) + (sealed.endsWith("A") ? "BB" : "AA");
  const other = (await createSecretBox(join(folder, "other"))).seal("hunter2");
  for (const text of [changed, sealed.slice(0, 10), other, "", "plain text", "v1."]) {
    expect(() => box.open(text)).toThrow(expect.objectContaining({ code: "config-invalid" }) as Error);
  }
});

it("refuses a file that holds no key, and leaves it as it is", async () => {
  await writeFile(join(folder, "secret.key"), "short\n");
  await expect(createSecretBox(folder)).rejects.toMatchObject({ code: "config-invalid" });
  expect(await readFile(join(folder, "secret.key"), "utf8")).toBe("short\n");
});
