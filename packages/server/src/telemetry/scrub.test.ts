import { describe, expect, it } from "vitest";
import { scrub, scrubPath } from "./scrub.ts";

const SECRET = "s3cr3tS3cr3tS3cr3tS3cr3t";
const TOKEN = "ent_0123456789abcdefghijABCDEFGHIJ0123456789abcdefgh";

describe("scrub", () => {
  it.each([
    `DELETE /-/user/token/${SECRET}`,
    `/npm/default/-/user/token/${TOKEN}?x=1`,
    `/-/npm/v1/tokens/token/${SECRET}`,
    `authorization: Bearer ${SECRET}`,
    `Authorization: Basic ${SECRET}==`,
    `//host/:_authToken=${SECRET}`,
    `//host/:_password="x" _auth=${SECRET}`,
    `https://me:${SECRET}@host.example/x`,
    `postgres://${SECRET}@db/x`,
    `/done?token=${SECRET}&x=1`,
    `/npm/default/-/login/${SECRET}`,
    `/npm/default/-/v1/login/${SECRET}`,
    `/-/invitation?code=${SECRET}`,
    `/npm/default/left?key=${SECRET}`,
    `/api/v1/tokens?x=1&API_Key=${SECRET}&y=2`,
    JSON.stringify({ API_Key: SECRET }),
    `npm_${SECRET}`,
    `the token ${TOKEN} was refused`,
    JSON.stringify({ authorization: SECRET }),
    JSON.stringify({ headers: { Cookie: `a=${SECRET}` } }),
    JSON.stringify({ password: `"${SECRET}\\"` }),
    JSON.stringify({ body: JSON.stringify({ _authToken: SECRET, name: "x" }) }),
    JSON.stringify({ rawHeaders: ["authorization", `Bearer ${SECRET}`] }),
    JSON.stringify({ url: `/-/user/token/${SECRET}`, x: 1 }),
  ])("takes the secret out of %s", (text) => {
    const scrubbed = scrub(text);
    expect(scrubbed).not.toContain(SECRET);
    expect(scrubbed).not.toContain(TOKEN);
    expect(scrubbed).toContain("[secret]");
    if (text.startsWith("{")) expect(() => JSON.parse(scrubbed) as unknown).not.toThrow();
  });

  it.each([
    "/npm/default/lodash",
    "/@acme%2fbasic-token",
    "GET /token/x",
    '{"tokenId":"abc","userName":"basic"}',
  ])("leaves %s alone", (text) => {
    expect(scrub(text)).toBe(text);
    expect(scrubPath(text)).toBe(text);
  });

  it("scrubs paths", () => {
    expect(scrubPath(`/-/user/token/${SECRET}`)).toBe("/-/user/token/[secret]");
    expect(scrubPath(`/npm/default/-/v1/login/${SECRET}`)).toBe("/npm/default/-/v1/login/[secret]");
    expect(scrubPath(`/x?key=${SECRET}`)).toBe("/x?key=[secret]");
    expect(scrubPath(`/done?otp=${SECRET}`)).toBe("/done?otp=[secret]");
  });
});
