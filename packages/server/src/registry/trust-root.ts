import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { isJsonObject } from "@entrepot/core";
import type { Log } from "../telemetry/index.ts";
import type { SigningKey } from "../threads/index.ts";
import { BUNDLED_TRUST_ROOT } from "./bundled-trust-root.ts";

const LOOK_MS = 60_000;
const FILE_BYTES_MAX = 4 * 1024 ** 2;
const MEMBERS = ["tlogs", "certificateAuthorities", "ctlogs"] as const;

/** Who is believed about where packages come from. */
export interface TrustRoot {
  /** A Sigstore trusted root, JSON. */
  json: string;
  /** SHA-256 of the root and its keys, hexadecimal. */
  digest: string;
  /** Keys of registries that count before what an upstream says of a key of the same id. */
  registryKeys: readonly SigningKey[];
}

export interface TrustRootDeps {
  /** The operator's own; null for that of this release. */
  file: string | null;
  now: () => number;
  log: Pick<Log, "error">;
}

/**
 * Makes what gives the trust root. A file is looked at again within a minute, so that it can be replaced while the
 * server runs; while it cannot be read, the last one that could counts.
 */
export function createTrustRoot({ file, now, log }: TrustRootDeps): () => Promise<TrustRoot> {
  let current = { root: parseTrustRoot(BUNDLED_TRUST_ROOT), stamp: "" };
  let lookedAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (file === null || now() - lookedAt < LOOK_MS) return current.root;
    lookedAt = now();
    try {
      const { mtimeMs, size } = await stat(file);
      const stamp = `${mtimeMs} ${size}`;
      if (stamp === current.stamp) return current.root;
      if (size > FILE_BYTES_MAX) throw new Error(`it is larger than ${FILE_BYTES_MAX} bytes`);
      current = { root: parseTrustRoot(await readFile(file, "utf8")), stamp };
    } catch (error) {
      log.error("the trust root cannot be read; the last good one counts", { path: file, error });
    }
    return current.root;
  };
}

/** Reads a trust root. Throws a defect's error if it is none; the text says why. */
export function parseTrustRoot(text: string): TrustRoot {
  const root: unknown = JSON.parse(text);
  if (!isJsonObject(root)) throw new Error("a trust root is a JSON object");
  const lacking = MEMBERS.find((member) => !Array.isArray(root[member]));
  if (lacking !== undefined) throw new Error(`a trust root has a list of ${lacking}`);
  const { registryKeys, ...sigstore } = root;
  const keys = Array.isArray(registryKeys) ? (registryKeys as unknown[]) : [];
  return {
    json: JSON.stringify({ timestampAuthorities: [], ...sigstore }),
    digest: createHash("sha256").update(JSON.stringify(root)).digest("hex"),
    registryKeys: keys.map(keyOf),
  };
}

function keyOf(item: unknown): SigningKey {
  const { keyid, keytype, scheme, key, expires } = isJsonObject(item) ? item : {};
  if (typeof keyid !== "string" || typeof key !== "string") {
    throw new Error("each of registryKeys has a keyid and a key");
  }
  return {
    keyid,
    keytype: typeof keytype === "string" ? keytype : "ecdsa-sha2-nistp256",
    scheme: typeof scheme === "string" ? scheme : "ecdsa-sha2-nistp256",
    key,
    expires: typeof expires === "string" ? expires : null,
  };
}
