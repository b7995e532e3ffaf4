import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import { startTestApp, type Persona, type TestApp, type TestResponse } from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";

let smtp: SMTPServer;
let app: TestApp;
let dev: Persona;
const received: { to: string[]; text: string }[] = [];

async function call(who: Persona, wanted: string, body?: unknown): Promise<TestResponse> {
  const [method = "", path = ""] = wanted.split(" ");
  return await who.request(`/api/v1${path}`, { method, ...(body === undefined ? {} : { body }) });
}

beforeAll(async () => {
  smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData(stream, session, done) {
      let text = "";
      stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
      stream.on("end", () => {
        const unfolded = text.replaceAll("=\r\n", "").replaceAll("=3D", "=");
        received.push({ to: session.envelope.rcptTo.map(({ address }) => address), text: unfolded });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, "127.0.0.1", resolve));
  const { port } = smtp.server.address() as AddressInfo;
  app = await startTestApp({
    file: `mail: { url: "smtp://127.0.0.1:${port}", from: "Registry <npm@example.test>" }`,
  });
  dev = await app.as("dev");
});
afterAll(async () => {
  await app.close();
  await new Promise<void>((resolve) => smtp.close(resolve));
});

async function ask(packages: string): Promise<string> {
  const wish = { registry: "default", packages, range: "^2", reason: "it has the fix", days: 3 };
  return String((await call(dev, "POST /exception-requests", wish)).json["id"]);
}

it("a decision is mailed to who asked, once they have an address", async () => {
  await call(app.admin, `POST /exceptions/${await ask("left")}/approve`);
  expect(received).toEqual([]);
  await call(app.admin, "PATCH /users/dev", { email: "dev@example.test" });
  await call(app.admin, `POST /exceptions/${await ask("right")}/reject`, { note: "use right@3" });
  expect(received).toHaveLength(1);
  expect(received[0]?.to).toEqual(["dev@example.test"]);
  expect(received[0]?.text).toMatch(/Subject: Your request for right/);
  expect(received[0]?.text).toContain("admin said no to your request for right@^2. They say: use right@3");
});

it("nobody is mailed what they did themselves, and a server that takes no mail hinders no decision", async () => {
  const before = received.length;
  await call(dev, `POST /exceptions/${await ask("own")}/revoke`);
  expect(received).toHaveLength(before);
  const id = await ask("late");
  await new Promise<void>((resolve) => smtp.close(resolve));
  const approved = await call(app.admin, `POST /exceptions/${id}/approve`);
  expect([approved.status, approved.json["state"]]).toEqual([200, "approved"]);
});
