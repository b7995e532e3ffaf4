import { isEntrepotError } from "@entrepot/core";
import type { SecretBox } from "../identity/index.ts";

/** A stored credential, opened; or why it cannot be. */
export type OpenedCredential =
  | { credential: string | null; problem: null }
  | { credential: null; problem: string };

/** Opens what is stored of an upstream's credential. A key that was replaced is a problem of that upstream alone. */
export function openCredential(secrets: SecretBox, sealed: string | null): OpenedCredential {
  if (sealed === null) return { credential: null, problem: null };
  try {
    return { credential: secrets.open(sealed), problem: null };
  } catch (error) {
    if (!isEntrepotError(error, "config-invalid")) throw error;
    return { credential: null, problem: error.message };
  }
}
