import {
  createFakeUpstream,
  explained,
  type FakeUpstream,
  startTestApp,
  type TestApp,
} from "@entrepot/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let app: TestApp;
let upstream: FakeUpstream;

beforeEach(async () => {
  upstream = await createFakeUpstream();
  app = await startTestApp({ upstream: upstream.url });
});
afterEach(async () => {
  await app.close();
  await upstream.close();
});

const refusal = (name: string): string =>
  `${name} is in use here from the upstream "public"; publishing would replace it for everybody. ` +
  `If that is meant, claim the name first: entrepot claim add default ${name}`;

describe("a first publish under a name that an upstream has", () => {
  it("is refused when the package's document was read here, though no tarball was", async () => {
    upstream.publish({ name: "known", version: "1.0.0" });
    const dev = await app.as("dev");
    expect((await dev.request("/npm/default/known")).status).toBe(200);
    const { status, json } = await dev.publish({ name: "known", version: "9.0.0" });
    expect([status, json.error]).toEqual([403, explained(refusal("known"))]);
    expect(Object.keys((await dev.request("/npm/default/known")).json["versions"] as object)).toEqual([
      "1.0.0",
    ]);
  });

  it("is taken when nobody here ever asked for it, and tells the upstream nothing", async () => {
    upstream.publish({ name: "unknown", version: "1.0.0" });
    const dev = await app.as("dev");
    expect((await dev.publish({ name: "unknown", version: "9.0.0" })).status).toBe(201);
    expect(upstream.requests).toEqual([]);
  });

  it("is taken once the name is claimed", async () => {
    upstream.publish({ name: "wanted", version: "1.0.0" });
    const dev = await app.as("dev");
    await dev.request("/npm/default/wanted");
    await app.admin.request("/api/v1/registries/default/claims/wanted", { method: "PUT" });
    expect((await dev.publish({ name: "wanted", version: "9.0.0" })).status).toBe(201);
  });

  it("is taken when the upstream had said that there is none", async () => {
    const dev = await app.as("dev");
    expect((await dev.request("/npm/default/fresh")).status).toBe(404);
    expect((await dev.publish({ name: "fresh", version: "1.0.0" })).status).toBe(201);
  });
});
