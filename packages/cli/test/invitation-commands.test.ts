import { describe, expect, it } from "vitest";
import { useCommandLine } from "./command-line.ts";

const { run, serve } = useCommandLine();
const world = { env: { ENTREPOT_TOKEN: "t" } };

const sent = {
  id: "i1",
  code: "c0de",
  url: "http://x/-/invitation?code=c0de",
  expiresAt: "2026-01-06T00:00:00.000Z",
};
const text = `Send this, good once and until ${sent.expiresAt}: ${sent.url}\n`;

describe("invitation", () => {
  it("create sends what was given and prints what to send", async () => {
    const { seen } = await serve({ "POST /invitations": { status: 201, body: sent } });
    const done = await run("invitation create --email a@example.test --role admin", world);
    expect(done).toEqual({ code: 0, out: text, err: "" });
    expect(seen.map(({ body }) => body)).toEqual([{ email: "a@example.test", role: "admin" }]);
  });

  it("resend prints the new URL, revoke ends it, list shows all", async () => {
    await serve({
      "POST /invitations/i1/resend": { body: sent },
      "DELETE /invitations/i1": { status: 204 },
      "GET /invitations?limit=500": {
        body: { items: [{ id: "i1", role: "admin", email: null, state: "open" }], next: null },
      },
    });
    expect(await run("invitation resend i1", world)).toEqual({ code: 0, out: text, err: "" });
    const ended = await run("invitation revoke i1", world);
    expect(ended).toEqual({ code: 0, out: "Revoked the invitation i1.\n", err: "" });
    const listed = await run("invitation list", world);
    expect([listed.code, listed.out]).toEqual([0, expect.stringMatching(/i1.*admin.*open/)]);
  });
});
