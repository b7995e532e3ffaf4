import type { Log, Metrics } from "./telemetry/index.ts";
import type { IntegrityMismatch } from "./upstream/index.ts";

/** Writes and counts that an upstream sent other bytes than its document promised: a broken mirror, or an attack. */
export function reportMismatch(
  { log, metrics }: { log: Pick<Log, "error">; metrics: Pick<Metrics, "counter"> },
  { digest, ...event }: IntegrityMismatch,
): void {
  metrics.counter("entrepot_security_events_total", { kind: "integrity-mismatch" }).value += 1;
  const actual = `sha512-${Buffer.from(digest, "hex").toString("base64")}`;
  log.error("an upstream sent a tarball that its document does not promise", { ...event, actual });
}
