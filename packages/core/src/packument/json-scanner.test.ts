import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isEntrepotError } from "../errors.ts";
import { JsonScanner, NESTING_DEPTH_MAX } from "./json-scanner.ts";

function isAccepted(text: string): boolean {
  const bytes = Buffer.from(text);
  const scanner = new JsonScanner(bytes, { code: "upstream-invalid", subject: "It" });
  try {
    return scanner.skipSpace(scanner.skipValue(scanner.skipSpace(0), 0)) === bytes.length;
  } catch (error) {
    if (isEntrepotError(error, "upstream-invalid")) return false;
    throw error;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const WRONG = [
  "",
  " ",
  "{",
  "}",
  "[",
  "]",
  "{]",
  "[}",
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  "{,}",
  "[1,]",
  "[,1]",
  "[1 2]",
  '{"a" 1}',
  "{a:1}",
  "01",
  "-",
  "-01",
  "1.",
  ".5",
  "1e",
  "1e+",
  "+1",
  "0x1",
  "NaN",
  "Infinity",
  "tru",
  "nul",
  "falsey",
  "True",
  "'a'",
  '"',
  '"a',
  '"\\x41"',
  '"\\u12"',
  '"\\u12g4"',
  '"\\',
  '"a\nb"',
  '"\t"',
  "\ufeff{}",
  "{}{}",
  "1 2",
  '{"a":1 "b":2}',
  "[1",
  "[[]",
  '"\\u"',
];
const RIGHT = [
  "0",
  "-0",
  "1.5e-10",
  "1E+3",
  "true",
  "false",
  "null",
  '""',
  '"\\u00e9\\n\\/"',
  "[]",
  "{}",
  " [ 1 , 2 ] ",
  '{"a":{"b":[{}]}}',
  '"é😀\u2028"',
  '"\\ud800"',
  '\n\t\r{"":0}',
  "123456789012345678901234567890",
  '"\u007f"',
];

describe("JsonScanner", () => {
  test.each(WRONG)("refuses %j", (text) => {
    expect(isJson(text)).toBe(false);
    expect(isAccepted(text)).toBe(false);
  });

  test.each(RIGHT)("accepts %j", (text) => {
    expect(isAccepted(text)).toBe(true);
  });

  test("agrees with JSON.parse on texts that are nearly JSON", () => {
    const token = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      '"',
      "\\",
      "1",
      "0",
      "-",
      ".",
      "e",
      "true",
      "null",
      " ",
      "\n",
      "\\u0041",
      "b",
    );
    const damaged = fc
      .tuple(fc.json({ maxDepth: 3 }), fc.nat(), fc.option(token))
      .map(([text, at, extra]) => {
        const position = at % (text.length + 1);
        return extra === null
          ? text.slice(0, position) + text.slice(position + 1)
          : text.slice(0, position) + extra + text.slice(position);
      });
    const nearly = fc.oneof(
      damaged,
      fc.array(token, { maxLength: 12 }).map((tokens) => tokens.join("")),
      fc.json(),
    );
    fc.assert(
      fc.property(nearly, (text) => {
        expect(isAccepted(text)).toBe(isJson(text));
      }),
      { numRuns: 5000 },
    );
  });

  test("agrees with the platform's decoder on what is UTF-8", () => {
    const edges = "41 7f 80 8f 90 9f a0 bf c0 c1 c2 df e0 e1 ed ef f0 f4 f5 ff";
    const byte = fc.constantFrom(...edges.split(" ").map((hex) => Number.parseInt(hex, 16)));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 6 }), (content) => {
        const bytes = Uint8Array.from([0x22, ...content, 0x22]);
        const scanner = new JsonScanner(bytes, { code: "upstream-invalid", subject: "It" });
        if (isUtf8(bytes)) expect(scanner.skipValue(0, 0)).toBe(bytes.length);
        else expect(() => scanner.skipValue(0, 0)).toThrow("not UTF-8");
      }),
      { numRuns: 20_000 },
    );
  });

  test("follows nesting up to its bound and not further", () => {
    const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    expect(isAccepted(nested(NESTING_DEPTH_MAX))).toBe(true);
    expect(isAccepted(nested(NESTING_DEPTH_MAX + 1))).toBe(false);
    expect(isAccepted('{"a":'.repeat(NESTING_DEPTH_MAX + 1) + "1" + "}".repeat(NESTING_DEPTH_MAX + 1))).toBe(
      false,
    );
    expect(isAccepted("[".repeat(100_000))).toBe(false);
  });
});
