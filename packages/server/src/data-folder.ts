import { constants } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { EntrepotError } from "@entrepot/core";

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "its file system is read-only",
  EEXIST: "there is a file of that name",
  ENOTDIR: "part of the path is a file",
  ENOENT: "it cannot be made there",
  ENOSPC: "the disk is full",
};

/**
 * Makes the data folder when it is missing and sees that it can be written to. Throws `storage-unavailable`, which
 * says why, before anything is opened in it.
 */
export async function prepareDataFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const cause = codeOf(error) === "ENOENT" ? await whyAbsent(path, error) : error;
    const code = codeOf(cause);
    throw new EntrepotError("storage-unavailable", {
      message: `The data folder ${path} cannot be used: ${REASONS[code] ?? String(cause)} (${code}).`,
      cause,
    });
  }
}

// Making a folder with all above it fails with ENOENT whatever is in the way; the nearest one that is there knows.
async function whyAbsent(path: string, error: unknown): Promise<unknown> {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      await access(folder, constants.W_OK);
      return error;
    } catch (cause) {
      if (codeOf(cause) !== "ENOENT") return cause;
    }
  }
  return error;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "";
}
