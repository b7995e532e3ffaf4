import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { createFakeProxy, createFakeUpstream, type FakeUpstream, makeCertificate } from "@entrepot/testkit";
import { expect, onTestFinished, test } from "vitest";

import { createFixture, versionsOf } from "./upstream-fixture.ts";

async function anotherFake(): Promise<FakeUpstream> {
  const fake = await createFakeUpstream();
  onTestFinished(() => fake.close());
  return fake;
}

async function proxy(options?: Parameters<typeof createFakeProxy>[0]): ReturnType<typeof createFakeProxy> {
  const opened = await createFakeProxy(options);
  onTestFinished(() => opened.close());
  return opened;
}

test("redirects on the upstream's own host are followed, with its credential", async () => {
  const { fake, upstream, upstreams } = await createFixture({ credential: "Bearer secret" });
  fake.publish({ name: "left-pad", version: "1.0.0" });
  fake.fault("old", { kind: "redirect", location: "/left-pad", status: 301 });
  fake.fault("older", { kind: "redirect", location: "/old", status: 308 });
  fake.fault("oldest", { kind: "redirect", location: `${fake.url}older` });
  fake.fault("ancient", { kind: "redirect", location: "/oldest" });
  // The document is of another name than was asked for, so it is refused, but only after it was fetched.
  await expect(upstreams.current(upstream, "oldest")).rejects.toThrow("left-pad");
  expect(fake.requests.map(({ path }) => path)).toEqual(["/oldest", "/older", "/old", "/left-pad"]);
  expect(fake.requests.every(({ headers }) => headers.authorization === "Bearer secret")).toBe(true);
  await expect(upstreams.current(upstream, "ancient")).rejects.toThrow("redirects more than 3 times");
});

test("an allowed host gets the request, but never the credential", async () => {
  const elsewhere = await anotherFake();
  elsewhere.publish({ name: "left-pad", version: "1.0.0" });
  const { fake, upstream, upstreams } = await createFixture({
    credential: "Bearer secret",
    settings: { allowedHosts: [`127.0.0.1:${elsewhere.port}`] },
  });
  fake.fault("left-pad", { kind: "redirect", location: `${elsewhere.url}left-pad` });
  expect((await upstreams.current(upstream, "left-pad")).kind).toBe("present");
  expect(fake.requests[0]?.headers.authorization).toBe("Bearer secret");
  expect(elsewhere.requests[0]?.headers).not.toHaveProperty("authorization");
});

test("a host that is not allowed gets no request", async () => {
  const elsewhere = await anotherFake();
  const { fake, upstream, upstreams } = await createFixture();
  fake.fault("left-pad", { kind: "redirect", location: `${elsewhere.url}left-pad` });
  await expect(upstreams.current(upstream, "left-pad")).rejects.toThrow("not among its allowed hosts");
  expect(elsewhere.count()).toBe(0);
});

test("a public upstream cannot send us to a private address, even where the host is allowed", async () => {
  const inside = await anotherFake();
  const { fake } = await createFixture();
  const through = await proxy({ hosts: { "9.9.9.9": fake.port } });
  const { upstream, upstreams } = await createFixture({
    url: "http://9.9.9.9/",
    settings: { allowedHosts: ["127.0.0.1", "localhost"] },
    deps: { proxies: { http: through.url, https: null, no: "127.0.0.1,localhost" } },
  });
  fake.publish({ name: "left-pad", version: "1.0.0" });
  expect((await upstreams.current(upstream, "left-pad")).kind).toBe("present");
  for (const host of ["127.0.0.1", "localhost", "[::1]"]) {
    fake.fault("inside", { kind: "redirect", location: `http://${host}:${inside.port}/inside` });
    await expect(upstreams.current(upstream, "inside")).rejects.toMatchObject({ code: "upstream-invalid" });
  }
  expect(inside.count()).toBe(0);
});

test("an https upstream is trusted by its CA file only", async () => {
  const https = await makeCertificate();
  const trusting = await createFixture({ fake: { https } });
  trusting.fake.publish({ name: "left-pad", version: "1.0.0" });
  const { upstream, upstreams, folder } = trusting;
  const failure = await upstreams.current(upstream, "left-pad").catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: "upstream-unavailable",
    message: expect.stringContaining("certificate"),
  });
  const caFile = join(folder, "ca.pem");
  const withCa = { ...upstream, settings: { ...upstream.settings, caFile } };
  const unreadable = await upstreams.current(withCa, "left-pad").catch((error: unknown) => error);
  expect(unreadable).toMatchObject({
    code: "upstream-unavailable",
    message: expect.stringContaining("CA file"),
  });
  await writeFile(caFile, https.cert);
  expect((await upstreams.current(withCa, "left-pad")).kind).toBe("present");
});

