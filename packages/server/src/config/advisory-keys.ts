import * as z from "zod";
import type { AdvisoryFeed, AdvisorySettings } from "./config.ts";
import {
  bytes,
  choice,
  described,
  isHostName,
  isPlainUrl,
  list,
  MIB,
  milliseconds,
  optionalLine,
  requiredLine,
  requiredText,
  wholeNumber,
} from "./key-kinds.ts";

/** The public feeds: all advisories about npm packages, what is known to be exploited, and what is likely to be. */
const PUBLIC_FEEDS: AdvisoryFeed[] = [
  {
    name: "osv",
    kind: "osv",
    url: "https://osv-vulnerabilities.storage.googleapis.com/npm/",
    allowedHosts: [],
  },
  {
    name: "kev",
    kind: "kev",
    url: "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
    allowedHosts: [],
  },
  {
    name: "epss",
    kind: "epss",
    url: "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz",
    allowedHosts: ["epss.cyentia.com"],
  },
];

const FEEDS_MAX = 50;
const FEED_NAME = "a name of lower-case letters, digits, dot, hyphen and underscore, and not own";
const FEED_NAME_PATTERN = /^(?!own$)[a-z0-9][a-z0-9._-]{0,49}$/;
const PLACE = "an http or https URL without credentials, query and fragment, a file URL, or a path";
const FINGERPRINT = "a list of fingerprints: 64 hexadecimal digits each";

/** Keys of one feed. */
export const advisoryFeedKeys: Readonly<Record<keyof AdvisoryFeed, z.ZodType>> = {
  name: described(requiredLine(FEED_NAME, FEED_NAME_PATTERN), "Name, shown with each advisory."),
  kind: described(
    choice(["osv", "kev", "epss"], "osv"),
    "Advisories in OSV's format, exploited vulnerabilities (CISA), or exploit prediction scores (FIRST).",
  ),
  url: described(
    requiredText(PLACE, isPlace),
    "Of `osv` a zip, or, ending with a slash, a folder with `all.zip`, `modified_id.csv` and single records.",
  ),
  allowedHosts: described(
    list("a list of host names", isHostName),
    "Further hosts to which the feed may redirect.",
  ),
};

/** Keys of the section. */
export const advisoryKeys: Readonly<Record<keyof AdvisorySettings, z.ZodType>> = {
  feeds: described(
    z
      .array(z.strictObject(advisoryFeedKeys, "a mapping"), "a list of feeds")
      .max(FEEDS_MAX, `at most ${FEEDS_MAX} feeds`)
      .default(PUBLIC_FEEDS)
      .meta({ allowed: "a list of feeds" }),
    "Feeds; those of public data when left out, none when empty.",
  ),
  refreshMinutes: described(
    wholeNumber(5, 1440, 60).refine(
      (minutes) => 60 % minutes === 0 || 1440 % minutes === 0,
      "a number of minutes that an hour or a day can be divided by, at least 5",
    ),
    "How often feeds are asked for what is new.",
  ),
  timeoutMs: described(milliseconds(60_000), "How long to wait for an answer, and for it to go on."),
  downloadBytesMax: described(bytes(1024 * MIB), "Largest file that is fetched."),
  staleHours: described(
    wholeNumber(1, 8760, 48),
    "Age from which on the data counts as stale, which status, metrics and health tell.",
  ),
  signingKeyFile: described(
    optionalLine("a path, relative to the folder of the configuration file"),
    "Ed25519 private key, PEM, that signs exported bundles; one in the data folder when left out.",
  ),
  trustedKeys: described(
    list(FINGERPRINT, (value) => /^[0-9a-f]{64}$/.test(value)),
    "Fingerprints of the keys whose bundles are imported.",
  ),
};

/** The section, or a list of feeds alone, or `none`. */
export const advisoriesSchema: z.ZodType<AdvisorySettings> = z
  .preprocess(spelledOut, z.strictObject(advisoryKeys, "none, a list of feeds, or a mapping"))
  .prefault({})
  .meta({ allowed: "none, a list of feeds, or a mapping" }) as unknown as z.ZodType<AdvisorySettings>;

function spelledOut(value: unknown): unknown {
  if (value === "none") return { feeds: [] };
  return Array.isArray(value) ? { feeds: value as unknown[] } : value;
}

function isPlace(value: string): boolean {
  if (/^https?:/i.test(value)) return isPlainUrl(value);
  if (value.startsWith("file:")) return URL.canParse(value) && new URL(value).host === "";
  return value !== "" && !/^[a-z][a-z0-9+.-]*:/i.test(value) && !/[\r\n\0]/.test(value);
}
