import { refusalText } from "../policy/refusal-text.ts";
import type { PolicyContext, Verdict } from "../policy/verdict.ts";

/** Refusals that are spelled out; a package may have thousands of hidden versions. */
const REFUSALS_MAX = 20;

/** The two representations of a packument: everything, or what an installation needs. */
export type PackumentForm = "full" | "abbreviated";

/** What a view is made for. Can be structured-cloned. */
export interface ViewOptions {
  form: PackumentForm;
  /** Absolute URL of the package as this client addresses us, without a slash at its end. */
  packageUrl: string;
  /** The page on which an exception for the package can be asked for; left out where that is not known. */
  requestUrl?: string;
  policy: PolicyContext;
}

/** A packument under policy. */
export interface RenderedView {
  /** JSON in UTF-8. */
  bytes: Uint8Array;
  /** Versions that policy keeps out of the view, and why. */
  hidden: Array<[version: string, verdict: Verdict]>;
  /** How many versions the view lists. If 0 while some are hidden, the packument itself is to be refused. */
  shown: number;
  /** When the view may change although nothing but time did, in milliseconds; null: never. */
  recheckAt: number | null;
  /** Where `latest` points upstream and where it points here, if policy moved it; null as target: nowhere. */
  movedLatest: [from: string, to: string | null] | null;
}

/** The member `_policy` of a view, which explains what is missing from it. */
export function policyMember(
  hidden: ReadonlyMap<string, Verdict>,
  { droppedTags, moved }: { droppedTags: ReadonlyMap<string, string>; moved: RenderedView["movedLatest"] },
): unknown {
  const entries = [...hidden].map(
    ([version, { rule, reason, until }]) => [version, { rule, reason, until }] as const,
  );
  const [from, to] = moved ?? [];
  return {
    hidden: Object.fromEntries(entries),
    droppedTags: Object.fromEntries(droppedTags),
    ...(typeof to === "string" ? { movedTags: { latest: { from, to } } } : {}),
  };
}

/**
 * The member `policyRestrictions` of a full view, which npm knows: asked for a version in it, npm says `message`
 * instead of that there is no such version. It never installs one.
 */
export function restrictionsMember(
  hidden: ReadonlyMap<string, Verdict>,
  { requestUrl, ...subject }: { name: string; registry: string; requestUrl?: string },
): unknown {
  const texts = [...hidden]
    .slice(-REFUSALS_MAX)
    .map(([version, verdict]) => refusalText(verdict, { ...subject, version }));
  const more = hidden.size - texts.length;
  return {
    versions: Object.fromEntries([...hidden.keys()].map((version) => [version, { version }])),
    message: [
      ...texts,
      ...(more > 0 ? [`${more} more versions are refused.`] : []),
      ...(requestUrl === undefined ? [] : [`Ask at ${requestUrl}`]),
    ].join("\n"),
  };
}

/** Tells where policy moved `latest` to; null if it did not. */
export function movedLatest(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): RenderedView["movedLatest"] {
  const from = before.get("latest");
  const to = after.get("latest") ?? null;
  return from === undefined || from === to ? null : [from, to];
}

/** Everything before the version in a tarball's URL, as JSON text with its opening quote. */
export function tarballUrlStart(packageUrl: string, base: string): string {
  return JSON.stringify(`${packageUrl}/-/${base}-`).slice(0, -1);
}

/** Everything before the version in the URL of a version's attestations, as JSON text with its opening quote. */
export function attestationsUrlStart(packageUrl: string, name: string): string {
  const isPlain = packageUrl.endsWith(`/${name}`);
  const registryUrl = packageUrl.slice(0, isPlain ? -name.length : packageUrl.lastIndexOf("/") + 1);
  return JSON.stringify(`${registryUrl}-/npm/v1/attestations/${name}@`).slice(0, -1);
}
