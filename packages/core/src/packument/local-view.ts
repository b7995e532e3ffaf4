import { EntrepotError } from "../errors.ts";
import { SLICE_TAIL_LENGTH } from "../manifest.ts";
import { parsePackageName } from "../names.ts";
import { operatorDeprecation } from "../policy/deprecation.ts";
import { judgePackage } from "../policy/judge-package.ts";
import { repointTags } from "../policy/repoint-tags.ts";
import type { Verdict, VersionFacts } from "../policy/verdict.ts";
import {
  movedLatest,
  policyMember,
  restrictionsMember,
  tarballUrlStart,
  type RenderedView,
  type ViewOptions,
} from "./view.ts";

/** One version that was published here. */
export interface LocalVersion {
  version: string;
  /** The slice of `sliceManifest` for the form that is to be rendered. */
  slice: string;
  facts: VersionFacts;
  /** ISO 8601 in UTC. */
  publishedAt: string;
}

/**
 * A package that was published here, as its rows have it. Can be structured-cloned. Times are ISO 8601 in
 * UTC.
 */
export interface LocalPackument {
  name: string;
  rev: string;
  versions: readonly LocalVersion[];
  /** Versions that were taken back, and when they had been published. */
  removedTimes: readonly (readonly [version: string, publishedAt: string])[];
  distTags: readonly (readonly [tag: string, version: string])[];
  maintainers: readonly unknown[];
  /** Who starred it. */
  users: Readonly<Record<string, boolean>>;
  readme: string | null;
  readmeFilename: string | null;
  createdAt: string;
  modifiedAt: string;
}

/** Members that a full packument takes over from the manifest of its `latest`. */
const HOISTED = [
  "description",
  "homepage",
  "keywords",
  "repository",
  "bugs",
  "license",
  "author",
  "contributors",
] as const;

/**
 * Renders what a client sees of a package that was published here. Slices must be of the form that `options`
 * asks for.
 *
 * @throws EntrepotError `internal` if a slice is not one of `sliceManifest`
 */
export function renderLocalView(input: LocalPackument, options: ViewOptions): RenderedView {
  const judged = input.versions.map(({ version, facts }) => ({
    version,
    upstreamVersion: facts.upstreamVersion,
    origin: facts.origin,
    facts: () => facts,
  }));
  const { hidden, recheckAt } = judgePackage(judged, options.policy);
  const shown = input.versions.filter(({ version }) => !hidden.has(version));
  const deprecated = new Set(
    shown
      .filter(
        ({ version, facts }) =>
          facts.deprecated !== null || operatorDeprecation(options.policy, version) !== null,
      )
      .map(({ version }) => version),
  );
  const { tags, dropped } = repointTags(
    new Map(input.distTags),
    shown.map(({ version }) => version),
    (version) => deprecated.has(version),
  );
  const moved = movedLatest(new Map(input.distTags), tags);
  const members = options.form === "full" ? fullMembers(input, shown, tags) : abbreviatedMembers(input);
  const text = [
    ...members,
    `"dist-tags":${JSON.stringify(Object.fromEntries(tags))}`,
    `"versions":{${shown.map(versionMember(input.name, options)).join(",")}}`,
    `"time":${JSON.stringify(timesOf(input, { shown, form: options.form }))}`,
    ...policyMembers(input.name, options, { hidden, droppedTags: dropped, moved }),
  ].join(",");
  const bytes = new TextEncoder().encode(`{${text}}`);
  return { bytes, hidden: [...hidden], shown: shown.length, recheckAt, movedLatest: moved };
}

function policyMembers(
  name: string,
  { form, policy, requestUrl }: ViewOptions,
  { hidden, ...tags }: { hidden: Map<string, Verdict> } & Parameters<typeof policyMember>[1],
): string[] {
  if (hidden.size === 0) return [];
  const members = [`"_policy":${JSON.stringify(policyMember(hidden, tags))}`];
  if (form === "abbreviated") return members;
  const restrictions = restrictionsMember(hidden, {
    name,
    registry: policy.registry,
    ...(requestUrl === undefined ? {} : { requestUrl }),
  });
  return [...members, `"policyRestrictions":${JSON.stringify(restrictions)}`];
}

function abbreviatedMembers(input: LocalPackument): string[] {
  return [`"name":${JSON.stringify(input.name)}`, `"modified":${JSON.stringify(input.modifiedAt)}`];
}

function fullMembers(
  input: LocalPackument,
  shown: readonly LocalVersion[],
  tags: ReadonlyMap<string, string>,
): string[] {
  const members: Record<string, unknown> = {
    _id: input.name,
    _rev: input.rev,
    name: input.name,
    ...hoistedMembers(shown.find(({ version }) => version === tags.get("latest"))),
    maintainers: input.maintainers,
    ...(Object.keys(input.users).length > 0 ? { users: input.users } : {}),
    ...(input.readme === null ? {} : { readme: input.readme }),
    ...(input.readmeFilename === null ? {} : { readmeFilename: input.readmeFilename }),
    _attachments: {},
  };
  return Object.entries(members).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
}

function hoistedMembers(latest: LocalVersion | undefined): Record<string, unknown> {
  if (latest === undefined) return {};
  const manifest = JSON.parse(latest.slice) as Record<string, unknown>;
  const present = HOISTED.filter((member) => manifest[member] !== undefined);
  return Object.fromEntries(present.map((member) => [member, manifest[member]]));
}

function versionMember(name: string, options: ViewOptions): (version: LocalVersion) => string {
  const urlStart = tarballUrlStart(options.packageUrl, parsePackageName(name).base).slice(1);
  return ({ version, slice }) => {
    if (!slice.endsWith('"tarball":""}}')) {
      throw new EntrepotError("internal", {
        message: `The manifest of ${name}@${version} is not stored as a slice.`,
      });
    }
    const at = slice.length - SLICE_TAIL_LENGTH;
    const manifest = `${slice.slice(0, at)}${urlStart}${version}.tgz${slice.slice(at)}`;
    const deprecated = operatorDeprecation(options.policy, version);
    if (deprecated === null) return `"${version}":${manifest}`;
    return `"${version}":${JSON.stringify({ ...(JSON.parse(manifest) as object), deprecated })}`;
  };
}

function timesOf(
  input: LocalPackument,
  { shown, form }: { shown: readonly LocalVersion[]; form: ViewOptions["form"] },
): Record<string, string> {
  const times: [string, string][] = [
    ["created", input.createdAt],
    ["modified", input.modifiedAt],
    ...(form === "full"
      ? input.removedTimes.map(([version, time]): [string, string] => [version, time])
      : []),
    ...shown.map(({ version, publishedAt }): [string, string] => [version, publishedAt]),
  ];
  return Object.fromEntries(times);
}
