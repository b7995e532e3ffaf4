import { expect, it } from "vitest";
import { createMetrics } from "./metrics.ts";

it("exposes counters, histograms, watched numbers and the process", async () => {
  const metrics = createMetrics();
  const route = metrics.route("get-packument");
  route.observe(200, 3);
  route.observe(304, 0.2);
  route.observe(404, 20_000_000);
  metrics.counter("entrepot_logins_total", { outcome: "ok" }).value += 5;
  metrics.counter("entrepot_logins_total", { outcome: "ok" }).value += 1;
  let readings = [{ labels: { queue: 'a"b' }, value: 7 }];
  metrics.watch("entrepot_queue_length", () => readings);
  const { contentType, text } = await metrics.expose();
  expect(contentType).toContain("text/plain");
  expect(text).toContain('entrepot_http_requests_total{route="get-packument",status="2xx"} 1');
  expect(text).toContain('entrepot_http_requests_total{route="get-packument",status="4xx"} 1');
  expect(text).toContain(
    'entrepot_http_request_duration_seconds_bucket{le="0.0005",route="get-packument"} 1',
  );
  expect(text).toContain('entrepot_http_request_duration_seconds_bucket{le="0.005",route="get-packument"} 2');
  expect(text).toContain('entrepot_http_request_duration_seconds_bucket{le="+Inf",route="get-packument"} 3');
  expect(text).toContain('entrepot_http_request_duration_seconds_count{route="get-packument"} 3');
  expect(text).toContain('entrepot_logins_total{outcome="ok"} 6');
  expect(text).toContain('entrepot_queue_length{queue="a\\"b"} 7');
  expect(text).toContain("nodejs_eventloop_lag_p99_seconds");
  expect(text).toContain("process_resident_memory_bytes");
  readings = [];
  expect((await metrics.expose()).text).not.toContain("entrepot_queue_length{");
});

it("counts together what would be too many series", async () => {
  const metrics = createMetrics();
  for (let index = 0; index < 3000; index += 1) {
    metrics.counter("entrepot_upstream_requests_total", { upstream: `u${index}`, outcome: "ok" }).value += 1;
  }
  const { text } = await metrics.expose();
  expect(text).toContain('entrepot_upstream_requests_total{upstream="other",outcome="other"} 1000');
});
