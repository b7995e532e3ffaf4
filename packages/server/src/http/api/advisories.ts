import { z } from "zod";
import {
  EntrepotError,
  matchAdvisories,
  normalizeVersion,
  riskCategory,
  SEVERITIES,
  type Advisory,
  type RiskProfile,
  type AdvisoryAnswer,
  type AdvisoryStatusAnswer,
  type FeedAnswer,
  type FoundAdvisoryAnswer,
  type PackageAdvisoryAnswer,
  type PageAnswer,
} from "@entrepot/core";
import {
  checkedRecord,
  findIn,
  recordOfShort,
  type Epoch,
  type FeedState,
  type FoundAdvisory,
  type OwnAdvisory,
  type OwnRecord,
} from "../../advisories/index.ts";
import { actorOf, apiRoute, NO_BODY, type ApiContext, type ApiRoute } from "./api-route.ts";
import { ByteStream, SentBytes } from "./byte-stream.ts";
import { isoOf, isoOrNull } from "./iso-of.ts";
import { wholeList } from "./page.ts";

const TEXT_MAX = 2000;
const LIST_MAX = 1000;

const syncBody = z.strictObject({
  full: z.boolean().default(false),
  acceptShrink: z.boolean().default(false),
});
const rollbackBody = z.strictObject({ epoch: z.int().positive() });
const shortBody = z.strictObject({
  id: z.string().max(128).optional(),
  package: z.string().max(255),
  versions: z.array(z.string().max(256)).max(LIST_MAX).optional(),
  range: z.string().max(TEXT_MAX).optional(),
  summary: z.string().min(1).max(TEXT_MAX),
  severity: z.enum(SEVERITIES as [string, ...string[]]).optional() as z.ZodType<
    Advisory["severity"] & string
  >,
  malware: z.boolean().optional(),
  aliases: z.array(z.string().max(128)).max(LIST_MAX).optional(),
  url: z
    .url({ protocol: /^https?$/ })
    .max(TEXT_MAX)
    .optional(),
});
/** Short, or a record in OSV's format under `osv`. */
const ownBody = z.union([z.strictObject({ osv: z.record(z.string(), z.unknown()) }), shortBody]);

function ownRecordOf({ body, deps }: ApiContext<z.infer<typeof ownBody>>): OwnRecord {
  return "osv" in body ? checkedRecord(body.osv) : recordOfShort(body, deps.now());
}

function shownAdvisory(advisory: Advisory, profile: RiskProfile): AdvisoryAnswer {
  const { publishedAt, modifiedAt, withdrawnAt, ...rest } = advisory;
  return {
    ...rest,
    risk: riskCategory(advisory, profile),
    publishedAt: isoOrNull(publishedAt),
    modifiedAt: isoOf(modifiedAt),
    withdrawnAt: isoOrNull(withdrawnAt),
  };
}

function shownFound({ advisory, packages }: FoundAdvisory, profile: RiskProfile): FoundAdvisoryAnswer {
  return { ...shownAdvisory(advisory, profile), packages };
}

async function profileOf({ deps }: ApiContext<unknown>): Promise<RiskProfile> {
  return await deps.assessments.riskProfile(deps.workspaceId);
}

function shownOwn({ createdAt, updatedAt, ...rest }: OwnAdvisory): Record<string, unknown> {
  return { ...rest, createdAt: isoOf(createdAt), updatedAt: isoOf(updatedAt) };
}

function shownEpoch({ id, createdAt, origin, createdBy, advisories, packages, feeds }: Epoch): object {
  return {
    epoch: id,
    createdAt: isoOf(createdAt),
    origin,
    createdBy,
    advisories,
    packages,
    feeds: feeds.map(({ name, kind, records, checkedAt }) => ({
      name,
      kind,
      records,
      checkedAt: isoOrNull(checkedAt),
    })),
  };
}

async function mayAdminister({ deps, principal }: ApiContext<unknown>): Promise<boolean> {
  const target = { registry: null, packageName: null };
  return (await deps.access.ask({ principal, permission: "administer", target })).allowed;
}

