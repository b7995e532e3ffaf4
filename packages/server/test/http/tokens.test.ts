import { createTestClock, explained, startTestApp, type TestApp, type TestClock } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const DAY_MS = 24 * 60 * 60 * 1000;

let app: TestApp;
let clock: TestClock;

beforeAll(async () => {
  clock = createTestClock();
  app = await startTestApp({ now: clock.now });
});
afterAll(() => app.close());

interface Made {
  id: string;
  token: string;
  expiresAt: string | null;
}

type Settings = { readonly?: boolean; expiresInDays?: number | null };

const make = async (maker: string, settings: Settings): Promise<Made> => {
  const { status, json } = await app.request("/api/v1/tokens", {
    method: "POST",
    body: { name: "made", ...settings },
    headers: { authorization: `Bearer ${maker}` },
  });
  expect(status).toBe(201);
  return json as unknown as Made;
};

const send = async (token: string, method: string, path: string): Promise<[number, unknown]> => {
  const answer = await app.request(path, { method, headers: { authorization: `Bearer ${token}` } });
  return [answer.status, answer.text === "" ? undefined : answer.json.error];
};

const works = async (token: string): Promise<boolean> =>
  (await send(token, "GET", "/npm/default/-/whoami"))[0] === 200;

describe("a token that is made with another", () => {
  it("ends no later than that", async () => {
    const dev = await app.as("dev");
    const short = await make(dev.token, { readonly: false, expiresInDays: 2 });
    const end = new Date(clock.now() + 2 * DAY_MS).toISOString();
    expect(short.expiresAt).toBe(end);
    clock.advance(DAY_MS / 2);
    for (const expiresInDays of [null, 30]) {
      expect((await make(short.token, { readonly: false, expiresInDays })).expiresAt).toBe(end);
    }
    const shorter = await make(short.token, { expiresInDays: 1 });
    expect(shorter.expiresAt).toBe(new Date(clock.now() + DAY_MS).toISOString());
    expect((await make(dev.token, {})).expiresAt).toBeNull();
  });

  it("is forgotten by the nightly clean-up 30 days after its end", async () => {
    const { token } = await make((await app.as("dev")).token, { expiresInDays: 1 });
    clock.advance(31 * DAY_MS);
    expect((await send(token, "GET", "/npm/default/-/whoami"))[1]).toMatch(/expired/);
    expect((await app.admin.request("/api/v1/jobs/collect-garbage/run", { method: "POST" })).status).toBe(
      202,
    );
    await expect
      .poll(async () => (await send(token, "GET", "/npm/default/-/whoami"))[1], { timeout: 10_000 })
      .toMatch(/unknown/);
  });

  it("is not made with a read-only one", async () => {
    const dev = await app.as("dev");
    const readonly = await make(dev.token, { readonly: true });
    expect((await send(readonly.token, "POST", "/api/v1/tokens"))[0]).toBe(403);
  });
});

describe("revoking", () => {
  it("takes the secret where npm names the token in the URL, never its id", async () => {
    const dev = await app.as("dev");
    const made = await make(dev.token, {});
    await send(dev.token, "DELETE", `/npm/default/-/user/token/${made.id}`);
    expect(await works(made.token)).toBe(true);
    expect((await send(dev.token, "DELETE", `/npm/default/-/user/token/${made.token}`))[0]).toBe(200);
    expect(await works(made.token)).toBe(false);
  });

  it("is for a read-only token of itself alone", async () => {
    const dev = await app.as("dev");
    const [one, other, third] = [
      await make(dev.token, {}),
      await make(dev.token, {}),
      await make(dev.token, {}),
    ];
    const refusal = [
      403,
      explained("This token is limited; to revoke another one use one that is not, or your password."),
    ];
    expect(await send(one.token, "DELETE", `/api/v1/tokens/${other.id}`)).toEqual(refusal);
    expect(await send(one.token, "DELETE", `/npm/default/-/user/token/${other.token}`)).toEqual(refusal);
    expect(await works(other.token)).toBe(true);

    expect((await send(one.token, "DELETE", `/api/v1/tokens/${one.id}`))[0]).toBe(204);
    expect(await works(one.token)).toBe(false);
    expect((await send(third.token, "DELETE", `/npm/default/-/user/token/${third.token}`))[0]).toBe(200);
    expect(await works(third.token)).toBe(false);
  });

  it("reaches nobody else's tokens", async () => {
    const [dev, eve] = [await app.as("dev"), await app.as("eve")];
    const made = await make(dev.token, {});
    expect((await send(eve.token, "DELETE", `/api/v1/tokens/${made.id}`))[0]).toBe(404);
    expect(await works(made.token)).toBe(true);
  });
});
