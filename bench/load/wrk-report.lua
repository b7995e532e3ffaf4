-- Prints what wrk measured as one line of JSON, after its own text.
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"durationMs":%.3f,"bytes":%d,"p50Ms":%.3f,"p99Ms":%.3f,"badStatus":%d,"socketErrors":%d,"timeouts":%d}\n',
    summary.requests, summary.duration / 1000, summary.bytes,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.status, errors.connect + errors.read + errors.write, errors.timeout
  ))
end
