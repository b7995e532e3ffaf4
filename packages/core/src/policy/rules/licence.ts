import { judgeLicence } from "../../licences/judge-licence.ts";
import { licencePicture, type LicencePicture } from "../../licences/licence-picture.ts";
import { publishedBefore } from "../chronology.ts";
import { contentOf } from "../install-scripts.ts";
import { opinion, refusal } from "../opinion.ts";
import type { RuleOptions } from "../rule-settings.ts";
import type { Opinion, PackageHistory, PolicyContext, PolicyRule, VersionFacts } from "../verdict.ts";

type Options = RuleOptions["licence"];

/** A complaint, and what to do about it. */
interface Complaint {
  reason: string;
  outcome: "allow" | "warn" | "hide";
}

/**
 * Against versions from upstream whose licence is denied, or not among those that are allowed: of `OR` one side
 * must be acceptable, of `AND` both. What the tarball says counts where it was looked at. A licence file that
 * holds none of the declared licences is a warning, or a refusal where what it holds is not acceptable; a
 * licence that changed since the version before is a warning.
 */
export const licence: PolicyRule<"licence"> = {
  id: "licence",
  reads: "history",
  isIdle: ({ rules }) => {
    const { allowed, denied, missing, unknown } = rules.licence.options;
    return allowed.length === 0 && denied.length === 0 && missing === "allow" && unknown === "allow";
  },
  judge(facts, context, history) {
    if (facts.origin === "local") return null;
    const picture = pictureOf(facts, context, history);
    const before = publishedBefore(facts, context, history)?.facts ?? null;
    const was = before === null ? null : pictureOf(before, context, history).spdx;
    const complaint = knownComplaint(picture, was, { context, history });
    if (complaint === null || complaint.outcome === "allow") return null;
    const evidence: Opinion["evidence"] = {
      declared: picture.declared.raw,
      kind: picture.declared.kind,
      spdx: picture.spdx,
      observed: picture.observed.join(", ") || null,
      licenceBefore: was,
      versionBefore: before?.version ?? null,
    };
    const said = { reason: complaint.reason, evidence };
    return complaint.outcome === "warn"
      ? opinion({ ...said, outcome: "warn" })
      : refusal(facts, context, said);
  },
};

// Versions of a package mostly say the same, and reading it takes longer than finding it.
function pictureOf(facts: VersionFacts, context: PolicyContext, history: PackageHistory): LicencePicture {
  const content = contentOf(facts, context);
  const license = content?.license ?? facts.license;
  const observed = content?.licenceFiles ?? [];
  const known = history.derive(context, noPictures);
  const key = JSON.stringify([typeof license === "string" ? license : { version: facts.version }, observed]);
  let picture = known.get(key);
  if (picture === undefined) {
    picture = licencePicture(license, observed);
    known.set(key, picture);
  }
  return picture;
}

function noPictures(): Map<string, LicencePicture> {
  return new Map();
}

function knownComplaint(
  picture: LicencePicture,
  was: string | null,
  { context, history }: { context: PolicyContext; history: PackageHistory },
): Complaint | null {
  const known = history.derive(context, noComplaints);
  let complaints = known.get(picture);
  if (complaints === undefined) {
    complaints = new Map();
    known.set(picture, complaints);
  }
  if (!complaints.has(was)) {
    complaints.set(was, complaintOn(picture, { options: context.rules.licence.options, was }));
  }
  return complaints.get(was) ?? null;
}

function noComplaints(): Map<LicencePicture, Map<string | null, Complaint | null>> {
  return new Map();
}

function complaintOn(
  picture: LicencePicture,
  { options, was }: { options: Options; was: string | null },
): Complaint | null {
  const { spdx, declared, observed } = picture;
  if (spdx === null) return withoutLicence(picture, options);
  const { isAcceptable, against } = judgeLicence(spdx, options);
  const source = declared.spdx === null ? " by its licence file" : "";
  if (!isAcceptable) {
    const isDenied = !judgeLicence(spdx, { allowed: [], denied: options.denied }).isAcceptable;
    const list = isDenied ? "denied" : "not among those allowed";
    return {
      outcome: "hide",
      reason: `Its licence is ${spdx}${source}, and ${against.join(", ")} is ${list}`,
    };
  }
  if (picture.isContradicted) {
    const files = observed.join(", ");
    const isHarmless = judgeLicence(observed.join(" AND "), options).isAcceptable;
    return {
      outcome: isHarmless ? "warn" : "hide",
      reason: `It declares ${spdx}, but its licence file is ${files}${isHarmless ? "" : ", which may not be used"}`,
    };
  }
  if (was === null || was === spdx) return null;
  return { outcome: "warn", reason: `Its licence is ${spdx}, while that of the version before was ${was}` };
}

function withoutLicence({ declared }: LicencePicture, options: Options): Complaint {
  switch (declared.kind) {
    case "missing":
      return { outcome: options.missing, reason: "Its manifest names no licence" };
    case "unlicensed": {
      const outcome = options.allowed.length > 0 ? "hide" : options.unknown;
      return { outcome, reason: `Its manifest gives nobody a licence (${declared.raw})` };
    }
    case "file":
      return {
        outcome: options.unknown,
        reason: `Its licence is in a file of which nothing is known (${declared.raw})`,
      };
    default:
      return { outcome: options.unknown, reason: `Its licence is none that is known (${declared.raw})` };
  }
}
