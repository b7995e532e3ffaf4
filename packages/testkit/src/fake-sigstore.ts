import { createHash, generateKeyPairSync, sign, type KeyPairKeyObjectResult } from "node:crypto";
import type { TransparencyLogInstance, TrustedRoot } from "@sigstore/protobuf-specs";

/** A version that something is signed about. */
export interface SignedVersion {
  name: string;
  version: string;
  /** `sha512-…` */
  integrity: string;
}

export interface FakeBuild {
  /** URL of the repository. */
  repository?: string;
  /** Path of the workflow in it. */
  workflow?: string;
  issuer?: string;
  /** E-mail address of a person who signs in the place of a build. */
  person?: string;
}

/** A key as `/-/npm/v1/keys` has it. */
export interface FakeSigningKey {
  keyid: string;
  keytype: string;
  scheme: string;
  key: string;
  expires: string | null;
}

/** Who signs as a registry does. */
export interface FakeSigner {
  readonly key: FakeSigningKey;
  /** A member of `dist.signatures`. */
  sign(version: SignedVersion): { keyid: string; sig: string };
}

/** An attestation as registries give it out. */
export interface FakeAttestation {
  predicateType: string;
  bundle: Record<string, unknown>;
}

/** Authorities of our own in the place of Sigstore's: a CA, a log of certificates and a log of signatures. */
export interface FakeSigstore {
  /** The trusted root by which what is made here verifies, as JSON. */
  readonly trustRoot: string;
  provenance(version: SignedVersion, build?: FakeBuild): Promise<FakeAttestation>;
}

export const SLSA_PROVENANCE = "https://slsa.dev/provenance/v1";
const PAYLOAD_TYPE = "application/vnd.in-toto+json";
const SOURCE_REPOSITORY = "1.3.6.1.4.1.57264.1.12";
const BUILD_CONFIG = "1.3.6.1.4.1.57264.1.18";
const ISSUER = "1.3.6.1.4.1.57264.1.8";
const LOG_URL = "https://log.test";
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Makes the key of a registry. */
export function createFakeSigner(expires: string | null = null): FakeSigner {
  const { publicKey, privateKey } = newKey();
  const der = publicKey.export({ format: "der", type: "spki" });
  const keyid = `SHA256:${createHash("sha256").update(der).digest("base64").replace(/=+$/, "")}`;
  const scheme = "ecdsa-sha2-nistp256";
  return {
    key: { keyid, keytype: scheme, scheme, key: der.toString("base64"), expires },
    sign({ name, version, integrity }) {
      const text = Buffer.from(`${name}@${version}:${integrity}`);
      return { keyid, sig: sign("sha256", text, privateKey).toString("base64") };
    },
  };
}

/** Makes authorities that vouch for builds. What they sign is signed a minute from now, so that they exist by then. */
export async function createFakeSigstore(): Promise<FakeSigstore> {
  const { initializeCA, initializeCTLog, initializeTLog } = await import("@sigstore/mock");
  const at = Date.now() + MINUTE_MS;
  const clock = new Date(at);
  const keys = newKey();
  const certificates = await initializeCTLog(keys, clock);
  const authority = await initializeCA(keys, certificates, clock);
  const log = await initializeTLog(LOG_URL, keys, clock);
  const start = new Date(at - DAY_MS);
  const root = await trustedRoot({
    certificate: Buffer.from(authority.rootCertificate.buffer),
    logKey: log.publicKey,
    certificateLog: { key: certificates.publicKey, id: Buffer.from(certificates.logID.buffer) },
    start,
  });
  return {
    trustRoot: root,
    async provenance(version, build = {}) {
      const leaf = newKey();
      const certificate = await authority.issueCertificate({
        publicKey: leaf.publicKey.export({ format: "der", type: "spki" }),
        ...certificateOf(build),
      });
      const payload = Buffer.from(JSON.stringify(statementOf(version)));
      const signature = sign("sha256", preAuthentication(payload), leaf.privateKey).toString("base64");
      const rawBytes = Buffer.from(certificate.buffer).toString("base64");
      const entries = await log.log(entryOf(payload, { signature, rawBytes }));
      return {
        predicateType: SLSA_PROVENANCE,
        bundle: bundleOf({ payload, signature, rawBytes, entry: Object.values(entries)[0] as LogEntry }),
      };
    },
  };
}

