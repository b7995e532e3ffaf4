import { gzipSync } from "node:zlib";
import {
  createFakeSigner,
  createFakeSigstore,
  hashesOf,
  SLSA_PROVENANCE,
  type FakeAttestation,
  type FakeSigner,
  type FakeSigstore,
} from "@entrepot/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { verifyProof } from "../../src/threads/verify-proof.ts";
import type { VerifiedProof, VerifyProofInput } from "../../src/threads/tasks.ts";

const { integrity } = hashesOf(Buffer.from("the tarball"));
const LEFT = { name: "@acme/left", version: "1.0.0", integrity };
const PUBLISHED_AT = "2026-05-01T00:00:00.000Z";

let sigstore: FakeSigstore;
let other: FakeSigstore;
let signer: FakeSigner;

beforeAll(async () => {
  sigstore = await createFakeSigstore();
  other = await createFakeSigstore();
  signer = createFakeSigner();
});

interface Shown {
  signatures?: unknown;
  attestations?: readonly FakeAttestation[] | string;
}

async function verified(
  { signatures = [signer.sign(LEFT)], attestations }: Shown,
  known: Partial<VerifyProofInput> = {},
): Promise<VerifiedProof> {
  const { name, version } = LEFT;
  const manifest = { name, version, dist: { tarball: "http://up.test/left.tgz", integrity, signatures } };
  const document = { name, "dist-tags": { latest: version }, "versions": { [version]: manifest } };
  const text = typeof attestations === "string" ? attestations : JSON.stringify({ attestations });
  const { output } = await verifyProof({
    document: gzipSync(JSON.stringify(document)),
    sizeBytesMax: 1_000_000,
    name,
    version,
    upstreamVersion: version,
    integrity,
    publishedAt: PUBLISHED_AT,
    isTrustedPublisher: false,
    attestations: attestations === undefined ? null : Buffer.from(text),
    keys: [signer.key],
    trustRoot: sigstore.trustRoot,
    ...known,
  });
  return output;
}

function payloadOf({ bundle }: FakeAttestation): { subject: { name: string }[]; predicate: unknown } {
  const { payload } = bundle["dsseEnvelope"] as { payload: string };
  return JSON.parse(Buffer.from(payload, "base64").toString()) as ReturnType<typeof payloadOf>;
}

/** The attestation with another statement under the same signature. */
function withPayload(attestation: FakeAttestation, payload: unknown): FakeAttestation {
  const envelope = attestation.bundle["dsseEnvelope"] as Record<string, unknown>;
  const text = Buffer.from(JSON.stringify(payload)).toString("base64");
  return {
    ...attestation,
    bundle: { ...attestation.bundle, dsseEnvelope: { ...envelope, payload: text } },
  };
}

describe("a registry's signature", () => {
  it("is verified over name, version and integrity", async () => {
    expect(await verified({})).toEqual({
      proof: { integrity, level: "registry signature", refuted: null, build: null },
      open: null,
    });
  });

  it.each([
    ["of another version", { ...LEFT, version: "1.0.1" }],
    ["of another package", { ...LEFT, name: "@acme/right" }],
    ["of another tarball", { ...LEFT, integrity: hashesOf(Buffer.from("x")).integrity }],
  ])("is refuted where it is one %s", async (_what, of) => {
    const { proof } = await verified({ signatures: [signer.sign(LEFT), signer.sign(of)] });
    expect(proof).toMatchObject({
      level: "none",
      refuted: `the signature by the key ${signer.key.keyid} is not of this version`,
    });
  });

  it("stays open where the key is not known", async () => {
    const stranger = createFakeSigner();
    const { proof, open } = await verified({ signatures: [stranger.sign(LEFT)] });
    expect([proof.refuted, open]).toEqual([null, `the key ${stranger.key.keyid} is not known`]);
  });

  it.each([
    ["2026-05-01T00:00:00.001Z", "registry signature"],
    ["2026-05-01T00:00:00.000Z", "none"],
    ["2020-01-01T00:00:00.000Z", "none"],
  ])("by a key that ends at %s comes to %s", async (expires, level) => {
    const { proof } = await verified({}, { keys: [{ ...signer.key, expires }] });
    expect(proof.level).toBe(level);
    if (level === "none") expect(proof.refuted).toContain("had expired when it was published");
  });

  it.each([
    ["none at all", [{ keyid: 1 }]],
    ["no list", "yes"],
    ["an empty list", []],
  ])("is nothing where it is %s", async (_what, signatures) => {
    expect((await verified({ signatures })).proof.level).toBe("none");
  });
});

