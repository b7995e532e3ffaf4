import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createFakeSigner,
  createFakeSigstore,
  createFakeUpstream,
  makePackageTarball,
  startTestApp,
  type FakeAttestation,
  type FakeBuild,
  type FakeSigner,
  type FakeSigstore,
  type FakeUpstream,
  type PublishInput,
  type TestApp,
  type TestResponse,
} from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSilentLog } from "../../src/telemetry/index.ts";

const KEYS = "-/npm/v1/keys";

let folder: string;
let rootFile: string;
let sigstore: FakeSigstore;
let others: FakeSigstore;
let signer: FakeSigner;
let upstream: FakeUpstream;
let app: TestApp;
const warnings: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "entrepot-proofs-"));
  rootFile = join(folder, "trust-root.json");
  sigstore = await createFakeSigstore();
  others = await createFakeSigstore();
  signer = createFakeSigner();
  await writeFile(rootFile, sigstore.trustRoot);
  upstream = await createFakeUpstream();
  upstream.answer(KEYS, { keys: [signer.key] });
  app = await startTestApp({
    upstream: upstream.url,
    log: { ...createSilentLog(), warn: (message) => warnings.push(message) },
    file: `trustRootFile: ${rootFile}\nupstreamFreshSeconds: 0\npolicy: { rules: [{ rule: trust-downgrade, mode: enforce }] }\n`,
  });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
  await rm(folder, { recursive: true });
});

const attestationsPath = (name: string, version: string): string =>
  `-/npm/v1/attestations/${name}@${version}`;

interface Attested extends PublishInput {
  by?: FakeSigstore;
  build?: FakeBuild;
  /** True: the attestation is of another version. */
  isForged?: boolean;
}

/** Publishes a version upstream that is signed, and attested if somebody vouches for it. */
async function publish({ by, build, isForged = false, ...input }: Attested): Promise<FakeAttestation | null> {
  const { name, version } = input;
  const signed = { name, version, integrity: makePackageTarball(input).integrity };
  const subject = isForged ? { ...signed, version: "0.0.0" } : signed;
  const attestation = by === undefined ? null : await by.provenance(subject, build);
  const path = attestationsPath(name, version);
  if (attestation !== null) upstream.answer(path, { attestations: [attestation] });
  const attestations =
    attestation === null
      ? undefined
      : { url: `${upstream.url}${path}`, provenance: { predicateType: attestation.predicateType } };
  upstream.publish({ ...input, dist: { signatures: [signer.sign(signed)], attestations } });
  return attestation;
}

const at = (path: string, who = app.admin): Promise<TestResponse> => who.request(`/npm/default/${path}`);
const tarball = (name: string, version: string): Promise<TestResponse> =>
  at(`${name}/-/${name.slice(name.indexOf("/") + 1)}-${version}.tgz`);

interface Explained {
  version: string;
  isHidden: boolean;
  verdict: { rule: string; outcome: string; reason: string };
  trust: Record<string, unknown>;
}

async function explained(name: string, version: string): Promise<Explained> {
  const query = `package=${encodeURIComponent(name)}&range=${version}`;
  const { json } = await app.admin.request(`/api/v1/registries/default/explain?${query}`);
  return (json["candidates"] as Explained[])[0] as Explained;
}

