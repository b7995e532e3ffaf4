import { afterEach, describe, expect, it } from "vitest";
import { runClientCommand } from "../src/index.ts";
import { startFakeServer, type FakeAnswer, type FakeServer } from "./fake-server.ts";

let server: FakeServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function run(words: readonly string[], answers: Record<string, FakeAnswer>) {
  server = await startFakeServer(answers);
  let out = "";
  const code = await runClientCommand(words, {
    io: {
      env: { ENTREPOT_SERVER: server.url, ENTREPOT_TOKEN: "t" },
      homeFolder: "/nonexistent",
      isInteractive: false,
      readInput: () => Promise.resolve(""),
      ask: () => Promise.resolve(""),
      out: (text) => (out += text),
      err: (text) => (out += text),
      fetch,
    },
  });
  return { code, out, sent: server.seen.map(({ body }) => body) };
}

const sent = {
  id: "i1",
  code: "c0de",
  url: "http://x/-/invitation?code=c0de",
  expiresAt: "2026-01-06T00:00:00.000Z",
};
const text = `Send this, good once and until ${sent.expiresAt}: ${sent.url}\n`;

describe("invitation", () => {
  it("create sends what was given and prints what to send", async () => {
    const done = await run(["invitation", "create", "--email", "a@example.test", "--role", "admin"], {
      "POST /api/v1/invitations": { status: 201, body: sent },
    });
    expect(done).toEqual({ code: 0, out: text, sent: [{ email: "a@example.test", role: "admin" }] });
  });

  it("resend prints the new URL, revoke ends it, list shows all", async () => {
    const again = await run(["invitation", "resend", "i1"], {
      "POST /api/v1/invitations/i1/resend": { body: sent },
    });
    expect([again.code, again.out]).toEqual([0, text]);
    await server?.close();
    const ended = await run(["invitation", "revoke", "i1"], {
      "DELETE /api/v1/invitations/i1": { status: 204 },
    });
    expect([ended.code, ended.out]).toEqual([0, "Revoked the invitation i1.\n"]);
    await server?.close();
    const items = [{ id: "i1", role: "admin", email: null, state: "open" }];
    const listed = await run(["invitation", "list"], {
      "GET /api/v1/invitations?limit=500": { body: { items, next: null } },
    });
    expect([listed.code, listed.out]).toEqual([0, expect.stringMatching(/i1.*admin.*open/)]);
  });
});
