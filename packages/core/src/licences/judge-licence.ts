import satisfies from "spdx-satisfies";
import { baseOf, leafText, parseExpression, type LicenceLeaf, type LicenceTree } from "./spdx-expression.ts";

/** Licences that may be used, all if empty, and licences that may not. SPDX ids, with an exception if need be. */
export interface LicenceLists {
  allowed: readonly string[];
  denied: readonly string[];
}

/** What lists say of an expression. */
export interface LicenceJudgement {
  isAcceptable: boolean;
  /** Licences that stand in the way; empty if it is acceptable. */
  against: readonly string[];
}

/**
 * Judges an SPDX expression: of `OR` one side must be acceptable, of `AND` both. A licence with an exception
 * may do what the bare one may, and is denied with it unless it is allowed by itself. `-or-later` counts as any
 * of the later ones where it is allowed, and as itself where it is denied.
 *
 * @example judgeLicence("GPL-3.0-only OR MIT", { allowed: [], denied: ["GPL-3.0-only"] }).isAcceptable // true
 */
export function judgeLicence(spdx: string, lists: LicenceLists): LicenceJudgement {
  const tree = parseExpression(spdx);
  if (tree === null) return { isAcceptable: false, against: [spdx] };
  const against = [...new Set(obstacles(tree, lists))];
  return { isAcceptable: against.length === 0, against };
}

function obstacles(tree: LicenceTree, lists: LicenceLists): string[] {
  if ("license" in tree) return isAcceptable(tree, lists) ? [] : [leafText(tree)];
  const left = obstacles(tree.left, lists);
  const right = obstacles(tree.right, lists);
  if (tree.conjunction === "or" && (left.length === 0 || right.length === 0)) return [];
  return [...left, ...right];
}

function isAcceptable(leaf: LicenceLeaf, { allowed, denied }: LicenceLists): boolean {
  if (leaf.exception !== undefined && allowed.includes(leafText(leaf))) return true;
  if (denied.some((entry) => isDeniedBy(leaf, entry))) return false;
  return allowed.length === 0 || isAllowedBy(leaf, allowed);
}

function isAllowedBy(leaf: LicenceLeaf, allowed: readonly string[]): boolean {
  const bare = leafText({ ...leaf, exception: undefined });
  return allowed.some((entry) => isWithin(leafText(leaf), entry) || isWithin(bare, entry));
}

function isDeniedBy(leaf: LicenceLeaf, entry: string): boolean {
  const denied = parseExpression(entry);
  if (denied === null || !("license" in denied)) return false;
  if (denied.exception !== undefined && denied.exception !== leaf.exception) return false;
  if (baseOf(denied.license) === baseOf(leaf.license)) return true;
  // A choice among versions is denied only if the first of them is.
  const first = { license: baseOf(leaf.license) };
  return isWithin(leafText(first), leafText({ ...denied, exception: undefined }));
}

function isWithin(licence: string, entry: string): boolean {
  if (licence === entry) return true;
  try {
    return satisfies(licence, [entry]);
  } catch {
    return false; // one that the library does not know can only be equal
  }
}
