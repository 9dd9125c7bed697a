#!/usr/bin/env bash
# Durable accepts a second, beside a bare 202 of the same stack and one of Reactor Netty alone: accept.sh [<base URL> [<management URL>]]
# Without a URL it starts the gateway from target/sluice.jar and in the end kills it to count what its journal has kept.
# ROUNDS, DURATION and WARMUP (seconds), CONNECTIONS, JVM_OPTIONS and JAVA_HOME may be set.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/rig.sh"
ROUNDS=${ROUNDS:-3} DURATION=${DURATION:-10} WARMUP=${WARMUP:-30} CONNECTIONS=${CONNECTIONS:-64}
need wrk
need curl
prepare

# Loads a server for some seconds and appends to rounds.txt: name, pid's processor time in ms, then accept.lua's figures.
load() {
  local name=$1 url=$2 pid=$3 seconds=$4 before=0 after=0
  [ -z "$pid" ] || before=$(cpu_ms "$pid")
  wrk_accepts "$seconds" "$url"
  [ -z "$pid" ] || after=$(cpu_ms "$pid")
  echo "$name $((after - before))$RESULT" >>"$TARGET/rounds.txt"
}

# What the journal holds of the route, once nothing more comes in.
kept() {
  local before=-1 now
  now=$(metric '^sluice_queue_(depth|running)\{.*route="accept"')
  until [ "$now" = "$before" ]; do
    sleep 0.3
    before=$now
    now=$(metric '^sluice_queue_(depth|running)\{.*route="accept"')
  done
  echo "$now"
}

free_ports 5
# shellcheck disable=SC2086 # the options are words
start bare "$JAVA" $JVM_OPTIONS -cp "$TARGET/classes:$APP/lib/*" Bare202 "${PORTS[2]}"
BARE=$PID
# shellcheck disable=SC2086 # the options are words
start raw "$JAVA" $JVM_OPTIONS -cp "$TARGET/classes:$APP/lib/*" Bare202 "${PORTS[4]}" raw
RAW=$PID
await "$BARE" bare "http://127.0.0.1:${PORTS[2]}/ready"
await "$RAW" raw "http://127.0.0.1:${PORTS[4]}/ready"
if [ $# -gt 0 ]; then
  BASE=${1%/} MANAGEMENT=${2:-} GATEWAY=
else
  start_backend "${PORTS[3]}"
  start_gateway "$BACKEND_URL"
fi
earlier=0
[ -z "$MANAGEMENT" ] || earlier=$(kept)

rm -f "$TARGET/rounds.txt"
load warm-up "$BASE/accept?hang=true" "$GATEWAY" "$WARMUP"
load warm-up-bare "http://127.0.0.1:${PORTS[2]}/accept?hang=true" "$BARE" "$WARMUP"
load warm-up-raw "http://127.0.0.1:${PORTS[4]}/accept?hang=true" "$RAW" "$WARMUP"
for ((round = 1; round <= ROUNDS; round++)); do
  load gateway "$BASE/accept?hang=true" "$GATEWAY" "$DURATION"
  load bare-202 "http://127.0.0.1:${PORTS[2]}/accept?hang=true" "$BARE" "$DURATION"
  load raw-202 "http://127.0.0.1:${PORTS[4]}/accept?hang=true" "$RAW" "$DURATION"
done

printf '\n%-14s %10s %9s %9s %9s %12s %7s %7s\n' round 'requests/s' 'p50 ms' 'p99 ms' 'max ms' 'cpu s/10000' others errors
awk '{ printf "%-14s %10.0f %9.2f %9.2f %9.2f %12.2f %7d %7d\n", $1, $3 / $6, $7, $8, $9, $2 * 10 / ($3 + !$3), $4, $5 }' \
  "$TARGET/rounds.txt"
awk '
  function median(of, name, n,  i, j, held) {
    for (i = 2; i <= n; i++) for (j = i; j > 1 && of[name, j - 1] > of[name, j]; j--) {
      held = of[name, j]; of[name, j] = of[name, j - 1]; of[name, j - 1] = held
    }
    return n % 2 ? of[name, (n + 1) / 2] : (of[name, n / 2] + of[name, n / 2 + 1]) / 2
  }
  { n = ++count[$1]; rate[$1, n] = $3 / $6; p50[$1, n] = $7; p99[$1, n] = $8; cpu[$1, n] = $2 * 10 / ($3 + !$3) }
  END {
    print "\nmedian of " count["gateway"] " rounds"
    for (i = 1; i <= count["gateway"]; i++) {
      ratio["bare", i] = rate["gateway", i] / rate["bare-202", i]
      ratio["raw", i] = rate["gateway", i] / rate["raw-202", i]
    }
    split("gateway bare-202 raw-202", names)
    for (i = 1; i <= 3; i++) {
      name = names[i]
      printf "%-14s %10.0f %9.2f %9.2f %9s %12.2f\n", name, median(rate, name, count[name]), median(p50, name, count[name]),
        median(p99, name, count[name]), "", median(cpu, name, count[name])
    }
    printf "%-15s %9.2f\n", "to the bare 202", median(ratio, "bare", count["gateway"])
    printf "%-15s %9.2f\n\n", "to the raw 202", median(ratio, "raw", count["gateway"])
  }' "$TARGET/rounds.txt"

read -r seen wrong < <(awk '
  $1 ~ /^(gateway|warm-up)$/ { seen += $3; wrong += $4 + $5 } $1 ~ /bare|raw/ { wrong += $4 + $5 }
  END { printf "%.0f %.0f\n", seen, wrong }' "$TARGET/rounds.txt")
failed=0
# wrk stops without waiting for the answers of its open requests: so many jobs may be there whose 202 nobody has read.
most_unread=$(((ROUNDS + 1) * CONNECTIONS))
check() {
  local lost=$((seen - $2)) unread=$(($2 - seen))
  [ "$lost" -gt 0 ] || lost=0
  [ "$unread" -gt 0 ] || unread=0
  echo "$1: $2 jobs for $seen answers of 202; lost $lost, 202 not read $unread (at most $most_unread)"
  [ "$lost" -eq 0 ] && [ "$unread" -le "$most_unread" ] || failed=1
}
[ -z "$MANAGEMENT" ] || check "journal" $(($(kept) - earlier))
if [ -n "$GATEWAY" ]; then
  echo "resident memory of the gateway after the run: $(rss_mib "$GATEWAY") MiB (of the bare 202: $(rss_mib "$BARE") MiB)"
  kill -KILL "$GATEWAY"
  wait "$GATEWAY" 2>/dev/null || true
  begun=$(date +%s%N)
  start_gateway "$BACKEND_URL"
  echo "killed and started again on the same directory: ready after $((($(date +%s%N) - begun) / 1000000)) ms"
  check "journal after the kill" "$(kept)"
fi
[ "$wrong" -eq 0 ] || { echo "$wrong answers were no 202 or did not come"; failed=1; }
exit "$failed"
