import { expect, test } from "vitest";
import { browserName } from "./browser-name.ts";

const WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)";

test.each([
  [`Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} Chrome/156.0.0.0 Safari/537.36`, "Chrome 156 on Linux"],
  [
    `Mozilla/5.0 (Windows NT 10.0) ${WEBKIT} Chrome/156.0.0.0 Safari/537.36 Edg/156.0.1`,
    "Edge 156 on Windows",
  ],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox 150 on Linux"],
  ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) X Version/26.1 Safari/605.1.15", "Safari 26 on macOS"],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) X Version/26.1 Mobile/15E148 Safari/604.1",
    "Safari 26 on iOS",
  ],
  [
    `Mozilla/5.0 (Linux; Android 16) ${WEBKIT} Chrome/156.0.0.0 Mobile Safari/537.36`,
    "Chrome 156 on Android",
  ],
  ["curl/8.0.1", "curl/8.0.1"],
  ["", "Unnamed"],
  [null, "Unnamed"],
])("%s is %s", (client, name) => {
  expect(browserName(client)).toBe(name);
});
