-- POST of 256 bytes of JSON; looks at the status of every answer. Prints percentiles in milliseconds, and one line: answers
-- of 202, other answers, socket errors, seconds, and p50, p99 and the longest in milliseconds.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"report":"q3","text":"' .. string.rep("x", 256 - 25) .. '"}'

local threads = {}
local addresses = {}

-- Each thread loads one of the servers whose URLs are in ADDRESSES, in turn.
for host, port in (os.getenv("ADDRESSES") or ""):gmatch("//([^:/ ]+):(%d+)") do
  table.insert(addresses, wrk.lookup(host, port)[1])
end

function setup(thread)
  if #addresses > 1 then
    thread.addr = addresses[#threads % #addresses + 1]
  end
  table.insert(threads, thread)
end

function init()
  accepted = 0
  others = 0
end

-- With DELAY each connection pauses for so many milliseconds before a request.
local pause = tonumber(os.getenv("DELAY") or "0")
if pause > 0 then
  function delay()
    return pause
  end
end

function response(status)
  if status == 202 then
    accepted = accepted + 1
  else
    others = others + 1
  end
end

function done(summary, latency)
  local accepted, others = 0, 0
  for _, thread in ipairs(threads) do
    accepted = accepted + thread:get("accepted")
    others = others + thread:get("others")
  end
  local errors = summary.errors
  for _, percentile in ipairs({ 0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.999 }) do
    io.write(string.format("PERCENTILE %g %.3f\n", percentile, latency:percentile(percentile) / 1e3))
  end
  io.write(string.format("PERCENTILE 100 %.3f\n", latency.max / 1e3))
  io.write(string.format("RESULT %d %d %d %.3f %.2f %.2f %.2f\n", accepted, others,
    errors.connect + errors.read + errors.write + errors.timeout, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