test("plain http goes through the proxy as it is, and https through a tunnel", async () => {
  const https = await makeCertificate();
  const through = await proxy();
  const proxies = { http: through.url, https: through.url, no: null };
  const plain = await createFixture({ deps: { proxies } });
  plain.fake.publish({ name: "left-pad", version: "1.0.0" });
  expect((await plain.upstreams.current(plain.upstream, "left-pad")).kind).toBe("present");
  const secure = await createFixture({ fake: { https }, deps: { proxies } });
  secure.fake.publish({ name: "left-pad", version: "1.0.0" });
  const caFile = join(secure.folder, "ca.pem");
  await writeFile(caFile, https.cert);
  const upstream = { ...secure.upstream, settings: { ...secure.upstream.settings, caFile } };
  const entry = await secure.upstreams.current(upstream, "left-pad");
  expect(await versionsOf(secure.upstreams, entry)).toEqual(["1.0.0"]);
  expect(through.requests).toEqual([
    `GET ${plain.fake.url}left-pad`,
    `CONNECT 127.0.0.1:${secure.fake.port}`,
  ]);
  expect(plain.fake.requests[0]?.headers.via).toBe("1.1 entrepot-test-instance");
});

test("hosts that need no proxy are asked directly", async () => {
  const through = await proxy();
  const { fake, upstream, upstreams } = await createFixture({
    deps: { proxies: { http: through.url, https: through.url, no: "127.0.0.0/8" } },
  });
  fake.publish({ name: "left-pad", version: "1.0.0" });
  expect((await upstreams.current(upstream, "left-pad")).kind).toBe("present");
  expect(through.requests).toEqual([]);
});

test("a proxy's credential comes from its URL and goes to the proxy only", async () => {
  const authorization = `Basic ${Buffer.from("ada:s3cret!").toString("base64")}`;
  const through = await proxy({ authorization });
  const withCredential = through.url.replace("//", "//ada:s3cret%21@");
  const allowed = await createFixture({ deps: { proxies: { http: withCredential, https: null, no: null } } });
  allowed.fake.publish({ name: "left-pad", version: "1.0.0" });
  expect((await allowed.upstreams.current(allowed.upstream, "left-pad")).kind).toBe("present");
  expect(through.credentials).toEqual([authorization]);
  expect(allowed.fake.requests[0]?.headers).not.toHaveProperty("proxy-authorization");
  const refused = await createFixture({ deps: { proxies: { http: through.url, https: null, no: null } } });
  const failure = await refused.upstreams
    .current(refused.upstream, "left-pad")
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "upstream-unavailable" });
});

test("a proxy that is down is an upstream that cannot be reached", async () => {
  const { upstream, upstreams } = await createFixture({
    deps: { proxies: { http: "http://127.0.0.1:9", https: null, no: null } },
  });
  const failure = await upstreams.current(upstream, "left-pad").catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "upstream-unavailable", details: { upstream: "public" } });
});

test("a connection that the upstream closed while it was idle costs nobody an error", async () => {
  const { fake, upstream, upstreams } = await createFixture({ settings: { freshSeconds: 0 } });
  fake.publish({ name: "left-pad", version: "1.0.0" });
  for (let round = 0; round < 5; round += 1) {
    await fake.offline();
    await fake.online();
    expect((await upstreams.current(upstream, `unknown-${round}`)).kind).toBe("absent");
  }
});

test("an upstream below a path is asked below it", async () => {
  const { fake, upstream, upstreams } = await createFixture({ fake: { basePath: "/npm/private/" } });
  fake.publish({ name: "@acme/widget", version: "1.0.0" });
  expect((await upstreams.current(upstream, "@acme/widget")).kind).toBe("present");
  expect(fake.requests[0]?.path).toBe("/npm/private/@acme%2fwidget");
});

test("an upstream by its host name is found, and a private one may lead to private addresses", async () => {
  const named = await anotherFake();
  const elsewhere = await anotherFake();
  for (const fake of [named, elsewhere]) fake.publish({ name: "left-pad", version: "1.0.0" });
  const { upstream, upstreams } = await createFixture({
    url: `http://localhost:${named.port}/`,
    settings: { allowedHosts: ["127.0.0.1"], freshSeconds: 0 },
  });
  expect((await upstreams.current(upstream, "left-pad")).kind).toBe("present");
  named.fault("left-pad", { kind: "redirect", location: `${elsewhere.url}left-pad` });
  await upstreams.current(upstream, "left-pad");
  expect(elsewhere.requests.map(({ status }) => status)).toEqual([200]);
});
