#!/usr/bin/env bash
# Processor time of durable accepts of two versions, in turn on one machine: compare.sh <jar of the version before>
# The other one is target/sluice.jar. Both run all the time, each is loaded for DURATION seconds in each of ROUNDS.
# ROUNDS, DURATION and WARMUP (seconds), CONNECTIONS, JVM_OPTIONS and JAVA_HOME may be set.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/rig.sh"
ROUNDS=${ROUNDS:-8} DURATION=${DURATION:-5} WARMUP=${WARMUP:-20} CONNECTIONS=${CONNECTIONS:-64}
[ $# -eq 1 ] && [ -f "$1" ] || die "usage: compare.sh <jar of the version before>"
need wrk
need curl
prepare
rm -rf "$TARGET/before" "$TARGET/compare.txt"
"$JAVA" -Djarmode=tools -jar "$1" extract --destination "$TARGET/before" >/dev/null

declare -A SERVER URL
gateway() {
  local name=$1 directory=$2 port=$3 management=$4
  # shellcheck disable=SC2086 # the options are words
  GATEWAY_PORT=$port MANAGEMENT_PORT=$management DATA=$TARGET/data/$name \
    start "$name" "$JAVA" $JVM_OPTIONS -jar "$directory"/*.jar \
    --spring.config.additional-location="file:$LOADTEST/application.yaml"
  SERVER[$name]=$PID URL[$name]=http://127.0.0.1:$port
  await "$PID" "$name" "http://127.0.0.1:$management/actuator/health/readiness"
}

# Processor time so far in milliseconds: of all threads, of those that speak HTTP, of the journal's.
threads() {
  cat /proc/"$1"/task/*/stat 2>/dev/null | awk -v hertz="$(getconf CLK_TCK)" '
    { name = $0; sub(/^[^(]*\(/, "", name); sub(/\) [^)]*$/, "", name); sub(/.*\) /, ""); used = $12 + $13; all += used }
    name ~ /^sluice-http/ { http += used }
    name ~ /^sluice-journal/ { journal += used }
    END { printf "%.0f %.0f %.0f", all * 1000 / hertz, http * 1000 / hertz, journal * 1000 / hertz }'
}

load() {
  local name=$1 before
  before=$(threads "${SERVER[$name]}")
  wrk_accepts "$2" "${URL[$name]}/accept?hang=true"
  echo "$name $before $(threads "${SERVER[$name]}")$RESULT" >>"$TARGET/compare.txt"
}

free_ports 5
start_backend "${PORTS[4]}"
export BACKEND_URL
gateway before "$TARGET/before" "${PORTS[0]}" "${PORTS[1]}"
gateway after "$APP" "${PORTS[2]}" "${PORTS[3]}"
for name in before after before after; do load "$name" "$((WARMUP / 2))"; done
rm -f "$TARGET/compare.txt"
for ((round = 1; round <= ROUNDS; round++)); do
  for name in $([ $((round % 2)) -eq 1 ] && echo before after || echo after before); do load "$name" "$DURATION"; done
done

awk '
  { done = $8 + !$8; n[$1]++; all = ($5 - $2) * 10 / done; sum[$1, 1] += all; squares[$1] += all * all
    sum[$1, 2] += ($6 - $3) * 10 / done; sum[$1, 3] += ($7 - $4) * 10 / done; rate[$1] += $8 / $11; wrong += $9 + $10 }
  END {
    printf "\n%-8s %12s %22s %8s %8s\n", "", "requests/s", "cpu s/10000 (+-)", "http", "journal"
    split("before after", names)
    for (i = 1; i <= 2; i++) {
      k = names[i]; mean = sum[k, 1] / n[k]; spread = squares[k] / n[k] - mean * mean
      printf "%-8s %12.0f %14.3f (%.3f) %8.3f %8.3f\n", k, rate[k] / n[k], mean, sqrt(spread > 0 ? spread / n[k] : 0),
        sum[k, 2] / n[k], sum[k, 3] / n[k]
    }
    printf "ratio of the processor time %.2f\n", (sum["after", 1] / n["after"]) / (sum["before", 1] / n["before"])
    exit wrong > 0
  }' "$TARGET/compare.txt"