function newKey(): KeyPairKeyObjectResult {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function certificateOf({
  repository = "https://github.com/acme/left",
  workflow = ".github/workflows/release.yml",
  issuer = "https://token.actions.githubusercontent.com",
  person,
}: FakeBuild): { subjectAltName: string; extensions: { oid: string; value: string }[] } {
  if (person !== undefined) return { subjectAltName: person, extensions: [{ oid: ISSUER, value: issuer }] };
  const config = `${repository}/${workflow}@refs/heads/main`;
  return {
    subjectAltName: config,
    extensions: [
      { oid: ISSUER, value: issuer },
      { oid: SOURCE_REPOSITORY, value: repository },
      { oid: BUILD_CONFIG, value: config },
    ],
  };
}

function statementOf({ name, version, integrity }: SignedVersion): Record<string, unknown> {
  const sha512 = Buffer.from(integrity.slice("sha512-".length), "base64").toString("hex");
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: `pkg:npm/${name.replace("@", "%40")}@${version}`, digest: { sha512 } }],
    predicateType: SLSA_PROVENANCE,
    predicate: { buildDefinition: {}, runDetails: {} },
  };
}

function preAuthentication(payload: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `),
    payload,
  ]);
}

function entryOf(
  payload: Buffer,
  { signature, rawBytes }: { signature: string; rawBytes: string },
): Record<string, unknown> {
  const pem = `-----BEGIN CERTIFICATE-----\n${rawBytes}\n-----END CERTIFICATE-----\n`;
  const hash = createHash("sha256").update(payload).digest("hex");
  return {
    apiVersion: "0.0.1",
    kind: "dsse",
    spec: {
      envelopeHash: { algorithm: "sha256", value: hash },
      payloadHash: { algorithm: "sha256", value: hash },
      signatures: [{ signature, verifier: Buffer.from(pem).toString("base64") }],
    },
  };
}

interface LogEntry {
  body: string;
  integratedTime: number;
  logID: string;
  logIndex: number;
  verification: {
    signedEntryTimestamp: string;
    inclusionProof: {
      logIndex: number;
      treeSize: number;
      rootHash: string;
      hashes: string[];
      checkpoint: string;
    };
  };
}

function bundleOf(parts: {
  payload: Buffer;
  signature: string;
  rawBytes: string;
  entry: LogEntry;
}): Record<string, unknown> {
  const { payload, signature, rawBytes, entry } = parts;
  const { inclusionProof: proof, signedEntryTimestamp } = entry.verification;
  const tlogEntry = {
    logIndex: String(entry.logIndex),
    logId: { keyId: Buffer.from(entry.logID, "hex").toString("base64") },
    kindVersion: { kind: "dsse", version: "0.0.1" },
    integratedTime: String(entry.integratedTime),
    inclusionPromise: { signedEntryTimestamp },
    inclusionProof: {
      logIndex: String(proof.logIndex),
      rootHash: Buffer.from(proof.rootHash, "hex").toString("base64"),
      treeSize: String(proof.treeSize),
      hashes: proof.hashes,
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody: entry.body,
  };
  return {
    mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    verificationMaterial: { certificate: { rawBytes }, tlogEntries: [tlogEntry] },
    dsseEnvelope: {
      payload: payload.toString("base64"),
      payloadType: PAYLOAD_TYPE,
      signatures: [{ sig: signature, keyid: "" }],
    },
  };
}

interface RootParts {
  certificate: Buffer;
  logKey: Buffer;
  certificateLog: { key: Buffer; id: Buffer };
  start: Date;
}

async function trustedRoot({ certificate, logKey, certificateLog, start }: RootParts): Promise<string> {
  const { HashAlgorithm, PublicKeyDetails, TrustedRoot: Root } = await import("@sigstore/protobuf-specs");
  const validFor = { start, end: undefined };
  const logOf = (key: Buffer, id: Buffer): TransparencyLogInstance => ({
    baseUrl: LOG_URL,
    hashAlgorithm: HashAlgorithm.SHA2_256,
    publicKey: { rawBytes: key, keyDetails: PublicKeyDetails.PKIX_ECDSA_P256_SHA_256, validFor },
    logId: { keyId: id },
    checkpointKeyId: undefined,
    operator: "",
  });
  const root: TrustedRoot = {
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    tlogs: [logOf(logKey, createHash("sha256").update(logKey).digest())],
    certificateAuthorities: [
      {
        subject: { commonName: "sigstore", organization: "sigstore.mock" },
        uri: "https://ca.test",
        certChain: { certificates: [{ rawBytes: certificate }] },
        validFor,
        operator: "",
      },
    ],
    ctlogs: [logOf(certificateLog.key, certificateLog.id)],
    timestampAuthorities: [],
  };
  return JSON.stringify(Root.toJSON(root));
}
