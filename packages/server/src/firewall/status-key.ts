import { EntrepotError, normalizeVersion, parsePackageName } from "@entrepot/core";
import type { ChangeLog } from "../changes/index.ts";
import type { Database } from "../db/index.ts";

const EVERY_VERSION = "*";
const REASON_CHARS_MAX = 500;

/** What an operator's word is about. */
export interface StatusKey {
  workspaceId: string;
  /** Empty for every registry. */
  registryId: string;
  name: string;
  version: string;
}

export interface StatusDeps {
  db: Database;
  changes: ChangeLog;
  now: () => number;
}

/** The key as it is kept. Throws `name-invalid` and `version-invalid`. */
export function checkedKey(key: StatusKey): StatusKey {
  const name = parsePackageName(key.name).full;
  const version = key.version === EVERY_VERSION ? EVERY_VERSION : normalizeVersion(key.version);
  if (version === null) {
    throw new EntrepotError("version-invalid", {
      message: `"${key.version}" is not a version; name an exact one such as 1.2.3, or * for all.`,
    });
  }
  return { ...key, name, version };
}

/** Throws `request-invalid` for a reason that is too long. */
export function checkReason(reason: string): void {
  if (reason.length <= REASON_CHARS_MAX) return;
  throw new EntrepotError("request-invalid", {
    message: `A reason has at most ${REASON_CHARS_MAX} characters.`,
  });
}
