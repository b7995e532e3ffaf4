import { EntrepotError } from "@entrepot/core";
import type { Job } from "../../jobs/index.ts";
import { apiRoute, NO_BODY, type ApiContext, type ApiRoute } from "./api-route.ts";
import { limitOf, wholeList } from "./page.ts";

const JOBS_MAX = 200;

function shown(job: Job): Record<string, unknown> {
  const { createdAt, finishedAt, runAt, ...rest } = job;
  return {
    ...rest,
    runAt: new Date(runAt).toISOString(),
    createdAt: new Date(createdAt).toISOString(),
    finishedAt: finishedAt === null ? null : new Date(finishedAt).toISOString(),
  };
}

async function list(context: ApiContext<unknown>): Promise<unknown> {
  const cursor = context.query("cursor");
  const kind = context.query("kind");
  const { jobs, next } = await context.deps.jobs.list({
    limit: Math.min(JOBS_MAX, limitOf(context.query("limit"))),
    ...(cursor === undefined ? {} : { cursor }),
    ...(kind === undefined ? {} : { kind }),
  });
  return { items: jobs.map(shown), next };
}

async function lines(context: ApiContext<unknown>): Promise<unknown> {
  return wholeList(await context.deps.jobs.lines(context.param("id")));
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
