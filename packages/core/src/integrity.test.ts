import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { compareIntegrity, integrityOf, parseIntegrity, sha512HexOf } from "./integrity.ts";

const sha512 = createHash("sha512").update("left").digest();
const sha1 = createHash("sha1").update("left").digest();
const integrity = `sha512-${sha512.toString("base64")}`;

test("a digest becomes an integrity string and back", () => {
  expect(integrityOf(sha512)).toBe(integrity);
  expect(integrityOf(sha512.toString("hex"))).toBe(integrity);
  expect(sha512HexOf(integrity)).toBe(sha512.toString("hex"));
  expect(() => integrityOf(sha1)).toThrow(expect.objectContaining({ code: "request-invalid" }));
  expect(() => integrityOf("xyz")).toThrow(expect.objectContaining({ code: "request-invalid" }));
});

test("what cannot be checked is left out", () => {
  const text = ` sha1-${sha1.toString("base64")}  md5-AA sha512-short ${integrity}?opt x sha256-==== `;
  expect(parseIntegrity(text)).toEqual([
    { algorithm: "sha1", hex: sha1.toString("hex") },
    { algorithm: "sha512", hex: sha512.toString("hex") },
  ]);
  expect(parseIntegrity("")).toEqual([]);
  expect(sha512HexOf("sha1-AAAA")).toBeNull();
});

test("the strongest common algorithm decides", () => {
  const actual = { sha1: sha1.toString("hex"), sha512: sha512.toString("hex") };
  const other = `sha512-${createHash("sha512").update("right").digest("base64")}`;
  expect(compareIntegrity(integrity, actual)).toBe("match");
  expect(compareIntegrity(other, actual)).toBe("mismatch");
  expect(compareIntegrity(`${other} ${integrity}`, actual)).toBe("match");
  expect(compareIntegrity(`${other} sha1-${sha1.toString("base64")}`, actual)).toBe("mismatch");
  expect(compareIntegrity(`${other} sha1-${sha1.toString("base64")}`, { sha1: actual.sha1 })).toBe("match");
  expect(compareIntegrity("md5-AAAA", actual)).toBe("unknown");
});
