/** What a metric counts, and which labels it has. Labels never carry package names. */
export interface MetricKind {
  type: "counter" | "gauge" | "histogram";
  help: string;
  labels: readonly string[];
}

interface CounterLabels {
  entrepot_http_requests_total: "route" | "status";
  entrepot_upstream_requests_total: "upstream" | "outcome";
  entrepot_refusals_total: "rule";
  entrepot_jobs_total: "kind" | "outcome";
  entrepot_logins_total: "outcome";
  entrepot_security_events_total: "kind";
  entrepot_log_lines_dropped_total: "log";
  entrepot_audit_events_dropped_total: "reason";
  entrepot_advisory_failures_total: "feed";
  entrepot_decisions_dropped_total: "reason";
}

interface GaugeLabels {
  entrepot_upstream_breaker_state: "upstream";
  entrepot_cache_bytes: "cache";
  entrepot_queue_length: "queue";
  entrepot_advisory_age_seconds: "feed";
  entrepot_advisories: "feed";
}

interface HistogramLabels {
  entrepot_http_request_duration_seconds: "route";
  entrepot_upstream_request_duration_seconds: "upstream";
}

type AllLabels = CounterLabels & GaugeLabels & HistogramLabels;

/** The name of a metric. */
export type MetricName = keyof AllLabels;
export type CounterName = keyof CounterLabels;
export type GaugeName = keyof GaugeLabels;
export type HistogramName = keyof HistogramLabels;

/** The labels of a metric, all of them. */
export type LabelsOf<N extends MetricName> = Readonly<Record<AllLabels[N], string>>;

/** Every metric of the server. */
export const METRICS: { readonly [N in MetricName]: MetricKind & { labels: readonly AllLabels[N][] } } = {
  entrepot_http_requests_total: {
    type: "counter",
    help: "Requests answered, by route and class of status.",
    labels: ["route", "status"],
  },
  entrepot_http_request_duration_seconds: {
    type: "histogram",
    help: "Time from the head of a request to the end of its answer.",
    labels: ["route"],
  },
  entrepot_upstream_requests_total: {
    type: "counter",
    help: "Requests to upstreams, by what came back.",
    labels: ["upstream", "outcome"],
  },
  entrepot_upstream_request_duration_seconds: {
    type: "histogram",
    help: "Time from asking an upstream to the end of its answer.",
    labels: ["upstream"],
  },
  entrepot_upstream_breaker_state: {
    type: "gauge",
    help: "Circuit breaker of an upstream: 0 closed, 1 half open, 2 open.",
    labels: ["upstream"],
  },
  entrepot_cache_bytes: { type: "gauge", help: "Bytes that a cache holds.", labels: ["cache"] },
  entrepot_queue_length: { type: "gauge", help: "Work that waits in a queue.", labels: ["queue"] },
  entrepot_refusals_total: {
    type: "counter",
    help: "Answers that a policy rule refuses a version.",
    labels: ["rule"],
  },
  entrepot_jobs_total: {
    type: "counter",
    help: "Runs of jobs, by how they ended.",
    labels: ["kind", "outcome"],
  },
  entrepot_logins_total: {
    type: "counter",
    help: "Checks of passwords, by how they ended.",
    labels: ["outcome"],
  },
  entrepot_security_events_total: {
    type: "counter",
    help: "Content that was not what had been promised, or that upstreams disagree about; policy that is damaged.",
    labels: ["kind"],
  },
  entrepot_log_lines_dropped_total: {
    type: "counter",
    help: "Lines lost because their reader was too slow or gone.",
    labels: ["log"],
  },
  entrepot_audit_events_dropped_total: {
    type: "counter",
    help: "Audit events lost because the database did not take them.",
    labels: ["reason"],
  },
  entrepot_decisions_dropped_total: {
    type: "counter",
    help: "Entries of the decision log lost because there were too many, or the database did not take them.",
    labels: ["reason"],
  },
  entrepot_advisory_failures_total: {
    type: "counter",
    help: "Feeds of advisories that were not taken.",
    labels: ["feed"],
  },
  entrepot_advisory_age_seconds: {
    type: "gauge",
    help: "Time since a feed of advisories was last known to be current.",
    labels: ["feed"],
  },
  entrepot_advisories: { type: "gauge", help: "Records of a feed of advisories.", labels: ["feed"] },
};
