/*
 * What the server tells those who run it: a log, one line per request, and metrics. Nothing here may slow a
 * request
 * down, block, or throw; secrets are replaced in everything that is written. Imports only the configuration's
 * types.
 */
export { createAccessLog } from "./access-log.ts";
export type { AccessFields, AccessLog } from "./access-log.ts";
export type { Fields } from "./fields.ts";
export { createLog, createSilentLog } from "./log.ts";
export type { Log } from "./log.ts";
export type { LabelsOf, MetricName } from "./metric-names.ts";
export { createMetrics } from "./metrics.ts";
export type { CountMeter, DurationMeter, Metrics, RouteMeter } from "./metrics.ts";
export { networkPlace } from "./network-place.ts";
export { createOutput } from "./output.ts";
export type { Output } from "./output.ts";
export { scrub } from "./scrub.ts";
