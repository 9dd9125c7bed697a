#!/usr/bin/env bash
# How fast finished jobs are purged when many of them expire, and what that does to the waiting time of small requests;
# ends with 1 if a job was lost or a request not accepted: expiry.sh [<jobs>]
# KEEP (seconds a finished job is kept; all jobs must be done before), RATE (small requests a second), JOURNAL (embedded or
# postgres), CONNECTIONS, JVM_OPTIONS and JAVA_HOME may be set; PGBIN says where PostgreSQL's programs are.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/rig.sh"
. "$LOADTEST/postgres.sh"
JOBS=${1:-1000000} KEEP=${KEEP:-300} RATE=${RATE:-200} JOURNAL=${JOURNAL:-embedded} CONNECTIONS=${CONNECTIONS:-64}
need curl
prepare
rm -f "$TARGET/expiry.txt"

free_ports 4
if [ "$JOURNAL" = postgres ]; then
  need psql postgresql-client
  start_postgres "${PORTS[3]}"
  new_database expiry
fi
start_backend "${PORTS[2]}"
export SLUICE_ROUTES_E2E_KEEP=${KEEP}s
start_gateway "$BACKEND_URL"
begun=$SECONDS
left=$JOBS
while [ "$left" -gt 0 ]; do
  some=$((left < 250000 ? left : 250000))
  "$JAVA" -Xmx512m -cp "$TARGET/classes" EndToEnd "$BASE" "$MANAGEMENT" "$BACKEND_URL" "$some" 0 "$CONNECTIONS" \
    "$GATEWAY" "$BACKEND" >"$TARGET/end-to-end.log" || { cat "$TARGET/end-to-end.log" >&2; die "a job was lost or doubled"; }
  left=$((left - some))
done
[ $((SECONDS - begun)) -lt "$KEEP" ] || die "the jobs took $((SECONDS - begun)) s: set KEEP to more"

purged() { metric '^sluice_journal_purged_total'; }
small() {
  "$JAVA" -Xmx256m -cp "$TARGET/classes:$APP/lib/*" Steady \
    "$BASE/accept?hang=true" "$RATE" "$2" "$3" "$1" >>"$TARGET/expiry.txt" || die "a small request was not accepted"
}

small alone 20 10
[ "$(purged)" -eq 0 ] || die "the purge began too early: set KEEP to more"
until [ "$(purged)" -gt 0 ]; do sleep 0.1; done
small beside 15 0 &
loading=$!
# Milliseconds in which the purge came on, and what it purged in them: it rests between its turns.
before=$(purged) at=$(date +%s%3N) busy=0 done=0 end=$((SECONDS + KEEP + 300))
while [ "$before" -lt "$JOBS" ]; do
  [ "$SECONDS" -lt "$end" ] || die "only $before of $JOBS jobs were purged"
  sleep 0.2
  now=$(purged) then=$at
  at=$(date +%s%3N)
  [ "$now" -eq "$before" ] || busy=$((busy + at - then)) done=$((done + now - before))
  before=$now
done
wait "$loading"

echo "$JOBS jobs expired, $RATE small requests/s, $JOURNAL"
awk -v jobs="$done" -v ms="$busy" 'BEGIN { printf "purged %d in %.1f s, %.0f jobs/s\n", jobs, ms / 1e3, jobs * 1e3 / ms }'
printf '%-10s %9s %9s %9s %9s %9s\n' 'ms' p50 p99 p99.9 max requests
awk '{ printf "%-10s %9.2f %9.2f %9.2f %9.2f %9d\n", $2, $3, $4, $5, $6, $7 }' "$TARGET/expiry.txt"