describe("a version that was served", () => {
  it("is verified behind the answer, and explanations tell what was claimed and what was verified", async () => {
    await publish({ name: "left", version: "1.0.0", by: sigstore });
    const before = await explained("left", "1.0.0");
    expect(before.trust).toMatchObject({ claimed: "attested build", verified: null, build: null });
    expect((await tarball("left", "1.0.0")).status).toBe(200);
    await expect
      .poll(async () => (await explained("left", "1.0.0")).trust)
      .toEqual({
        claimed: "attested build",
        verified: "attested build",
        level: "attested build",
        refuted: null,
        build: {
          issuer: "https://token.actions.githubusercontent.com",
          repository: "https://github.com/acme/left",
          workflow: ".github/workflows/release.yml",
        },
        publisher: null,
        approver: null,
      });
  });

  it("counts for nothing where it is forged: held, told to administrators, and counted", async () => {
    await publish({ name: "forged", version: "1.0.0", by: sigstore });
    await publish({ name: "forged", version: "1.1.0", by: sigstore, isForged: true });
    for (const version of ["1.0.0", "1.1.0"]) expect((await tarball("forged", version)).status).toBe(200);
    await expect.poll(async () => (await explained("forged", "1.1.0")).isHidden).toBe(true);
    const { verdict, trust } = await explained("forged", "1.1.0");
    expect(verdict).toMatchObject({ rule: "trust-downgrade", outcome: "hold" });
    expect(verdict.reason).toContain("is not genuine");
    expect(trust).toMatchObject({ claimed: "attested build", verified: "none", level: "none" });
    const { json } = await at("forged");
    expect([Object.keys(json["versions"] as object), json["dist-tags"]]).toEqual([
      ["1.0.0"],
      { latest: "1.0.0" },
    ]);
    const notices = await app.admin.request("/api/v1/notices");
    expect(JSON.stringify(notices.json)).toContain("What forged@1.1.0 shows of its origin is not genuine");
    const metrics = await app.admin.request("/metrics");
    expect(metrics.text).toContain('entrepot_security_events_total{kind="proof-refuted"} 1');
  });

  it("is held where another repository built it, though the proof is genuine", async () => {
    await publish({ name: "moved", version: "1.0.0", by: sigstore });
    const build = { repository: "https://github.com/mallory/moved" };
    await publish({ name: "moved", version: "1.0.1", by: sigstore, build });
    for (const version of ["1.0.0", "1.0.1"]) await tarball("moved", version);
    await expect
      .poll(async () => (await explained("moved", "1.0.1")).verdict.reason)
      .toContain(
        "It was built from https://github.com/mallory/moved, while 1.0.0 was built from https://github.com/acme/left",
      );
  });

  it("stays as it is where the upstream has no attestations to look at", async () => {
    const promised = {
      url: `${upstream.url}x`,
      provenance: { predicateType: "https://slsa.dev/provenance/v1" },
    };
    upstream.publish({ name: "unproven", version: "1.0.0", dist: { attestations: promised } });
    expect((await tarball("unproven", "1.0.0")).status).toBe(200);
    await expect.poll(() => upstream.count(attestationsPath("unproven", "1.0.0"))).toBe(1);
    expect((await explained("unproven", "1.0.0")).trust).toMatchObject({
      level: "attested build",
      verified: null,
    });
  });
});

describe("the nightly job", () => {
  interface Job {
    id: string;
    state: string;
    counts: Record<string, number>;
  }

  /** Runs it to its end; gives what it counted. */
  async function run(on: TestApp): Promise<Record<string, number>> {
    const { json } = await on.admin.request("/api/v1/jobs/verify-origins/run", { method: "POST" });
    const job = async (): Promise<Job | undefined> => {
      const listed = await on.admin.request("/api/v1/jobs");
      return (listed.json["items"] as Job[]).find(({ id }) => id === json["id"]);
    };
    await expect.poll(async () => (await job())?.state).toBe("done");
    return (await job())?.counts ?? {};
  }

  it("verifies again by a trust root that was replaced", async () => {
    await publish({ name: "rotated", version: "1.0.0", by: sigstore });
    await publish({ name: "rotated", version: "1.1.0", by: others });
    for (const version of ["1.0.0", "1.1.0"]) await tarball("rotated", version);
    await run(app);
    const { trust: open } = await explained("rotated", "1.1.0");
    expect(open).toMatchObject({ level: "attested build", verified: null, refuted: null });
    expect(warnings).toEqual(["origins cannot be verified with what is known; their claims count"]);
    const [mine, theirs] = [sigstore, others].map(({ trustRoot }) => JSON.parse(trustRoot) as Root);
    const both = Object.fromEntries(
      Object.entries(mine as Root).map(([member, value]) => [
        member,
        Array.isArray(value) ? [...value, ...((theirs as Root)[member] as unknown[])] : value,
      ]),
    );
    await writeFile(rootFile, JSON.stringify(both));
    const again = await startTestApp({
      data: app.data,
      upstream: upstream.url,
      file: `trustRootFile: ${rootFile}\n`,
    });
    try {
      await run(again);
    } finally {
      await again.close();
    }
    await expect
      .poll(async () => (await explained("rotated", "1.1.0")).trust["verified"])
      .toBe("attested build");
    expect((await explained("rotated", "1.1.0")).isHidden).toBe(false);
  });

  it("finds nothing to do the second time", async () => {
    await run(app);
    const { verified = 0, refuted = 0 } = await run(app);
    expect([verified, refuted]).toEqual([0, 0]);
  });
});