// Where feeds come from, and what went wrong there, is for who can do something about it.
function shownFeed(feed: FeedState, isAdmin: boolean): FeedAnswer {
  const { newestAt, fetchedAt, checkedAt, failedAt, failure, url, ...rest } = feed;
  return {
    ...rest,
    url: isAdmin ? url : null,
    newestAt: isoOrNull(newestAt),
    fetchedAt: isoOrNull(fetchedAt),
    checkedAt: isoOrNull(checkedAt),
    failedAt: isoOrNull(failedAt),
    failure: isAdmin ? failure : null,
  };
}

async function status(context: ApiContext<unknown>): Promise<AdvisoryStatusAnswer> {
  const { deps } = context;
  const { feeds, alarms, currentAt, createdAt, hold, ...rest } = deps.advisories.state();
  const isAdmin = await mayAdminister(context);
  return {
    ...rest,
    createdAt: isoOrNull(createdAt),
    currentAt: isoOrNull(currentAt),
    ageSeconds: currentAt === null ? null : Math.max(0, Math.round((deps.now() - currentAt) / 1000)),
    heldAtEpoch: hold?.epoch ?? null,
    feeds: feeds.map((feed) => shownFeed(feed, isAdmin)),
    alarms: isAdmin ? alarms : [],
  };
}

type Known = NonNullable<Parameters<typeof findIn>[0]>;

/** Does something with what is known now, or was known at the time of the query. */
async function withKnown<T>(context: ApiContext<unknown>, use: (known: Known) => T): Promise<T> {
  const { advisories } = context.deps;
  const text = context.query("at");
  if (text === undefined) {
    await advisories.ready();
    return use({ of: advisories.of, namesOf: (id) => namesOf(advisories.find(id)) });
  }
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw invalid('"at" is a day or a moment in ISO 8601, such as 2026-05-01.');
  const former = await advisories.at(time);
  if (former === null) {
    throw new EntrepotError("not-found", { message: `Nothing is kept of what was known at ${text}.` });
  }
  try {
    return use(former);
  } finally {
    former.close();
  }
}

function namesOf(found: readonly FoundAdvisory[]): string[] {
  return found.flatMap(({ packages }) => packages.map(({ name }) => name));
}

async function listOf(context: ApiContext<unknown>): Promise<PageAnswer<PackageAdvisoryAnswer>> {
  const name = context.query("package");
  if (name === undefined) throw invalid('Name a package, such as "?package=left-pad&version=1.0.0".');
  const version = versionOf(context);
  const profile = await profileOf(context);
  return await withKnown(context, (known) => {
    const all = known.of(name);
    const list = version === null ? all : matchAdvisories(all, version);
    return wholeList(
      list.map(({ affected, ...advisory }) => ({
        ...shownAdvisory(advisory, profile),
        package: name,
        affected,
      })),
    );
  });
}

function versionOf(context: ApiContext<unknown>): string | null {
  const text = context.query("version");
  if (text === undefined) return null;
  return normalizeVersion(text) ?? text;
}

async function show(context: ApiContext<unknown>): Promise<PageAnswer<FoundAdvisoryAnswer>> {
  const id = context.param("id");
  const found = await withKnown(context, (known) => findIn(known, id));
  if (found.length === 0) {
    throw new EntrepotError("not-found", { message: `No advisory is known by the id "${id}".` });
  }
  const profile = await profileOf(context);
  return wholeList(found.map((one) => shownFound(one, profile)));
}

async function sync({ deps, body }: ApiContext<z.infer<typeof syncBody>>): Promise<unknown> {
  if (!deps.advisories.hasFeeds) {
    throw new EntrepotError("not-found", {
      message: "No feeds are configured here; import a bundle, or name feeds under advisories.feeds.",
    });
  }
  const payload = { ...body, isManual: true };
  const key = `manual:sync-advisories:${body.full}:${body.acceptShrink}`;
  return await deps.jobs.enqueue({ kind: "sync-advisories", payload, dedupeKey: key });
}

