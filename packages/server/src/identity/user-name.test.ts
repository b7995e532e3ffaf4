import { expect, it } from "vitest";
import { makeOneTimePassword, assertNewPassword } from "./password-rules.ts";
import { assertNewUserName, foldUserName } from "./user-name.ts";

it.each(["ada", "Ada", "a", "0", "ada.lovelace-1_x", "a".repeat(64)])("takes the name %s", (name) => {
  expect(() => assertNewUserName(name, "gate")).not.toThrow();
});

it.each([
  "",
  " ",
  "a b",
  "ada:x",
  "-a",
  ".a",
  "_a",
  "a/b",
  "é",
  "ada\n",
  "a".repeat(65),
  "api",
  "API",
  "Anonymous",
  "session",
  "gate",
])("refuses the name %j", (name) => {
  expect(() => assertNewUserName(name, "gate")).toThrow();
});

it("folds", () => {
  expect(foldUserName("Ada")).toBe("ada");
});

it.each([
  ["short", /at least 8/],
  ["administrator", /differ/],
  ["ADMINISTRATOR", /differ/],
  ["é".repeat(600), /at most 1024 bytes/],
])("refuses the password %s", (password, text) => {
  expect(() => assertNewPassword(password, "Administrator")).toThrow(text);
});

it("makes one-time passwords that can be typed and pass", () => {
  const password = makeOneTimePassword();
  expect(password).toMatch(/^([a-z2-9]{5}-){3}[a-z2-9]{5}$/);
  expect(() => assertNewPassword(password, "admin")).not.toThrow();
});
