import { isEntrepotError } from "@entrepot/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCredential } from "./credential.ts";
import { makeTokenSecret } from "./token-secret.ts";

const TOKEN = makeTokenSecret(new Uint8Array(32).fill(7));
const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString("base64")}`;

describe("parseCredential", () => {
  it.each([
    [`Bearer ${TOKEN}`, { kind: "token", secret: TOKEN, isTyped: false, userName: null }],
    [`bearer   ${TOKEN} `, { kind: "token", secret: TOKEN, isTyped: false, userName: null }],
    [basic(`api:${TOKEN}`), { kind: "token", secret: TOKEN, isTyped: false, userName: null }],
    [basic(`API:${TOKEN}`), { kind: "token", secret: TOKEN, isTyped: false, userName: null }],
    [basic(`Ada:${TOKEN}`), { kind: "token", secret: TOKEN, isTyped: false, userName: "Ada" }],
    [
      "Bearer npm_abcdefghijklmnop",
      { kind: "token", secret: "npm_abcdefghijklmnop", isTyped: true, userName: null },
    ],
    [basic("api:apikey12345"), { kind: "token", secret: "apikey12345", isTyped: true, userName: null }],
    [basic("ada:pass:word é"), { kind: "password", userName: "ada", password: "pass:word é" }],
    [basic("ada:").replace("Basic", "BASIC"), { kind: "password", userName: "ada", password: "" }],
    [basic("ada:x").replaceAll("=", ""), { kind: "password", userName: "ada", password: "x" }],
  ])("reads %s", (header, credential) => {
    expect(parseCredential(header)).toEqual(credential);
  });

  it.each([
    ["", "auth-malformed"],
    ["Bearer", "auth-malformed"],
    ["Bearer ", "auth-malformed"],
    [TOKEN, "auth-malformed"],
    [`Bearer ${"x".repeat(3000)}`, "auth-malformed"],
    ["Digest abc", "auth-scheme-unknown"],
    ["Negotiate abc", "auth-scheme-unknown"],
    ["Bearer npm_short", "token-foreign"],
    [`Bearer ${TOKEN.slice(0, -1)}`, "token-damaged"],
    [basic("api:hunter2"), "token-foreign"],
    [basic(`ada:${TOKEN}x`), "token-damaged"],
    [`Basic ${TOKEN}`, "auth-not-a-pair"],
    [basic("no colon"), "auth-not-a-pair"],
    [basic(":nobody"), "auth-not-a-pair"],
    [basic("ada:a\u0000b"), "auth-not-a-pair"],
    ["Basic not*base64", "auth-not-a-pair"],
    ["Basic ada:password", "auth-not-a-pair"],
    [`Basic ${Buffer.from([0x61, 0x3a, 0xff, 0xfe]).toString("base64")}`, "auth-not-a-pair"],
  ])("refuses %s as %s", (header, code) => {
    expect(() => parseCredential(header)).toThrow(
      expect.objectContaining({ code: "credential-invalid", details: { code } }) as Error,
    );
  });

  it("answers any text with a credential or credential-invalid, and never shows the text", () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom("Bearer ", "Basic ", ""), (text, scheme) => {
        try {
          parseCredential(scheme + text);
          return true;
        } catch (error) {
          return (
            isEntrepotError(error, "credential-invalid") && (text.length < 8 || !error.message.includes(text))
          );
        }
      }),
    );
  });
});
