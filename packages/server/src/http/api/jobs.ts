import {
  EntrepotError,
  type JobAnswer,
  type JobKindAnswer,
  type JobLineAnswer,
  type PageAnswer,
} from "@entrepot/core";
import type { Job } from "../../jobs/index.ts";
import { apiRoute, NO_BODY, type ApiContext, type ApiRoute } from "./api-route.ts";
import { isoOf } from "./iso-of.ts";
import { limitOf, wholeList } from "./page.ts";

const JOBS_MAX = 200;
/** Jobs of one kind among which its last run and its next are. */
const RECENT = 20;

function shown(job: Job): JobAnswer {
  const { createdAt, finishedAt, runAt, ...rest } = job;
  return {
    ...rest,
    runAt: new Date(runAt).toISOString(),
    createdAt: new Date(createdAt).toISOString(),
    finishedAt: finishedAt === null ? null : new Date(finishedAt).toISOString(),
  };
}

async function list(context: ApiContext<unknown>): Promise<PageAnswer<JobAnswer>> {
  const cursor = context.query("cursor");
  const kind = context.query("kind");
  const { jobs, next } = await context.deps.jobs.list({
    limit: Math.min(JOBS_MAX, limitOf(context.query("limit"))),
    ...(cursor === undefined ? {} : { cursor }),
    ...(kind === undefined ? {} : { kind }),
  });
  return { items: jobs.map(shown), next };
}

async function lines(context: ApiContext<unknown>): Promise<PageAnswer<JobLineAnswer>> {
  return wholeList(await context.deps.jobs.lines(context.param("id")));
}

async function kinds(context: ApiContext<unknown>): Promise<PageAnswer<JobKindAnswer>> {
  const { jobKinds } = context.deps;
  return wholeList(await Promise.all(jobKinds.map((kind) => shownKind(context, kind))));
}

async function shownKind({ deps }: ApiContext<unknown>, kind: string): Promise<JobKindAnswer> {
  const { jobs } = await deps.jobs.list({ kind, limit: RECENT });
  const begun = jobs.filter(({ state }) => state !== "waiting").map(shown);
  const times = jobs.filter(({ state }) => state === "waiting").map(({ runAt }) => runAt);
  return {
    kind,
    last: begun.reduce<JobAnswer | null>((newest, job) => newerOf(newest, job), null),
    nextAt: times.length === 0 ? null : isoOf(Math.min(...times)),
  };
}

function newerOf(left: JobAnswer | null, right: JobAnswer): JobAnswer {
  return left === null || left.runAt < right.runAt ? right : left;
}

async function run(context: ApiContext<unknown>): Promise<unknown> {
  const kind = context.param("kind");
  if (!context.deps.jobKinds.includes(kind)) {
    throw new EntrepotError("not-found", {
      message: `There is no job "${kind}"; there are ${context.deps.jobKinds.join(", ")}.`,
    });
  }
  return await context.deps.jobs.enqueue({ kind, payload: {}, dedupeKey: `manual:${kind}` });
}

/** Background work: what runs, what it said, and running it now. */
export const JOB_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "list-jobs",
    method: "GET",
    path: "/jobs",
    permission: "administer",
    ofWholeServer: true,
    body: NO_BODY,
    handler: list,
  }),
  apiRoute({
    id: "list-job-kinds",
    method: "GET",
    path: "/job-kinds",
    permission: "administer",
    ofWholeServer: true,
    body: NO_BODY,
    handler: kinds,
  }),
  apiRoute({
    id: "job-lines",
    method: "GET",
    path: "/jobs/:id/lines",
    permission: "administer",
    ofWholeServer: true,
    body: NO_BODY,
    handler: lines,
  }),
  apiRoute({
    id: "run-job",
    method: "POST",
    path: "/jobs/:kind/run",
    permission: "administer",
    ofWholeServer: true,
    body: NO_BODY,
    status: 202,
    handler: run,
  }),
];