describe("provenance", () => {
  it("is verified offline by the trust root, and names the build", async () => {
    const attestations = [await sigstore.provenance(LEFT)];
    expect(await verified({ attestations })).toEqual({
      proof: {
        integrity,
        level: "attested build",
        refuted: null,
        build: {
          issuer: "https://token.actions.githubusercontent.com",
          repository: "https://github.com/acme/left",
          workflow: ".github/workflows/release.yml",
        },
      },
      open: null,
    });
    const trusted = await verified({ attestations }, { isTrustedPublisher: true });
    expect(trusted.proof.level).toBe("trusted publisher");
  });

  it("stays open where authorities vouch for it that are not known", async () => {
    const { proof, open } = await verified({ attestations: [await other.provenance(LEFT)] });
    expect([proof.refuted, proof.build]).toEqual([null, null]);
    expect(open).toMatch(/^the certificate authority [0-9a-f]+ is not known$/u);
  });

  it.each([
    ["certificateAuthorities", "the certificate authority"],
    ["ctlogs", "the log of certificates"],
    ["tlogs", "the log of signatures"],
  ])("stays open by a root without its %s", async (part, unknown) => {
    const root = { ...(JSON.parse(sigstore.trustRoot) as object), [part]: [] };
    const attestations = [await sigstore.provenance(LEFT)];
    const { proof, open } = await verified({ attestations }, { trustRoot: JSON.stringify(root) });
    expect([proof.refuted, open]).toEqual([null, expect.stringContaining(unknown)]);
  });

  it("stays open where its bundle is of a kind that is not known", async () => {
    const genuine = await sigstore.provenance(LEFT);
    const mediaType = "application/vnd.dev.sigstore.bundle.v9.0+json";
    const attestations = [{ ...genuine, bundle: { ...genuine.bundle, mediaType } }];
    const { proof, open } = await verified({ attestations });
    expect([proof.refuted, open]).toEqual([null, `bundles of the kind ${mediaType} are not known`]);
  });

  it("is not judged by a trust root that cannot be read", async () => {
    const attestations = [await sigstore.provenance(LEFT)];
    await expect(verified({ attestations }, { trustRoot: "{" })).rejects.toThrow();
  });

  it("is none where a person signed it, not a build", async () => {
    const attestations = [await sigstore.provenance(LEFT, { person: "mallory@example.com" })];
    expect((await verified({ attestations })).proof).toMatchObject({
      level: "none",
      refuted: "it claims provenance and shows none of a build",
      build: null,
    });
  });

  it("is refuted where known authorities are named under another's signature", async () => {
    const genuine = await sigstore.provenance(LEFT);
    const envelope = genuine.bundle["dsseEnvelope"] as Record<string, unknown>;
    const { dsseEnvelope } = (await other.provenance(LEFT)).bundle as Record<string, Record<string, unknown>>;
    const swapped = { ...envelope, signatures: dsseEnvelope?.["signatures"] };
    const attestations = [{ ...genuine, bundle: { ...genuine.bundle, dsseEnvelope: swapped } }];
    const { proof } = await verified({ attestations });
    expect(proof).toMatchObject({ level: "none", refuted: expect.any(String) as string, build: null });
  });

  it.each([
    ["of another version", { ...LEFT, version: "1.0.1" }, "is about pkg:npm/%40acme/left@1.0.1"],
    ["of another tarball", { ...LEFT, integrity: hashesOf(Buffer.from("x")).integrity }, "another tarball"],
  ])("is refuted where it is genuine but one %s", async (_what, of, reason) => {
    const { proof } = await verified({ attestations: [await sigstore.provenance(of)] });
    expect(proof.level).toBe("none");
    expect(proof.refuted).toContain(reason);
  });

  it("is refuted where the statement was changed under the signature", async () => {
    const genuine = await sigstore.provenance({ ...LEFT, version: "0.9.0" });
    const forged = payloadOf(genuine);
    forged.subject = payloadOf(await sigstore.provenance(LEFT)).subject;
    const { proof } = await verified({ attestations: [withPayload(genuine, forged)] });
    expect(proof.level).toBe("none");
  });

  it("is refuted where one attestation of several is", async () => {
    const genuine = await sigstore.provenance(LEFT);
    const odd = await sigstore.provenance({ ...LEFT, version: "1.0.1" });
    expect((await verified({ attestations: [genuine, odd] })).proof.level).toBe("none");
    const strange = await other.provenance(LEFT);
    expect((await verified({ attestations: [strange, odd] })).proof.level).toBe("none");
    expect((await verified({ attestations: [strange, genuine] })).proof.level).toBe("attested build");
  });

  it("is refuted where it is said to be of another kind, or signed by a key", async () => {
    const genuine = await sigstore.provenance(LEFT);
    const renamed = { ...genuine, predicateType: "https://slsa.dev/provenance/v0.2" };
    expect((await verified({ attestations: [renamed] })).proof.refuted).toContain("another kind");
    const { keyid } = signer.key;
    const material = genuine.bundle["verificationMaterial"] as Record<string, unknown>;
    const byKey = {
      predicateType: SLSA_PROVENANCE,
      bundle: {
        ...genuine.bundle,
        verificationMaterial: { ...material, certificate: undefined, publicKey: { hint: keyid } },
      },
    };
    expect((await verified({ attestations: [byKey] })).proof.refuted).not.toBeNull();
  });

  it.each(["", "{", "[]", '{"attestations":{}}', '{"attestations":[1]}', '{"attestations":[{"bundle":{}}]}'])(
    "is refuted where the answer is %j",
    async (attestations) => {
      expect((await verified({ attestations })).proof.refuted).not.toBeNull();
    },
  );

  it("is refuted where the answer holds none", async () => {
    const { proof } = await verified({ attestations: [] });
    expect(proof).toMatchObject({ level: "none", refuted: "it claims provenance and shows none of a build" });
  });

  it("does not hide that the signature is not genuine", async () => {
    const attestations = [await sigstore.provenance(LEFT)];
    const signatures = [signer.sign({ ...LEFT, version: "9.9.9" })];
    const { proof } = await verified({ attestations, signatures });
    expect([proof.level, proof.build]).toEqual(["none", null]);
  });
});
