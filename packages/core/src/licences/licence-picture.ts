import { declaredLicence, type DeclaredLicence } from "./declared-licence.ts";
import { baseOf } from "./spdx-expression.ts";

/** What is known of a version's licence from both sides. */
export interface LicencePicture {
  /** What its manifest says. */
  declared: DeclaredLicence;
  /** What was recognised in its files; empty if they were not looked at. */
  observed: readonly string[];
  /**
   * The SPDX expression that counts: the declared one; where none is declared, all of what was observed. Null if
   * neither is known.
   */
  spdx: string | null;
  /** True if a licence is declared, others are in the files, and none is the same. */
  isContradicted: boolean;
}

/**
 * Puts together what a manifest declares and what its licence files hold.
 *
 * @example licencePicture("SEE LICENSE IN LICENSE.md", ["MIT"]).spdx // "MIT"
 */
export function licencePicture(license: unknown, observed: readonly string[]): LicencePicture {
  const declared = declaredLicence(license);
  const declaredBases = new Set(declared.ids.map((id) => baseOf(id.replace(/ WITH .*$/u, ""))));
  const isContradicted =
    declared.spdx !== null && observed.length > 0 && !observed.some((id) => declaredBases.has(baseOf(id)));
  const fromFiles = observed.length === 0 || declared.kind === "unlicensed" ? null : observed.join(" AND ");
  return { declared, observed, spdx: declared.spdx ?? fromFiles, isContradicted };
}
