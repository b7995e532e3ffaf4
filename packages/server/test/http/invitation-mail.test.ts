import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import { startTestApp, type TestApp, type TestResponse } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let smtp: SMTPServer;
let app: TestApp;
const received: { to: string[]; text: string }[] = [];

beforeAll(async () => {
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData(stream, session, done) {
      let text = "";
      stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
      stream.on("end", () => {
        received.push({ to: session.envelope.rcptTo.map(({ address }) => address), text: unfolded(text) });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, "127.0.0.1", resolve));
  const { port } = smtp.server.address() as AddressInfo;
  app = await startTestApp({
    file: `signUp: invitation\nmail: { url: "smtp://127.0.0.1:${port}", from: "Registry <npm@example.test>" }`,
  });
});
afterAll(async () => {
  await app.close();
  await new Promise<void>((resolve) => smtp.close(resolve));
});

/** Quoted-printable lines made whole. */
function unfolded(text: string): string {
  return text.replaceAll("=\r\n", "").replaceAll("=3D", "=");
}

const invite = (email: string | null): Promise<TestResponse> =>
  app.admin.request("/api/v1/invitations", { method: "POST", body: { email } });

describe("an invitation", () => {
  it("goes to its address, with the link and its end", async () => {
    const { status, json } = await invite("grace@example.test");
    expect([status, json["mailed"]]).toEqual([201, true]);
    const [mail] = received;
    expect(mail?.to).toEqual(["grace@example.test"]);
    expect(mail?.text).toContain("From: Registry <npm@example.test>");
    expect(mail?.text).toContain(String(json["url"]));
    expect(mail?.text).toContain(String(json["expiresAt"]));
    const page = await app.request(String(json["url"]).replace(app.url, ""));
    expect(page.status).toBe(200);
  });

  it("goes there again, with another code", async () => {
    const first = await invite("ada@example.test");
    const again = await app.admin.request(`/api/v1/invitations/${String(first.json["id"])}/resend`, {
      method: "POST",
    });
    expect([again.status, again.json["mailed"]]).toEqual([200, true]);
    expect(received.at(-1)?.text).toContain(String(again.json["code"]));
    expect(again.json["code"]).not.toBe(first.json["code"]);
  });

  it("without an address is for whoever made it to hand on", async () => {
    const before = received.length;
    expect((await invite(null)).json["mailed"]).toBe(false);
    expect(received).toHaveLength(before);
  });

  it("carries nobody's header lines into the mail", async () => {
    const { status } = await invite("a@example.test\r\nBcc: b@example.test");
    expect(status).toBe(400);
  });

  it("is made all the same where the mail server is gone", async () => {
    const lost = await startTestApp({
      file: 'signUp: invitation\nmail: { url: "smtp://127.0.0.1:9", from: "npm@example.test" }',
    });
    try {
      const body = { email: "x@example.test" };
      const { status, json } = await lost.admin.request("/api/v1/invitations", { method: "POST", body });
      expect([status, json["mailed"], typeof json["code"]]).toEqual([201, false, "string"]);
    } finally {
      await lost.close();
    }
  });
});

it("the configuration refuses a mail server without a sender", async () => {
  await expect(startTestApp({ file: 'mail: { url: "smtp://127.0.0.1:25" }' })).rejects.toThrow(/go together/);
});