type Root = Record<string, unknown>;

describe("attestations of an upstream", () => {
  it("are passed on as they are, from an address of ours, and fetched once", async () => {
    const attestation = await publish({ name: "@acme/proven", version: "1.0.0", by: sigstore });
    const { json } = await at("@acme%2fproven/1.0.0");
    const { url } = (json["dist"] as { attestations: { url: string } }).attestations;
    expect(url).toBe(`${app.url}/npm/default/-/npm/v1/attestations/@acme/proven@1.0.0`);
    upstream.forget();
    for (const spec of ["@acme/proven@1.0.0", "@acme%2fproven@1.0.0"]) {
      const found = await at(`-/npm/v1/attestations/${spec}`);
      expect([found.status, found.json]).toEqual([200, { attestations: [attestation] }]);
    }
    expect(upstream.count(attestationsPath("@acme/proven", "1.0.0"))).toBe(1);
    await upstream.offline();
    expect((await at("-/npm/v1/attestations/@acme/proven@1.0.0")).status).toBe(200);
    await upstream.online();
  });

  it("are refused like the version itself", async () => {
    await publish({ name: "barred", version: "1.0.0", by: sigstore });
    const path = "/api/v1/registries/default/packages/barred/versions/1.0.0/status";
    const body = { status: "blocked", reason: "broken" };
    expect((await app.admin.request(path, { method: "PUT", body })).status).toBe(200);
    upstream.forget();
    const { status, json } = await at("-/npm/v1/attestations/barred@1.0.0");
    expect([status, json["rule"]]).toEqual([403, "operator-status"]);
    expect(upstream.count(attestationsPath("barred", "1.0.0"))).toBe(0);
  });

  it("have 404 where there are none, and are not asked for again at once", async () => {
    await publish({ name: "plain", version: "1.0.0" });
    for (const spec of ["plain@1.0.0", "plain@9.9.9", "nothing@1.0.0", "plain@latest"]) {
      const { status, json } = await at(`-/npm/v1/attestations/${spec}`);
      expect([status, json.error]).toEqual([404, `There are no attestations of ${spec} here.`]);
    }
    expect(upstream.count(attestationsPath("plain", "1.0.0"))).toBe(0);
  });

  it("of a name that is ours are never asked for", async () => {
    await app.admin.publish({ name: "@ours/own", version: "1.0.0" });
    upstream.forget();
    expect((await at("-/npm/v1/attestations/@ours/own@1.0.0")).status).toBe(404);
    expect(upstream.count()).toBe(0);
  });

  it.each([
    ["a failure", { kind: "status", status: 500 }],
    ["something else", { kind: "html" }],
    ["too much", { kind: "replace", body: `{"attestations":["${"x".repeat(2_200_000)}"]}` }],
  ] as const)("are an error that names the upstream where it answers with %s", async (what, fault) => {
    const name = `odd-${what.replaceAll(" ", "-")}`;
    await publish({ name, version: "1.0.0", by: sigstore });
    upstream.fault(attestationsPath(name, "1.0.0"), fault);
    const { status, json } = await at(`-/npm/v1/attestations/${name}@1.0.0`);
    expect([status >= 502 && status <= 504, json.error]).toEqual([true, expect.stringContaining("upstream")]);
    upstream.fault(attestationsPath(name, "1.0.0"), null);
    expect((await at(`${name}`)).status).toBe(200);
  });
});

