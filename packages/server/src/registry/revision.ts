import { createHash } from "node:crypto";
import { EntrepotError } from "@entrepot/core";
import type { Database } from "../db/index.ts";
import { requirePackage, type PackageKey } from "./package-rows.ts";

const HASH_CHARS = 16;

/** The `_rev` of a package: the count of its writes and a hash, safe in a URL. */
export function revisionOf(row: { id: string; revision: number }): string {
  const hash = createHash("sha256").update(`${row.id}:${row.revision}`).digest("hex").slice(0, HASH_CHARS);
  return `${row.revision}-${hash}`;
}

/** The `_rev` of a package of a registry's own as it is now. Throws `package-not-found`. */
export async function currentRevision({ db }: { db: Database }, key: PackageKey): Promise<string> {
  return revisionOf(await requirePackage(db.read, key));
}

/** Throws `revision-stale` unless `sent` is the package's current `_rev`. */
export function assertCurrentRevision(row: { id: string; revision: number }, sent: unknown): void {
  if (typeof sent !== "string" || sent === "" || sent === "undefined") {
    throw new EntrepotError("revision-stale", {
      message: "The document has no _rev; read the package with ?write=true and send its _rev along.",
    });
  }
  const current = revisionOf(row);
  if (sent !== current) {
    throw new EntrepotError("revision-stale", {
      message: `The package changed since it was read (it is at ${current}, the request says ${sent}); repeat the command.`,
    });
  }
}
