/** What the JSON API answers about advisories. Times are ISO 8601. */
import type { Advisory, AffectedVersions, Severity } from "../advisories/advisory.ts";
import type { RiskCategory } from "../advisories/risk.ts";

/** What a feed says about one issue, and how much it matters here. */
export interface AdvisoryAnswer extends Omit<Advisory, "publishedAt" | "modifiedAt" | "withdrawnAt"> {
  risk: RiskCategory;
  publishedAt: string | null;
  modifiedAt: string;
  withdrawnAt: string | null;
}

/** An advisory about one package: `GET /advisories?package=`. */
export interface PackageAdvisoryAnswer extends AdvisoryAnswer {
  package: string;
  affected: AffectedVersions;
}

/** An advisory with all packages it is about: `GET /advisories/ID`. */
export interface FoundAdvisoryAnswer extends AdvisoryAnswer {
  packages: { name: string; affected: AffectedVersions }[];
}

/** Where advisories come from; `url` and `failure` are for administrators. */
export interface FeedAnswer {
  name: string;
  kind: string;
  url: string | null;
  records: number;
  newestAt: string | null;
  fetchedAt: string | null;
  checkedAt: string | null;
  failedAt: string | null;
  failure: string | null;
}

/** How current the knowledge is: `GET /advisories/status`. */
export interface AdvisoryStatusAnswer {
  /** Number of the data in force; null before the first. */
  epoch: number | null;
  createdAt: string | null;
  currentAt: string | null;
  ageSeconds: number | null;
  advisories: number;
  packages: number;
  /** Set after going back to earlier data: feeds are not followed. */
  heldAtEpoch: number | null;
  feeds: FeedAnswer[];
  /** What someone should look at. */
  alarms: readonly string[];
}

/** What somebody made of an advisory. */
export interface AssessmentAnswer {
  /** `*` for every registry; null for one that is gone. */
  registry: string | null;
  advisory: string;
  type: string;
  colour: string;
  /** As what it counts; null: as before. */
  severity: Severity | null;
  isInForce: boolean;
  comment: string | null;
  setBy: string | null;
  setAt: string;
  expiresAt: string | null;
}

/** A word by which advisories are assessed. */
export interface AssessmentTypeAnswer {
  name: string;
  colour: string;
  severity: Severity | null;
  /** After how many days one ends if nothing else is said; null: never. */
  days: number | null;
  isBuiltIn: boolean;
}
