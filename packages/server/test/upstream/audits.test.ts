import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { createFixture } from "./upstream-fixture.ts";

const ASKED = new Map([
  ["left", ["1.0.0"]],
  ["@acme/right", ["2.0.0", "2.1.0"]],
]);
const ADVISORY = {
  id: 1234,
  url: "https://advisories.example.test/1234",
  title: "Left is wrong",
  severity: "high",
  vulnerable_versions: "<1.1.0",
  cwe: ["CWE-1"],
  cvss: { score: 7.5, vectorString: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H" },
};

/** A registry of which a test writes every byte. */
async function answering(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on("end", () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function saying(
  status: number,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<string> {
  return await answering((_, response) => response.writeHead(status, headers).end(body));
}

describe("an audit that is forwarded", () => {
  test("sends names and versions, compressed, with the upstream's own credential, and nothing else", async () => {
    const { fake, upstream, upstreams } = await createFixture({ credential: "Bearer secret" });
    fake.advise("left", ADVISORY);
    fake.advise("else", ADVISORY);
    const found = await upstreams.audit({ upstream }, ASKED);
    expect([...found]).toEqual([["left", [ADVISORY]]]);
    expect(fake.audited).toEqual([Object.fromEntries(ASKED)]);
    const [request] = fake.requests;
    expect(request).toMatchObject({ method: "POST", path: "/-/npm/v1/security/advisories/bulk" });
    expect(Object.keys(request?.headers ?? {}).toSorted()).toEqual([
      "accept",
      "accept-encoding",
      "authorization",
      "connection",
      "content-encoding",
      "content-length",
      "content-type",
      "host",
      "user-agent",
      "via",
    ]);
    expect(request?.headers).toMatchObject({ "authorization": "Bearer secret", "content-encoding": "gzip" });
  });

  test("goes to a URL without any credential", async () => {
    const { fake, upstreams } = await createFixture({ credential: "Bearer secret" });
    fake.advise("left", ADVISORY);
    expect((await upstreams.audit({ url: fake.url }, ASKED)).get("left")).toHaveLength(1);
    expect(fake.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  test("takes no advisory on what was not asked about, and no control characters", async () => {
    const { upstreams } = await createFixture();
    const body = { own: [ADVISORY], left: [{ ...ADVISORY, title: "a\u001b[31m\nb", cwe: "CWE-2" }] };
    const url = await saying(200, gzipSync(JSON.stringify(body)), { "content-encoding": "gzip" });
    const found = await upstreams.audit({ url }, ASKED);
    expect([...found]).toEqual([["left", [{ ...ADVISORY, title: "a [31m b", cwe: ["CWE-2"] }]]]);
  });

  test("fills in what a registry leaves out as npm does", async () => {
    const { upstreams } = await createFixture();
    const url = await saying(200, `{"left":[{"id":"X-1"}]}`);
    expect((await upstreams.audit({ url }, ASKED)).get("left")).toEqual([
      {
        id: "X-1",
        url: "",
        title: "Advisory X-1",
        severity: "high",
        vulnerable_versions: "*",
        cwe: [],
        cvss: { score: 0, vectorString: null },
      },
    ]);
  });

  test.each([
    ["that is no JSON", 200, "<html>", "no JSON"],
    ["that is a list", 200, "[]", "no JSON object"],
    ["with something else than a list of advisories", 200, `{"left":{}}`, "no list of advisories of left"],
    ["with an advisory without id", 200, `{"left":[{}]}`, "has no id"],
    ["with an advisory that is none", 200, `{"left":[null]}`, "has no id"],
    ["that there are no audits", 404, "{}", "answers no audits (404)"],
    ["that it may not ask", 401, "{}", "refuses audits (401)"],
    ["that something is wrong", 500, "{}", "answers audits with 500"],
  ] as const)("is refused with an answer %s", async (...[, status, body, text]) => {
    const { upstreams } = await createFixture();
    await expect(upstreams.audit({ url: await saying(status, body) }, ASKED)).rejects.toThrow(text);
  });

  test.each([
    ["too much", JSON.stringify({ left: " ".repeat(5_000_000) }), {}, "sent more than"],
    ["a bomb", gzipSync(Buffer.alloc(50_000_000)), { "content-encoding": "gzip" }, "sent more than"],
    ["torn gzip", gzipSync("{}").subarray(0, 15), { "content-encoding": "gzip" }, "gzip that is not whole"],
    ["another encoding", "{}", { "content-encoding": "br" }, "an encoding that nobody asked for"],
  ] as const)("is refused with %s", async (...[, body, headers, text]) => {
    const { upstreams } = await createFixture();
    const url = await saying(200, body as string, headers);
    await expect(upstreams.audit({ url }, ASKED)).rejects.toMatchObject({
      code: "upstream-invalid",
      message: expect.stringContaining(text),
    });
  });

  test("is not taken elsewhere by a redirect", async () => {
    const elsewhere = await createFixture();
    const { upstreams } = await createFixture();
    const url = await saying(307, "", { location: `${elsewhere.fake.url}-/npm/v1/security/advisories/bulk` });
    await expect(upstreams.audit({ url }, ASKED)).rejects.toThrow("answers with a redirect");
    expect(elsewhere.fake.count()).toBe(0);
  });

  test("may fail for ever while packages are read", async () => {
    const { fake, upstream, upstreams } = await createFixture();
    fake.publish({ name: "left", version: "1.0.0" });
    fake.fault("-/npm/v1/security/advisories/bulk", { kind: "status", status: 503 });
    for (let times = 0; times < 6; times += 1) {
      await expect(upstreams.audit({ upstream }, ASKED)).rejects.toMatchObject({
        code: "upstream-unavailable",
      });
    }
    await expect(upstreams.audit({ upstream }, ASKED)).rejects.toThrow("is left alone");
    expect((await upstreams.current(upstream, "left")).kind).toBe("present");
    expect(upstreams.health(upstream.id)).toMatchObject({ state: "closed", lastError: null });
  });

  test("says what is wrong with who does not answer", async () => {
    const { fake, upstream, upstreams } = await createFixture({ settings: { timeoutMs: 200 } });
    fake.fault("*", { kind: "hang", times: 1 });
    await expect(upstreams.audit({ upstream }, ASKED)).rejects.toMatchObject({ code: "upstream-timeout" });
    await fake.offline();
    await expect(upstreams.audit({ upstream }, ASKED)).rejects.toThrow(
      'The upstream "public" refuses connections',
    );
  });
});
