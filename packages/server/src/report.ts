import type { FoundDisagreement, RefutedProof } from "./registry/index.ts";
import type { Log, Metrics } from "./telemetry/index.ts";
import type { ChangedIntegrity, IntegrityMismatch } from "./upstream/index.ts";

const VERSIONS_LOGGED_MAX = 10;

/** Writes and counts that an upstream sent other bytes than its document promised: a broken mirror, or an attack. */
export function reportMismatch(
  { log, metrics }: { log: Pick<Log, "error">; metrics: Pick<Metrics, "counter"> },
  { digest, ...event }: IntegrityMismatch,
): void {
  metrics.counter("entrepot_security_events_total", { kind: "integrity-mismatch" }).value += 1;
  const actual = `sha512-${Buffer.from(digest, "hex").toString("base64")}`;
  log.error("an upstream sent a tarball that its document does not promise", { ...event, actual });
}

/** Writes and counts that an upstream promises other content than before for versions that were there already. */
export function reportChanged(
  { log, metrics }: { log: Pick<Log, "error">; metrics: Pick<Metrics, "counter"> },
  { upstream, name, changes }: ChangedIntegrity,
): void {
  metrics.counter("entrepot_security_events_total", { kind: "integrity-change" }).value += changes.length;
  const shown = changes.slice(0, VERSIONS_LOGGED_MAX);
  log.error("an upstream changed the content of versions that it had already", {
    upstream: upstream.name,
    packageName: name,
    count: changes.length,
    version: shown.map(({ version, was, is }) => `${version} from ${was} to ${is}`).join(", "),
  });
}

/** Writes and counts that upstreams of one registry have the same versions with different content. */
export function reportDisagreement(
  { log, metrics }: { log: Pick<Log, "error">; metrics: Pick<Metrics, "counter"> },
  { registry, name, served, others, disagreements }: FoundDisagreement,
): void {
  const { length } = disagreements;
  metrics.counter("entrepot_security_events_total", { kind: "upstreams-disagree" }).value += length;
  const shown = disagreements.slice(0, VERSIONS_LOGGED_MAX);
  log.error("upstreams of a registry have the same versions with different content", {
    registry,
    upstream: [served, ...others].join(", "),
    packageName: name,
    count: length,
    version: shown
      .map(({ version, servedIntegrity: was, otherIntegrity: is }) => `${version} ${was} and ${is}`)
      .join(", "),
  });
}

/** Writes and counts that what somebody chose for a rule cannot be read, so that something stricter counts. */
export function reportDamagedPolicy(
  { log, metrics }: { log: Pick<Log, "error">; metrics: Pick<Metrics, "counter"> },
  reason: string,
): void {
  metrics.counter("entrepot_security_events_total", { kind: "policy-damaged" }).value += 1;
  log.error("a choice of policy is damaged", { reason });
}

/** Writes and counts that what a version shows of its origin is not genuine: forged, or damaged on its way. */
export function reportRefuted(
  { log, metrics }: { log: Pick<Log, "error">; metrics: Pick<Metrics, "counter"> },
  { upstream, name, version, reason }: RefutedProof,
): void {
  metrics.counter("entrepot_security_events_total", { kind: "proof-refuted" }).value += 1;
  log.error("what a version shows of its origin is not genuine", {
    upstream,
    packageName: name,
    version,
    reason,
  });
}
