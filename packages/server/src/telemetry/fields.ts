/** The vocabulary of the log: one name per thing, here and as labels of metrics. */
export interface Fields {
  requestId?: string;
  method?: string;
  route?: string;
  /** Path and query of a URL; secrets in it are replaced when written. */
  path?: string;
  status?: number;
  address?: string;
  client?: string;
  principal?: string;
  userName?: string;
  tokenId?: string | null;
  registry?: string;
  packageName?: string;
  version?: string;
  tag?: string;
  upstream?: string;
  rule?: string;
  outcome?: string;
  job?: string;
  jobKind?: string;
  attempt?: number;
  thread?: number;
  digest?: string;
  /** Integrity strings: what was to come, and what came. */
  promised?: string;
  actual?: string;
  file?: string;
  url?: string;
  host?: string;
  port?: number;
  reason?: string;
  code?: string;
  count?: number;
  durationMs?: number;
  sizeBytes?: number;
  /** What was thrown; written with its code, stack and causes. */
  error?: unknown;
}