async function importBundle(context: ApiContext<SentBytes>): Promise<unknown> {
  const has = (name: string): boolean => context.query(name) === "true";
  const options = {
    trust: context.query("trust") ?? null,
    acceptsShrink: has("acceptShrink"),
    acceptsOlder: has("acceptOlder"),
    actor: actorOf(context).actor,
  };
  try {
    const report = await context.deps.advisories.importBundle(context.body.chunks, options);
    const { epoch, fingerprint, createdAt } = report;
    return { ...shownEpoch(epoch), fingerprint, bundleCreatedAt: isoOf(createdAt) };
  } catch (error) {
    await context.body.discard();
    throw error;
  }
}

function invalid(message: string): EntrepotError {
  return new EntrepotError("request-invalid", { message });
}

const WHOLE_SERVER = { permission: "administer", ofWholeServer: true } as const;

/** What is known of vulnerabilities and malware, where it comes from, and what is added here. */
export const ADVISORY_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "advisory-status",
    method: "GET",
    path: "/advisories/status",
    permission: "user",
    body: NO_BODY,
    handler: status,
  }),
  apiRoute({
    id: "list-advisories",
    method: "GET",
    path: "/advisories",
    permission: "user",
    body: NO_BODY,
    handler: listOf,
  }),
  apiRoute({
    id: "show-advisory",
    method: "GET",
    path: "/advisories/:id",
    permission: "user",
    body: NO_BODY,
    handler: show,
  }),
  apiRoute({
    ...WHOLE_SERVER,
    id: "list-advisory-epochs",
    method: "GET",
    path: "/advisories/epochs",
    body: NO_BODY,
    handler: async ({ deps }) => wholeList((await deps.advisories.epochs()).map(shownEpoch)),
  }),
  apiRoute({
    ...WHOLE_SERVER,
    id: "sync-advisories",
    method: "POST",
    path: "/advisories/sync",
    body: syncBody,
    status: 202,
    handler: sync,
  }),
  apiRoute({
    ...WHOLE_SERVER,
    id: "roll-advisories-back",
    method: "POST",
    path: "/advisories/rollback",
    body: rollbackBody,
    handler: async (context) =>
      shownEpoch(await context.deps.advisories.rollBack(context.body.epoch, actorOf(context).actor)),
  }),
  apiRoute({
    ...WHOLE_SERVER,
    id: "export-advisories",
    method: "GET",
    path: "/advisories/bundle",
    body: NO_BODY,
    handler: async ({ deps }) => new ByteStream(await deps.advisories.exportBundle()),
  }),
  apiRoute({
    ...WHOLE_SERVER,
    id: "import-advisories",
    method: "POST",
    path: "/advisories/bundle",
    body: z.instanceof(SentBytes, { error: "send the file with content-type: application/octet-stream" }),
    handler: importBundle,
  }),
  apiRoute({
    ...WHOLE_SERVER,
    id: "list-own-advisories",
    method: "GET",
    path: "/advisories/own",
    body: NO_BODY,
    handler: async ({ deps }) => wholeList((await deps.advisories.own.list()).map(shownOwn)),
  }),
  apiRoute({
    ...WHOLE_SERVER,
    id: "add-own-advisory",
    method: "POST",
    path: "/advisories/own",
    body: ownBody,
    status: 201,
    async handler(context) {
      const record = ownRecordOf(context);
      const { id: epoch } = await context.deps.advisories.own.add(record, actorOf(context).actor);
      return { id: record.id, epoch };
    },
  }),
  apiRoute({
    ...WHOLE_SERVER,
    id: "replace-own-advisory",
    method: "PUT",
    path: "/advisories/own/:id",
    body: ownBody,
    async handler(context) {
      const id = context.param("id");
      const { body } = context;
      const record = ownRecordOf("osv" in body ? context : { ...context, body: { ...body, id } });
      if (record.id !== id) throw invalid(`The id of the record is ${record.id}, that of the URL ${id}.`);
      const { id: epoch } = await context.deps.advisories.own.replace(record, actorOf(context).actor);
      return { id, epoch };
    },
  }),
  apiRoute({
    ...WHOLE_SERVER,
    id: "remove-own-advisory",
    method: "DELETE",
    path: "/advisories/own/:id",
    body: NO_BODY,
    async handler(context) {
      await context.deps.advisories.own.remove(context.param("id"), actorOf(context).actor);
    },
  }),
];
