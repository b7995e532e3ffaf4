import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  type KeyObject,
} from "node:crypto";
import { link, mkdir, readFile, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EntrepotError } from "@entrepot/core";

const KEY_FILE_NAME = "signing.key";

/** The key that signs bundles. */
export interface SigningKey {
  privateKey: KeyObject;
  /** Base64 of the public key in SPKI form. */
  publicKey: string;
  fingerprint: string;
}

/** SHA-256, hexadecimal, of a public key in SPKI form: what people compare. */
export function fingerprintOf(publicKey: string): string {
  return createHash("sha256").update(Buffer.from(publicKey, "base64")).digest("hex");
}

/**
 * The key of a file, or one in `folder`, which is made, for its owner only, when there is none. Throws `config-invalid`
 * when a file holds no Ed25519 key.
 */
export async function loadSigningKey(file: string | null, folder: string): Promise<SigningKey> {
  const path = file ?? join(folder, KEY_FILE_NAME);
  const pem = (await readOrNull(path)) ?? (file === null ? await makeKey(folder, path) : null);
  if (pem === null) throw unusable(path, "it cannot be read");
  return keyOf(path, pem);
}

/** The fingerprint of the key that `loadSigningKey` would give, without making one; null when there is none. */
export async function ownFingerprint(file: string | null, folder: string): Promise<string | null> {
  const path = file ?? join(folder, KEY_FILE_NAME);
  const pem = await readOrNull(path);
  return pem === null ? null : keyOf(path, pem).fingerprint;
}

function keyOf(path: string, pem: string): SigningKey {
  const privateKey = parseKey(path, pem);
  if (privateKey.asymmetricKeyType !== "ed25519") throw unusable(path, "it is of another kind");
  const publicKey = createPublicKey(privateKey).export({ type: "spki", format: "der" }).toString("base64");
  return { privateKey, publicKey, fingerprint: fingerprintOf(publicKey) };
}

function parseKey(path: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // What the library says may repeat parts of the key.
    throw unusable(path, "it is no private key in PEM form");
  }
}

/** Of several processes that start at once, the first one's key is everybody's. */
async function makeKey(folder: string, path: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const temporary = `${path}.${randomBytes(8).toString("hex")}`;
  await writeFile(temporary, pem, { mode: 0o600 });
  try {
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await unlink(temporary);
  }
  return await readFile(path, "utf8");
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw unusable(path, "it cannot be read");
  }
}

function unusable(path: string, why: string): EntrepotError {
  return new EntrepotError("config-invalid", {
    message: `The key file ${path} cannot be used to sign bundles of advisories: ${why}.`,
  });
}
