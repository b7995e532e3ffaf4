/**
 * Background work: one queue in the database that every process shares, handlers that may be run again, a run log
 * that people can read meanwhile, and schedules. It must not know what any job does.
 */
export { createJobQueue } from "./job-queue.ts";
export type { JobFilter, JobQueue, JobQueueDeps } from "./job-queue.ts";
export type { Job, JobContext, JobHandler, JobLine, JobState, NewJob } from "./job.ts";
export type { JobFailure } from "./run-job.ts";
export type { Schedule } from "./schedule.ts";
export type { JobWorker, WorkerOptions } from "./worker.ts";
