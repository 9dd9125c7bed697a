#!/usr/bin/env bash
# What refusals cost, and what they cost those who are accepted beside them: overload.sh
# A route whose queue is full refuses everything; another accepts. ROUNDS, DURATION and WARMUP (seconds) and JVM_OPTIONS may be set.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/rig.sh"
ROUNDS=${ROUNDS:-3} DURATION=${DURATION:-8} WARMUP=${WARMUP:-15}
need wrk
need curl
prepare

# wrk on a path of the gateway, in the background: load <log> <path> <connections> <pause of each in ms> <seconds>
load() {
  DELAY=$4 wrk -t1 -c"$3" -d"${5}s" -s "$LOADTEST/accept.lua" "$BASE$2" >"$TARGET/wrk-$1.log" 2>&1 &
  LOADS+=($!)
}

# Answers of 202, other answers, errors, a second's worth and latencies of a load: figures <log>
figures() { awk '$1 == "RESULT" { $1 = ""; print; found = 1 } END { exit !found }' "$TARGET/wrk-$1.log"; }

# Runs the loads begun so far to their end and asks the operator's health all the while: finish <name> <log> ...
finish() {
  local name=$1 before longest=0 took pid log
  shift
  before=$(cpu_ms "$GATEWAY")
  while kill -0 "${LOADS[0]}" 2>/dev/null; do
    took=$(curl -fsS -m 10 -o /dev/null -w '%{time_total}' "$MANAGEMENT/actuator/health/readiness" || echo 10)
    longest=$(awk -v a="$longest" -v b="$took" 'BEGIN { print (a > b ? a : b) }')
    sleep 0.2
  done
  for pid in "${LOADS[@]}"; do wait "$pid"; done
  LOADS=()
  echo "$name $(($(cpu_ms "$GATEWAY") - before)) $longest $(for log in "$@"; do figures "$log"; done | tr '\n' ' ')" >>"$TARGET/rounds.txt"
}

free_ports 3
start_backend "${PORTS[2]}"
start_gateway "$BACKEND_URL"
until [ "$(curl -s -o /dev/null -w '%{http_code}' -d x "$BASE/full?hang=true")" = 503 ]; do :; done
rm -f "$TARGET/rounds.txt"
LOADS=()
load a '/accept?hang=true' 64 0 "$WARMUP"; finish warm-up a
load r '/full?hang=true' 64 0 "$WARMUP"; finish warm-up r
for ((round = 1; round <= ROUNDS; round++)); do
  load a '/accept?hang=true' 64 0 "$DURATION"; finish accepted-alone a
  load r '/full?hang=true' 64 0 "$DURATION"; finish refused-alone r
  load a '/accept?hang=true' 32 20 "$DURATION"; finish paced-alone a
  load a '/accept?hang=true' 32 20 "$DURATION"; load r '/full?hang=true' 32 5 "$DURATION"; finish paced-beside a r
done

printf '%-16s %10s %10s %9s %9s %12s %12s\n' round 'accepted/s' 'refused/s' 'p50 ms' 'p99 ms' 'cpu s/10000' 'health ms'
awk '{ accepted = $4; refused = $5; seconds = $7
  if ($1 == "paced-beside") { refused += $12; accepted += $11 }
  printf "%-16s %10.0f %10.0f %9.2f %9.2f %12.2f %12.0f\n", $1, accepted / seconds, refused / seconds, $8, $9,
    $2 * 10 / (accepted + refused + !(accepted + refused)), $3 * 1000 }' "$TARGET/rounds.txt"
awk '$1 == "accepted-alone" { a += $4; ca += $2 } $1 == "refused-alone" { r += $5; cr += $2 }
  $1 == "paced-alone" { p += $4 } $1 == "paced-beside" { b += $4 }
  END { printf "\na refusal costs %.2f of an accept; at a given pace %.3f as many were accepted beside the refusals\n",
    (cr / r) / (ca / a), b / p }' "$TARGET/rounds.txt"
