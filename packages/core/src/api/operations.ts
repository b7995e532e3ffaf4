/** What the API answers about what the server did and does. Times are ISO 8601. */

/** An event of the audit trail. */
export interface AuditEventAnswer {
  seq: number;
  at: string;
  kind: string;
  actor: string;
  credential: string | null;
  address: string | null;
  client: string | null;
  registry: string | null;
  registryId: string | null;
  package: string | null;
  result: string;
  detail: Record<string, unknown>;
  hash: string | null;
}

/** One piece of background work. */
export interface JobAnswer {
  id: string;
  kind: string;
  payload: unknown;
  state: "waiting" | "running" | "done" | "failed";
  dedupeKey: string | null;
  runAt: string;
  attempts: number;
  attemptsMax: number;
  lastError: string | null;
  counts: Readonly<Record<string, number>>;
  createdAt: string;
  finishedAt: string | null;
}

/** One line of what a job said. */
export interface JobLineAnswer {
  attempt: number;
  line: number;
  /** Milliseconds since 1970. */
  at: number;
  text: string;
}

/** A kind of background work that can be run by hand. */
export interface JobKindAnswer {
  kind: string;
  /** Its newest run that has begun; null before the first. */
  last: JobAnswer | null;
  /** When it runs next by itself; null when nothing is planned. */
  nextAt: string | null;
}

/** A text that administrators show to everybody. */
export interface AnnouncementAnswer {
  /** Plain text. */
  text: string;
  level: "info" | "warning";
  /** When it ends by itself. */
  until: string | null;
  setAt: string;
}

/** `GET /announcement` and what sets it: null where there is none. */
export interface ShownAnnouncementAnswer {
  announcement: AnnouncementAnswer | null;
}

/** What the server keeps, as of the last measure. Sizes in bytes. */
export interface StorageAnswer {
  at: string;
  ownBytes: number;
  cachedBytes: number;
  ownVersions: number;
  cachedVersions: number;
  documents: number;
  documentBytes: number;
  databaseBytes: number;
  fetchedInDay: number;
}

/** What administrators are told of the server under `server` of `GET /overview`. */
export interface ServerAnswer {
  version: string;
  isHealthy: boolean;
  problem: string | null;
  uptimeSeconds: number;
  database: string;
  /** Null before the first measure. */
  storage: StorageAnswer | null;
  jobs: { running: Array<{ id: string; kind: string }>; failedInWeek: number };
}
