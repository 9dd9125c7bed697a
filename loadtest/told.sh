#!/usr/bin/env bash
# How much later than the backend a reader of events is told of the end of a job, at a rate far below what the gateway can
# do, with the embedded journal and on PostgreSQL; ends with 1 if a job failed or an event was left out: told.sh [<seconds>]
# NODES (numbers of nodes on PostgreSQL, may be empty), RATE (jobs a second), WORK (ms a job takes the backend), WARMUP
# (seconds, at five times the rate), JVM_OPTIONS and JAVA_HOME may be set; PGBIN says where PostgreSQL's programs are,
# DATABASE_URL where a server is.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/rig.sh"
. "$LOADTEST/postgres.sh"
SECS=${1:-30} NODES=${NODES-1 2} RATE=${RATE:-100} WORK=${WORK:-100} WARMUP=${WARMUP:-30}
need curl
[ -z "$NODES" ] || need psql postgresql-client
prepare

most=$(printf '%s\n' 1 $NODES | sort -n | tail -n 1)
free_ports $((2 * most + 2))
rm -f "$TARGET/told.txt"
start_backend "${PORTS[2 * most]}"

# Measures one setup: <its name> <number of nodes>
measure() {
  local node pids=() bases=()
  for ((node = 1; node <= $2; node++)); do
    start_gateway "$BACKEND_URL" "$node"
    pids+=("$GATEWAY") bases+=("$BASE")
  done
  local IFS=,
  "$JAVA" -Xmx256m -cp "$TARGET/classes:$APP/lib/*" Told \
    "${bases[*]}" "$BACKEND_URL" "$WORK" "$RATE" "$SECS" "$WARMUP" "$1" >>"$TARGET/told.txt" 2>"$TARGET/told.log" ||
    { cat "$TARGET/told.log" >&2; die "a job failed or was not told of"; }
  unset IFS
  stop "${pids[@]}"
  rm -rf "$TARGET/data"
}

measure embedded 1
if [ -n "$NODES" ]; then
  if [ -n "${DATABASE_URL:-}" ]; then use_postgres; else start_postgres "${PORTS[2 * most + 1]}"; fi
  echo "PostgreSQL $(psql -XAtqc 'show server_version'), fsync $(psql -XAtqc 'show fsync')"
  for nodes in $NODES; do
    new_database "$nodes"
    measure "postgres-$nodes" "$nodes"
  done
fi

awk -v rate="$RATE" -v work="$WORK" '
  BEGIN {
    printf "\n%s jobs/s, %s ms of work\n%-24s %-34s %8s %8s %8s %7s\n", rate, work, "", "ms", "mean", "p50", "p99", "jobs"
    words["floor"] = "answer of the backend itself"
    words["accepted"] = "until the 202"
    words["started"] = "from accepted to started"
    words["told"] = "told of the end, beyond the work"
  }
  $1 == "RESULT" { printf "%-24s %-34s %8s %8s %8s %7s\n", $2, words[$3], $4, $5, $6, $7 }' "$TARGET/told.txt"
