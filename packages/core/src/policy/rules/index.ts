import type { PolicyRule } from "../verdict.ts";
import { age } from "./age.ts";
import { deprecated } from "./deprecated.ts";
import { frozen } from "./frozen.ts";
import { installScript } from "./install-script.ts";
import { integrityChange } from "./integrity-change.ts";
import { licence } from "./licence.ts";
import { allowOnly, denyList } from "./listed.ts";
import { lookAlike } from "./look-alike.ts";
import { malware, suspectedMalware } from "./malware.ts";
import { nameClaim } from "./name-claim.ts";
import { aged, newerPatch, recent, unlisted } from "./notes.ts";
import { operatorAllowed, operatorRefused } from "./operator-status.ts";
import { prerelease } from "./prerelease.ts";
import { publishedSecret } from "./published-secret.ts";
import { reviewFirst } from "./review-first.ts";
import { scannedOnly } from "./scanned-only.ts";
import { trustDowngrade } from "./trust-downgrade.ts";
import { vulnerability } from "./vulnerability.ts";

/** The order in which rules are asked; the first that refuses decides. */
export const RULES: readonly PolicyRule[] = [
  operatorRefused,
  frozen,
  malware,
  nameClaim,
  publishedSecret,
  integrityChange,
  operatorAllowed,
  suspectedMalware,
  denyList,
  allowOnly,
  scannedOnly,
  reviewFirst,
  trustDowngrade,
  vulnerability,
  licence,
  installScript,
  lookAlike,
  prerelease,
  deprecated,
  age,
  unlisted,
  newerPatch,
  recent,
  aged,
];
