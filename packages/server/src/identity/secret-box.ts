import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, link, mkdir, open, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { EntrepotError } from "@entrepot/core";

/** Encrypts small secrets that must be shown again, such as credentials for upstreams. */
export interface SecretBox {
  /** Encrypts a text; the same text gives another result each time. */
  seal(text: string): string;
  /** Decrypts. Throws config-invalid when the text was sealed with another key or was changed. */
  open(sealed: string): string;
  /** What can be kept of a secret that people chose: nobody finds it by guessing who has not the key. Hexadecimal. */
  fingerprint(text: string): string;
}

const KEY_FILE_NAME = "secret.key";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const FORMAT = "v1.";

/**
 * Makes the box with the key in `<folder>/secret.key`, which is made, for its owner only, when there is none.
 * Several
 * processes may start at once. Throws config-invalid when the file does not hold a key.
 */
export async function createSecretBox(folder: string): Promise<SecretBox> {
  const path = join(folder, KEY_FILE_NAME);
  const key = (await readKey(path)) ?? (await makeKey(folder, path));
  return {
    seal: (text) => seal(key, text),
    open: (sealed) => unseal({ key, path }, sealed),
    fingerprint: (text) => createHmac("sha256", key).update(`fingerprint ${text}`).digest("hex"),
  };
}

function seal(key: Buffer, text: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  const encrypted = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return FORMAT + Buffer.concat([nonce, cipher.getAuthTag(), encrypted]).toString("base64url");
}

function unseal({ key, path }: { key: Buffer; path: string }, sealed: string): string {
  const bytes = Buffer.from(sealed.slice(FORMAT.length), "base64url");
  try {
    if (!sealed.startsWith(FORMAT) || bytes.length < NONCE_BYTES + TAG_BYTES) {
      throw new Error("not a sealed text");
    }
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([
      decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)),
      decipher.final(),
    ]).toString("utf8");
  } catch (cause) {
    throw new EntrepotError("config-invalid", {
      message: `A stored credential cannot be read with the key in ${path}; restore that file or set the credential anew.`,
      cause,
    });
  }
}

async function readKey(path: string): Promise<Buffer | null> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new EntrepotError("config-invalid", {
      message: `The key in ${path} cannot be read.`,
      cause: error,
    });
  }
  const key = Buffer.from(text.trim(), "base64");
  if (key.length === KEY_BYTES) return key;
  throw new EntrepotError("config-invalid", {
    message: `${path} does not hold a key of ${KEY_BYTES} bytes in base64.`,
  });
}

async function publish(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EEXIST") return;
    // File systems without hard links.
    await copyFile(draft, path, constants.COPYFILE_EXCL).catch((cause: unknown) => {
      if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
    });
  }
}

/** Credentials sealed with a key that a power failure takes back could never be read again. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The key appears whole or not at all: a crash leaves only a file that nobody reads. */
async function makeKey(folder: string, path: string): Promise<Buffer> {
  await mkdir(folder, { recursive: true });
  const draft = join(folder, `.${KEY_FILE_NAME}.${randomBytes(8).toString("hex")}`);
  const file = await open(draft, "wx", 0o600);
  try {
    await file.writeFile(`${randomBytes(KEY_BYTES).toString("base64")}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await publish(draft, path);
  } finally {
    await unlink(draft);
  }
  await syncFolder(folder);
  const key = await readKey(path);
  if (key === null) throw new EntrepotError("config-invalid", { message: `${path} went away.` });
  return key;
}
