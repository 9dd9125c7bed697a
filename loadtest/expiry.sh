#!/usr/bin/env bash
# How fast finished jobs are purged when many of them expire, and what that does to the waiting time of small requests;
# ends with 1 if a job was lost or a request not accepted: expiry.sh [<jobs>]
# KEEP (seconds a finished job is kept; all jobs must be done and looked at before), RATE (small requests a second), JOURNAL
# (embedded or postgres), CONNECTIONS, JVM_OPTIONS and JAVA_HOME may be set; PGBIN says where PostgreSQL's programs are.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/rig.sh"
. "$LOADTEST/postgres.sh"
JOBS=${1:-200000} KEEP=${KEEP:-180} RATE=${RATE:-200} JOURNAL=${JOURNAL:-embedded} CONNECTIONS=${CONNECTIONS:-64}
need curl
prepare
rm -f "$TARGET"/expiry.*

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
  "$JAVA" -Xmx512m -cp "$TARGET/scripts" EndToEnd "$BASE" "$MANAGEMENT" "$BACKEND_URL" "$some" 0 "$CONNECTIONS" \
    "$GATEWAY" "$BACKEND" >"$TARGET/end-to-end.log" || { cat "$TARGET/end-to-end.log" >&2; die "a job was lost or doubled"; }
  left=$((left - some))
done
[ $((SECONDS - begun)) -lt "$KEEP" ] || die "the jobs took $((SECONDS - begun)) s: set KEEP to more"

purged() { metric '^sluice_journal_purged_total'; }
[ "$(purged)" -eq 0 ] || die "the purge began too early: set KEEP to more"

# Once a minute what expired since is purged; in between the small requests are alone. They go on for as long as that lasts.
(
  while [ ! -e "$TARGET/expiry.done" ]; do
    "$JAVA" -Xmx256m -cp "$TARGET/scripts:$APP/lib/*" Steady "$BASE/accept?hang=true" "$RATE" 40 10 all \
      "$TARGET/expiry.requests" >>"$TARGET/expiry.log" || exit 1
  done
) &
loading=$!
end=$((SECONDS + KEEP + 300)) now=0
while [ "$now" -lt "$JOBS" ]; do
  [ "$SECONDS" -lt "$end" ] || die "only $now of $JOBS jobs were purged"
  kill -0 "$loading" 2>/dev/null || die "a small request was not accepted, see $TARGET/expiry.log"
  sleep 0.1
  now=$(purged)
  echo "$(date +%s%3N) $now" >>"$TARGET/expiry.purged"
done
touch "$TARGET/expiry.done"
wait "$loading" || die "a small request was not accepted, see $TARGET/expiry.log"

echo "$JOBS jobs expired, $RATE small requests/s, $JOURNAL"
# Between two looks at which the count differs the purge was at work.
awk '
  NR == FNR {
    if (NR > 1 && $2 > count) { from[++n] = at; to[n] = $1; busy += $1 - at; jobs += $2 - count }
    at = $1; count = $2
    next
  }
  {
    beside = 0
    for (i = 1; i <= n && !beside; i++) beside = $1 >= from[i] && $1 <= to[i]
    if (beside) print $2 > with; else print $2 > alone
  }
  END { printf "purged %d in %.1f s, %.0f jobs/s\n", jobs, busy / 1e3, jobs * 1e3 / busy }
' alone="$TARGET/expiry.alone" with="$TARGET/expiry.beside" "$TARGET/expiry.purged" "$TARGET/expiry.requests"
[ -s "$TARGET/expiry.beside" ] || die "no small request was due while the purge was at work: more jobs are needed"
printf '%-10s %9s %9s %9s %9s %9s\n' 'ms' p50 p99 p99.9 max requests
for kind in alone beside; do
  sort -n "$TARGET/expiry.$kind" | awk -v kind=$kind '
    { ms[NR] = $1 }
    function at(part) { i = int(NR * part) + 1; return ms[i > NR ? NR : i] }
    END { printf "%-10s %9.2f %9.2f %9.2f %9.2f %9d\n", kind, at(0.5), at(0.99), at(0.999), ms[NR], NR }'
done | tee "$TARGET/expiry.figures"
awk '{ p99[$1] = $3 } END { printf "p99 beside the purge, of that alone: %.2f\n", p99["beside"] / p99["alone"] }' \
  "$TARGET/expiry.figures"