describe("keys", () => {
  it("of all upstreams are given out together; one that is shown no longer stays", async () => {
    const second = createFakeSigner("2026-01-01T00:00:00.000Z");
    const mirror = await createFakeUpstream({ authorization: "Bearer mirror-token" });
    mirror.answer(KEYS, { keys: [second.key, { keyid: "odd" }, signer.key] });
    const file =
      "upstreams:\n" +
      `  - { name: one, url: "${upstream.url}" }\n` +
      `  - { name: two, url: "${mirror.url}", token: mirror-token }\n` +
      "registries: [{ name: both, upstreams: [one, two] }]\n";
    const both = await startTestApp({ file });
    const keys = async (): Promise<unknown> => (await both.admin.request(`/npm/both/${KEYS}`)).json["keys"];
    expect(await keys()).toEqual([signer.key, second.key]);
    mirror.answer(KEYS, { keys: [signer.key] });
    const asked = mirror.count(KEYS);
    expect(await keys()).toEqual([signer.key, second.key]);
    expect(mirror.count(KEYS)).toBe(asked);
    await both.close();
    await mirror.close();
  });

  it("of an upstream are given out while another one is down, which fails alone", async () => {
    const down = await createFakeUpstream();
    await down.offline();
    const file =
      "upstreams:\n" +
      `  - { name: one, url: "${down.url}" }\n` +
      `  - { name: two, url: "${upstream.url}" }\n` +
      "registries: [{ name: both, upstreams: [one, two] }, { name: lone, upstreams: [one] }]\n";
    const both = await startTestApp({ file });
    expect((await both.admin.request(`/npm/both/${KEYS}`)).json["keys"]).toEqual([signer.key]);
    expect((await both.admin.request(`/npm/lone/${KEYS}`)).status).toBeGreaterThanOrEqual(500);
    await both.close();
    await down.close();
  });

  it("are those of the upstreams that answer, and the trust root's where it has one of the same id", async () => {
    const forged = { ...createFakeSigner("2026-01-01T00:00:00.000Z").key, keyid: signer.key.keyid };
    const lone = await createFakeUpstream();
    lone.answer(KEYS, { keys: [forged] });
    const gone = await createFakeUpstream();
    const folder = await mkdtemp(join(tmpdir(), "entrepot-root-"));
    const root = JSON.parse(await readFile(rootFile, "utf8")) as object;
    await writeFile(join(folder, "root.json"), JSON.stringify({ ...root, registryKeys: [signer.key] }));
    const file =
      `trustRootFile: ${join(folder, "root.json")}\n` +
      `upstreams: [{ name: gone, url: "${gone.url}" }, { name: lone, url: "${lone.url}" }]\n` +
      "registries: [{ name: both, upstreams: [gone, lone] }]\n";
    const both = await startTestApp({ file });
    await gone.offline();
    expect((await both.admin.request(`/npm/both/${KEYS}`)).json["keys"]).toEqual([signer.key]);
    await both.close();
    await Promise.all([lone.close(), gone.close()]);
    await rm(folder, { recursive: true });
  });

  it("outlive a restart without the upstream", async () => {
    const data = await mkdtemp(join(tmpdir(), "entrepot-keys-"));
    const lone = await createFakeUpstream();
    lone.answer(KEYS, { keys: [signer.key] });
    for (const isThere of [true, false]) {
      if (!isThere) await lone.offline();
      const one = await startTestApp({ upstream: lone.url, data });
      expect((await one.admin.request(`/npm/default/${KEYS}`)).json["keys"]).toEqual([signer.key]);
      await one.close();
    }
    await lone.close();
    await rm(data, { recursive: true });
  });

  it("are 404 where no upstream signs", async () => {
    const silent = await createFakeUpstream();
    const none = await startTestApp({ upstream: silent.url });
    expect((await none.admin.request(`/npm/default/${KEYS}`)).status).toBe(404);
    await none.close();
    await silent.close();
  });
});
