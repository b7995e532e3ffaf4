import type { Registry } from "prom-client";
import { METRICS } from "./metric-names.ts";
import type { CounterName, GaugeName, HistogramName, LabelsOf, MetricName } from "./metric-names.ts";

/** A plain number that whoever holds it may raise. */
export interface CountMeter {
  value: number;
}

/** Counts durations by size. */
export interface DurationMeter {
  /** Takes a duration in milliseconds. */
  observe(durationMs: number): void;
}

/** Counts the answers of one route. */
export interface RouteMeter {
  /** Takes the status of an answer and how long it took, in milliseconds. */
  observe(status: number, durationMs: number): void;
}

/**
 * The numbers of this process. Meters are plain numbers; they are turned into text only when somebody asks.
 */
export interface Metrics {
  /** Makes the meter of a route; make it once, not per request. */
  route(name: string): RouteMeter;
  /** Makes, or finds, a counter. */
  counter<N extends CounterName>(name: N, labels: LabelsOf<N>): CountMeter;
  /** Makes, or finds, a histogram. */
  durations<N extends HistogramName>(name: N, labels: LabelsOf<N>): DurationMeter;
  /** Reads numbers that someone else keeps whenever the metrics are asked for. */
  watch<N extends CounterName | GaugeName>(name: N, read: () => Reading<N>[]): void;
  /** Writes everything, with figures of process and event loop, in Prometheus' text format. */
  expose(): Promise<{ contentType: string; text: string }>;
}

/** A number as it is now. */
export interface Reading<N extends MetricName> {
  labels: LabelsOf<N>;
  value: number;
}

interface Sample {
  metricName?: string;
  value: number;
  labels: Record<string, string | number>;
}

type Read = () => Sample[];

const SECONDS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/** Labels come from names that people choose, so their number is bounded; the rest is counted together. */
const SERIES_MAX = 2000;

interface State {
  series: Map<MetricName, Map<string, Read>>;
  watched: { name: MetricName; read: Read }[];
  counters: Map<string, CountMeter>;
  histograms: Map<string, DurationMeter>;
  /** Made when the metrics are first asked for. */
  registry: Promise<Registry> | null;
}

/** Makes the metrics of a process; none of the text library is loaded before `expose` is first called. */
export function createMetrics(): Metrics {
  const state: State = {
    series: new Map(),
    watched: [],
    counters: new Map(),
    histograms: new Map(),
    registry: null,
  };
  return {
    route: (name) => routeMeter(state, name),
    counter: (name, labels) => counter(state, name, labels),
    durations: (name, labels) => durations(state, name, labels),
    watch: (name, read) => void state.watched.push({ name, read }),
    async expose() {
      state.registry ??= openRegistry(state);
      const registry = await state.registry;
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

function routeMeter(state: State, route: string): RouteMeter {
  const classes = [1, 2, 3, 4, 5].map((digit) =>
    counter(state, "entrepot_http_requests_total", { route, status: `${digit}xx` }),
  );
  const lasting = durations(state, "entrepot_http_request_duration_seconds", { route });
  return {
    observe(status, durationMs) {
      const meter = classes[Math.floor(status / 100) - 1];
      if (meter !== undefined) meter.value += 1;
      lasting.observe(durationMs);
    },
  };
}

function counter(state: State, name: MetricName, wanted: Readonly<Record<string, string>>): CountMeter {
  const labels = roomFor(state, name, wanted);
  const key = seriesKey(name, labels);
  const known = state.counters.get(key);
  if (known !== undefined) return known;
  const meter: CountMeter = { value: 0 };
  state.counters.set(key, meter);
  addSeries(state, name, { labels, read: () => [{ value: meter.value, labels }] });
  return meter;
}

function durations(state: State, name: MetricName, wanted: Readonly<Record<string, string>>): DurationMeter {
  const labels = roomFor(state, name, wanted);
  const key = seriesKey(name, labels);
  const known = state.histograms.get(key);
  if (known !== undefined) return known;
  const counts = SECONDS.map(() => 0);
  const total = { count: 0, seconds: 0 };
  const meter: DurationMeter = {
    observe(durationMs) {
      const seconds = durationMs / 1000;
      total.count += 1;
      total.seconds += seconds;
      const bucket = SECONDS.findIndex((bound) => seconds <= bound);
      if (bucket !== -1) counts[bucket] = (counts[bucket] ?? 0) + 1;
    },
  };
  state.histograms.set(key, meter);
  addSeries(state, name, { labels, read: () => histogramSamples({ name, labels, counts, total }) });
  return meter;
}

function histogramSamples(histogram: {
  name: string;
  labels: Readonly<Record<string, string>>;
  counts: readonly number[];
  total: { count: number; seconds: number };
}): Sample[] {
  const { name, labels, counts, total } = histogram;
  let below = 0;
  const samples: Sample[] = SECONDS.map((le, index) => {
    below += counts[index] ?? 0;
    return { metricName: `${name}_bucket`, value: below, labels: { le, ...labels } };
  });
  samples.push({ metricName: `${name}_bucket`, value: total.count, labels: { le: "+Inf", ...labels } });
  samples.push({ metricName: `${name}_sum`, value: total.seconds, labels });
  samples.push({ metricName: `${name}_count`, value: total.count, labels });
  return samples;
}

function addSeries(
  state: State,
  name: MetricName,
  series: { labels: Readonly<Record<string, string>>; read: Read },
): void {
  const all = state.series.get(name) ?? new Map<string, Read>();
  state.series.set(name, all);
  all.set(seriesKey(name, series.labels), series.read);
}

/** The labels as wanted, or `other` for all of them when the metric has too many series to take a new one. */
function roomFor(
  state: State,
  name: MetricName,
  wanted: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const series = state.series.get(name);
  if (series === undefined || series.size < SERIES_MAX || series.has(seriesKey(name, wanted))) return wanted;
  return Object.fromEntries(METRICS[name].labels.map((label) => [label, "other"]));
}

function seriesKey(name: MetricName, labels: Readonly<Record<string, string>>): string {
  return `${name} ${METRICS[name].labels.map((label) => JSON.stringify(labels[label])).join(" ")}`;
}

async function openRegistry(state: State): Promise<Registry> {
  const { Registry, collectDefaultMetrics } = await import("prom-client");
  const registry = new Registry();
  for (const name of Object.keys(METRICS) as MetricName[]) {
    const { help, type } = METRICS[name];
    const get = (): Promise<object> => {
      const watched = state.watched.filter((one) => one.name === name).map(({ read }) => read);
      const values = [...(state.series.get(name)?.values() ?? []), ...watched].flatMap((read) => read());
      return Promise.resolve({ name, help, type, aggregator: "sum", values });
    };
    // The registry asks nothing of a metric but its name and `get`.
    registry.registerMetric({ name, help, type, aggregator: "sum", get } as never);
  }
  collectDefaultMetrics({ register: registry });
  return registry;
}
