#!/usr/bin/env bash
# What many running jobs cost a node: how long the renewal of their leases takes, and how soon readers of other jobs are told
# of the end, beside few and beside many; ends with 1 if a job failed: running.sh [<running jobs>]
# SECS, RATE (jobs a second), WORK (ms), WARMUP (seconds), JOURNAL (embedded or postgres), JVM_OPTIONS and JAVA_HOME may be set;
# PGBIN says where PostgreSQL's programs are.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/rig.sh"
. "$LOADTEST/postgres.sh"
MANY=${1:-5000} SECS=${SECS:-30} RATE=${RATE:-100} WORK=${WORK:-100} WARMUP=${WARMUP:-20} JOURNAL=${JOURNAL:-postgres}
need curl
prepare
rm -f "$TARGET/running.txt"
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"

free_ports 4
if [ "$JOURNAL" = postgres ]; then
  need psql postgresql-client
  start_postgres "${PORTS[3]}"
  new_database running
fi
start_backend "${PORTS[2]}"
start_gateway "$BACKEND_URL"

told() {
  "$JAVA" -Xmx256m -cp "$TARGET/scripts:$APP/lib/*" Told \
    "$BASE" "$BACKEND_URL" "$WORK" "$RATE" "$SECS" "$2" "$1" >>"$TARGET/running.txt" 2>"$TARGET/told.log" ||
    { cat "$TARGET/told.log" >&2; die "a job failed or was not told of"; }
}

# How many renewals there were, and how many seconds all of them took.
renewals() {
  curl -fsS -m 10 "$MANAGEMENT/actuator/prometheus" | awk '
    /^sluice_queue_renewals_seconds_count/ { n = $NF } /^sluice_queue_renewals_seconds_sum/ { s = $NF }
    END { print n + 0, s + 0 }'
}

# Those since what is given: renewals_since <how many> <seconds>
renewals_since() {
  renewals | awk -v n="$1" -v s="$2" '
    { printf "%d renewals, mean %.1f ms\n", $1 - n, ($1 > n) ? ($2 - s) * 1000 / ($1 - n) : 0 }'
}

told few "$WARMUP"
echo "beside few running jobs: $(renewals_since 0 0)"
read -r count seconds < <(renewals)
for ((i = 0; i < MANY / 500; i++)); do
  seq 500 | xargs -P 32 -n 1 curl -fsS -o /dev/null -X POST "$BASE/held?hang=true" -d
done
end=$((SECONDS + 120))
until [ "$(metric '^sluice_queue_running\{.*route="held"')" -ge "$((MANY / 500 * 500))" ]; do
  [ "$SECONDS" -lt "$end" ] || die "only $(metric '^sluice_queue_running\{.*route="held"') jobs run"
  sleep 0.2
done
echo "while $MANY jobs were sent that run: $(renewals_since "$count" "$seconds")"
read -r count seconds < <(renewals)
told many 5
echo "beside $MANY running jobs: $(renewals_since "$count" "$seconds")"
awk '
  BEGIN {
    printf "%-8s %-34s %8s %8s %8s %7s\n", "", "ms", "mean", "p50", "p99", "jobs"
    words["floor"] = "answer of the backend itself"
    words["accepted"] = "until the 202"
    words["started"] = "from accepted to started"
    words["told"] = "told of the end, beyond the work"
  }
  $1 == "RESULT" { printf "%-8s %-34s %8s %8s %8s %7s\n", $2, words[$3], $4, $5, $6, $7 }' "$TARGET/running.txt"
stale=$(metric '^sluice_dispatch_stale_total')
[ "$stale" -eq 0 ] || die "$stale claims were lost"
