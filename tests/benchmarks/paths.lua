-- wrk asks the paths of the file that the environment names, one after the other; headers go with each.
local requests, at = {}, 0

function init()
  local headers = {}
  local etag = os.getenv("BENCHMARK_ETAG")
  if etag then headers["If-None-Match"] = etag end
  for path in io.lines(os.getenv("BENCHMARK_PATHS")) do
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"requests": %d, "microseconds": %d, "bytes": %d, "broken": %d, "refused": %d, "median_ms": %.3f, "p95_ms": %.3f}',
    summary.requests, summary.duration, summary.bytes,
    errors.connect + errors.read + errors.write + errors.timeout, errors.status,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000))
end
