import { scanDocument } from "./document-scan.ts";
import { parseManifest } from "./manifest-patch.ts";

/**
 * Reads the manifest of one version out of an upstream's document, as it stands there; null if there is none.
 *
 * @throws EntrepotError `upstream-invalid` if the bytes are not a packument
 */
export function readManifest(bytes: Uint8Array, version: string): Record<string, unknown> | null {
  const document = scanDocument(bytes, null);
  const scanned = document.versions.get(version);
  return scanned === undefined ? null : parseManifest(document, scanned);
}
