import { EntrepotError } from "@entrepot/core";

/** The system's code of an error (`ENOENT`, `ENOSPC` …), null when it has none. */
export function systemCode(error: unknown): string | null {
  if (typeof error !== "object" || error === null || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}

/** Tells whether a file or folder was simply not there. */
export function isAbsence(error: unknown): boolean {
  const code = systemCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

/** Makes the one error that the storage port throws; `doing` completes "The storage failed while …". */
export function storageError(error: unknown, doing: string): EntrepotError {
  if (error instanceof EntrepotError) return error;
  const code = systemCode(error);
  const full = code === "ENOSPC" || code === "EDQUOT";
  const message = full ? `The storage is full (while ${doing}).` : `The storage failed while ${doing}.`;
  return new EntrepotError("storage-unavailable", { message, details: { systemCode: code }, cause: error });
}
