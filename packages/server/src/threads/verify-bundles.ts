/*
 * Verifies Sigstore bundles offline. Imported by one task, when it is first needed: what it imports is not small.
 */
import { createPublicKey } from "node:crypto";
import { isJsonObject } from "@entrepot/core";
import { bundleFromJSON, type SerializedBundle } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier, type Signer, type TrustMaterial } from "@sigstore/verify";
import type { BuildIdentity } from "@entrepot/core";
import { unknownAuthority } from "./unknown-authority.ts";
import type { SigningKey } from "./tasks.ts";

const PROVENANCE = "https://slsa.dev/provenance/";
const NONE_SHOWN = "it claims provenance and shows none of a build";
const ATTESTATIONS_MAX = 16;
const EVER = new Date(8.64e15);
/** Extensions of a build's certificate: the repository's URL, and the URL of the workflow at a branch or tag. */
const SOURCE_REPOSITORY = "1.3.6.1.4.1.57264.1.12";
/** The repository's name, as the first certificates of builds had it. */
const WORKFLOW_REPOSITORY = "1.3.6.1.4.1.57264.1.5";
const BUILD_CONFIG = "1.3.6.1.4.1.57264.1.18";
const MEDIA_TYPES: readonly string[] = [
  "application/vnd.dev.sigstore.bundle+json;version=0.1",
  "application/vnd.dev.sigstore.bundle+json;version=0.2",
  "application/vnd.dev.sigstore.bundle+json;version=0.3",
  "application/vnd.dev.sigstore.bundle.v0.3+json",
];
const UTF8_STRING = 0x0c;
const SHORT_LENGTH_MAX = 0x7f;

/** Attestations of a version, what they must speak of, and by whose word. */
interface BundlesInput {
  /** The answer of a registry. */
  attestations: Uint8Array;
  /** JSON of a Sigstore trusted root. */
  trustRoot: string;
  keys: readonly SigningKey[];
  name: string;
  version: string;
  /** Of the tarball, hexadecimal. */
  sha512: string;
}

export type BundlesFinding =
  | { kind: "nothing" }
  | { kind: "genuine"; build: BuildIdentity }
  | { kind: "refuted"; reason: string }
  | { kind: "open"; reason: string };

/**
 * Verifies every attestation of a version that claims provenance; one that is not genuine refutes all, and so does an
 * answer without provenance of a build. What the trust root does not know stays open. Throws for a root that cannot be
 * read.
 */
export function verifyBundles(input: BundlesInput): BundlesFinding {
  const material = trustMaterialOf(input);
  try {
    const found = attestationsIn(input.attestations).map((attestation) =>
      verifyOne(attestation, { input, material }),
    );
    return (
      found.find(({ kind }) => kind === "genuine") ??
      found.find(({ kind }) => kind === "open") ?? { kind: "refuted", reason: NONE_SHOWN }
    );
  } catch (error) {
    return { kind: "refuted", reason: error instanceof Error ? error.message : String(error) };
  }
}

interface Attestation {
  predicateType: string;
  bundle: Record<string, unknown>;
}

function attestationsIn(answer: Uint8Array): Attestation[] {
  const { attestations } = objectIn(Buffer.from(answer).toString("utf8"));
  if (!Array.isArray(attestations) || attestations.length > ATTESTATIONS_MAX) {
    throw new Error("the attestations cannot be read");
  }
  return (attestations as unknown[]).map((attestation) => {
    const { predicateType, bundle } = isJsonObject(attestation) ? attestation : {};
    if (typeof predicateType === "string" && isJsonObject(bundle)) return { predicateType, bundle };
    throw new Error("an attestation cannot be read");
  });
}

function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // What is no JSON is no object either.
  }
  throw new Error("the attestations are not JSON");
}

// Throws what refutes it.
function verifyOne(
  { predicateType, bundle }: Attestation,
  { input, material }: { input: BundlesInput; material: TrustMaterial },
): BundlesFinding {
  const keyid = keyidOf(bundle);
  if (keyid !== null && !input.keys.some((key) => key.keyid === keyid)) {
    return { kind: "open", reason: `the key ${keyid} is not known` };
  }
  const { mediaType } = bundle;
  if (typeof mediaType === "string" && !MEDIA_TYPES.includes(mediaType)) {
    return { kind: "open", reason: `bundles of the kind ${mediaType} are not known` };
  }
  const signed = toSignedEntity(bundleFromJSON(bundle as unknown as SerializedBundle));
  const isProvenance = predicateType.startsWith(PROVENANCE);
  if (isProvenance && signed.key.$case !== "certificate") {
    throw new Error("the provenance is signed by a key, not by the build");
  }
  const unknown = unknownAuthority(signed, material);
  if (unknown !== null) return { kind: "open", reason: `${unknown} is not known` };
  const verifier = new Verifier(material, { tlogThreshold: 1, ctlogThreshold: 1, timestampThreshold: 1 });
  const signer = verifier.verify(signed);
  assertSubject(statementOf(bundle), { input, predicateType });
  return isProvenance && isBuild(signer) ? { kind: "genuine", build: buildOf(signer) } : { kind: "nothing" };
}

