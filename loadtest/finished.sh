#!/usr/bin/env bash
# What claims, lists and purges take in PostgreSQL beside many finished jobs, and beside few: finished.sh [<finished jobs>]
# JOBS (put through to see claims), WARMUP, CONNECTIONS, JVM_OPTIONS and JAVA_HOME may be set; PGBIN says where the
# programs of PostgreSQL are. It needs about 2 GB of disk for a million jobs.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/rig.sh"
. "$LOADTEST/postgres.sh"
MANY=${1:-1000000} JOBS=${JOBS:-10000} WARMUP=${WARMUP:-20000} CONNECTIONS=${CONNECTIONS:-64}
readonly PURGED=5120 # twenty steps
# Enough that a page with a filter has its 10,000 jobs to look at, from the middle too: with fewer it says nothing.
readonly FEW=30000
readonly AT_ONCE=250000
need curl
need psql postgresql-client
prepare
rm -f "$TARGET/finished.txt"

free_ports 4
start_postgres "${PORTS[3]}"
start_backend "${PORTS[2]}"
new_database finished
start_gateway "$BACKEND_URL"
sql() { psql -XAtqd "$DATABASE" -v ON_ERROR_STOP=1 "$@"; }

# Puts jobs through: run <jobs>
run() {
  "$JAVA" -Xmx256m -cp "$TARGET/scripts" EndToEnd "$BASE" "$MANAGEMENT" "$BACKEND_URL" "$1" 0 "$CONNECTIONS" \
    "$GATEWAY" "$BACKEND" >"$TARGET/end-to-end.log" || { cat "$TARGET/end-to-end.log" >&2; die "a job was lost or doubled"; }
}

# Adds finished jobs: fill <count>
fill() {
  local left=$1 count
  while [ "$left" -gt 0 ]; do
    count=$((left < AT_ONCE ? left : AT_ONCE))
    sql -v count="$count" -v first="$FIRST" -f "$LOADTEST/fill.sql"
    FIRST=$((FIRST + count)) left=$((left - count))
  done
  sql -c 'vacuum (analyze) sluice.job' -c 'vacuum (analyze) sluice.outcome' -c 'vacuum (analyze) sluice.event' -c checkpoint
}

# Median, 99th percentile, longest and count of the numbers that come in.
spread() {
  sort -g | awk '{ a[NR] = $1 } function at(p,  i) { i = int(p * NR); return a[i < p * NR ? i + 1 : i] }
    END { if (NR) printf "%.2f %.2f %.2f %d\n", at(0.5), at(0.99), a[NR], NR; else print "- - - 0" }'
}

# Says what the statements took that begin so, of those logged since the mark: logged <setup> <label> <begin>
logged() {
  echo "$1|$2|$(tail -c +$((MARK + 1)) "$TARGET/postgres.log" |
    sed -n "s/.*duration: \([0-9.]*\) ms  execute [^:]*: $3.*/\1/p" | spread)" >>"$TARGET/finished.txt"
}

# Asks for a page of the list twenty times: list <setup> <label> <query>
list() {
  mark
  pages "$3" >"$TARGET/times.txt"
  echo "$1|$2|$(spread <"$TARGET/times.txt")" >>"$TARGET/finished.txt"
  logged "$1" "  its statement, $2" 'with look as materialized'
}

# Milliseconds of twenty answers: pages <query>
pages() {
  local i
  for ((i = 0; i < 20; i++)); do
    curl -fsS -m 30 -o "$TARGET/page.json" -w '%{time_total}\n' "$MANAGEMENT/jobs?$1"
  done | awk '{ print $1 * 1000 }'
}

mark() { MARK=$(stat -c %s "$TARGET/postgres.log"); }

# Measures beside what is there: <setup>
measure() {
  local cursor buried
  mark
  run "$JOBS"
  logged "$1" claim 'with f as materialized'
  awk -v setup="$1" '$1 == "RESULT" && $2 == "jobs/s" { printf "%s|jobs/s end to end|%.0f - - 1\n", setup, $3 }' \
    "$TARGET/end-to-end.log" >>"$TARGET/finished.txt"

  cursor=$(sql -c "select translate(rtrim(encode(uuid_send(id), 'base64'), '='), '+/', '-_') from sluice.job
    where id >= (lpad(to_hex($MIDDLE), 12, '0') || repeat('0', 20))::uuid order by id limit 1")
  pages "limit=100&cursor=$cursor" >"$TARGET/times.txt" # warms up
  list "$1" 'list, first page' 'limit=100'
  list "$1" 'list, from the middle' "limit=100&cursor=$cursor"
  list "$1" 'list, route and state, first page' 'limit=100&route=e2e&state=succeeded'
  list "$1" 'list, route and state, from the middle' "limit=100&route=e2e&state=succeeded&cursor=$cursor"
  list "$1" 'list, route and state, nothing found' "limit=100&route=e2e&state=failed&cursor=$cursor"

  buried=$(sql -c 'select count(*) from sluice.tombstone')
  mark
  sql -c "update sluice.outcome set expires_at = 0 where id in
    (select id from sluice.outcome where id < (lpad(to_hex($FIRST), 12, '0') || repeat('0', 20))::uuid order by id limit $PURGED)"
  local end=$((SECONDS + 180))
  until [ "$(sql -c 'select count(*) from sluice.tombstone')" -ge $((buried + PURGED)) ]; do
    [ "$SECONDS" -lt "$end" ] || die "the gateway does not purge"
    sleep 1
  done
  sleep 1
  logged "$1" 'purge, a step of up to 256' 'with picked as materialized (select id from outcome where expires_at'
}

run "$WARMUP"
echo "PostgreSQL $(psql -XAtqc 'show server_version'); $(uptime | sed 's/.*load/load/') before the run"
# Older than what ran, as their ids say.
FIRST=$((($(date +%s) - 86400 * 2) * 1000))
psql -XAtqc 'alter system set log_min_duration_statement = 0' -c 'alter system set log_parameter_max_length = 0' \
  -c 'select pg_reload_conf()' >/dev/null
begin=$FIRST
fill "$FEW"
MIDDLE=$(((begin + FIRST) / 2))
few=$(sql -c 'select count(*) from sluice.outcome')
measure few
begun=$SECONDS
begin=$FIRST
fill "$MANY"
MIDDLE=$(((begin + FIRST) / 2))
many=$(sql -c 'select count(*) from sluice.outcome')
size=$(sql -c "select pg_size_pretty(pg_database_size(current_database()))")
echo "$many finished jobs, $size, filled in $((SECONDS - begun)) s"
measure many

awk -F '|' -v few="$few" -v many="$many" '
  { split($3, v, " "); p50[$1, $2] = v[1]; p99[$1, $2] = v[2]; most[$1, $2] = v[3]; n[$1, $2] = v[4]
    if (!($2 in known)) { known[$2]; label[++labels] = $2 } }
  END {
    printf "\n%-52s %37s %37s\n", "ms (p50, p99, longest; how many)", "beside " few, "beside " many
    for (i = 1; i <= labels; i++) {
      printf "%-52s", label[i]
      for (j = 1; j <= 2; j++) {
        s = j == 1 ? "few" : "many"
        printf " %9s %9s %9s %7s", p50[s, label[i]], p99[s, label[i]], most[s, label[i]], n[s, label[i]]
      }
      print ""
    }
    print ""
  }' "$TARGET/finished.txt"
echo "$(uptime | sed 's/.*load/load/') after the run"
