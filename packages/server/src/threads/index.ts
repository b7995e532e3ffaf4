/*
 * Work that the main thread must never wait for: reading and rendering packuments, compressing, looking into
 * tarballs. Knows nothing of databases, stores or HTTP: a task has values in and values out.
 */
export { askForCollection } from "./ask-for-collection.ts";
export { auditReportOf, readAuditedVersions } from "./audit-bodies.ts";
export { compiledModuleUrl, distUrl } from "./compiled-module-url.ts";
export { gunzipInBackground } from "./gunzip-in-background.ts";
export { createThreadPool } from "./thread-pool.ts";
export type { ThreadPool, ThreadPoolOptions } from "./thread-pool.ts";
export { TARBALL_LIMITS } from "./tasks.ts";
export type {
  GzipView,
  IndexDocumentInput,
  IngestDocumentInput,
  IngestedDocument,
  InspectedTarball,
  InspectTarballInput,
  ReadFiles,
  RenderedReadme,
  TarballDiff,
  RenderLocalViewInput,
  RenderUpstreamViewInput,
  SelectedManifest,
  SelectManifestInput,
  SigningKey,
  TarballLimits,
  AskedVersions,
  ReadAuditInput,
  TaskName,
  Tasks,
} from "./tasks.ts";