function statementOf(bundle: Record<string, unknown>): Record<string, unknown> {
  const envelope = bundle["dsseEnvelope"];
  const payload = isJsonObject(envelope) ? envelope["payload"] : null;
  if (typeof payload !== "string") throw new Error("an attestation says nothing");
  return objectIn(Buffer.from(payload, "base64").toString("utf8"));
}

function assertSubject(
  statement: Record<string, unknown>,
  { input, predicateType }: { input: BundlesInput; predicateType: string },
): void {
  if (statement["predicateType"] !== predicateType) {
    throw new Error("an attestation is of another kind than it is said to be");
  }
  const subjects = Array.isArray(statement["subject"]) ? (statement["subject"] as unknown[]) : [];
  const [subject] = subjects;
  const { name, digest } = isJsonObject(subject) ? subject : {};
  if (subjects.length !== 1 || name !== purlOf(input)) {
    throw new Error(`an attestation is about ${typeof name === "string" ? name : "something else"}`);
  }
  if (!isJsonObject(digest) || digest["sha512"] !== input.sha512) {
    throw new Error("an attestation is about another tarball");
  }
}

function purlOf({ name, version }: BundlesInput): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

function keyidOf(bundle: Record<string, unknown>): string | null {
  const material = bundle["verificationMaterial"];
  const publicKey = isJsonObject(material) ? material["publicKey"] : undefined;
  const hint = isJsonObject(publicKey) ? publicKey["hint"] : undefined;
  return typeof hint === "string" ? hint : null;
}

function trustMaterialOf({ trustRoot, keys }: BundlesInput): TrustMaterial {
  const root = TrustedRoot.fromJSON(JSON.parse(trustRoot));
  return toTrustMaterial(root, (hint) => {
    const found = keys.find(({ keyid }) => keyid === hint);
    if (found === undefined) throw new Error(`the key ${hint} is not known`);
    const { key, expires } = found;
    const end = expires === null ? EVER : new Date(expires);
    return {
      publicKey: createPublicKey({ key: Buffer.from(key, "base64"), format: "der", type: "spki" }),
      validFor: (date) => date < end,
    };
  });
}

// Sigstore gives certificates to everybody with an e-mail address too; only those of builds name a repository.
function isBuild({ identity }: Signer): boolean {
  return [SOURCE_REPOSITORY, WORKFLOW_REPOSITORY].some((oid) => valueOf(identity, oid) !== null);
}

function buildOf({ identity }: Signer): BuildIdentity {
  const subject = identity?.subjectAlternativeName ?? "";
  const repository = extensionOf(identity, SOURCE_REPOSITORY) ?? repositoryIn(subject);
  const config = (extensionOf(identity, BUILD_CONFIG) ?? subject).replace(/@[^@]*$/u, "");
  const start = `${repository ?? ""}/`;
  const workflow = config.startsWith(start) ? config.slice(start.length) : config;
  return {
    issuer: identity?.extensions?.issuer ?? "",
    repository,
    workflow: workflow === "" ? null : workflow,
  };
}

function repositoryIn(subject: string): string | null {
  return /^(https:\/\/[^/]+\/[^/]+\/[^/]+)\//u.exec(subject)?.[1] ?? null;
}

function extensionOf(identity: Signer["identity"], oid: string): string | null {
  const value = valueOf(identity, oid);
  if (value === null || value[0] !== UTF8_STRING) return null;
  const length = value[1] ?? 0;
  if (length <= SHORT_LENGTH_MAX) return value.subarray(2, 2 + length).toString("utf8");
  const lengthBytes = length & SHORT_LENGTH_MAX;
  return value.subarray(2 + lengthBytes).toString("utf8");
}

function valueOf(identity: Signer["identity"], oid: string): Buffer | null {
  const found = identity?.oids?.find((one) => one.oid?.id.join(".") === oid);
  return found === undefined ? null : Buffer.from(found.value);
}
