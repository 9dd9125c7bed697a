#!/usr/bin/env bash
# Jobs a second on PostgreSQL while somebody else's transaction stays open, as that of a backup does, and no row that a job
# leaves behind can be removed; ends with 1 if a job was lost or doubled: snapshot.sh [<jobs of a round>]
# WARMUP (jobs), ROUNDS (beside the open transaction), CONNECTIONS, JVM_OPTIONS and JAVA_HOME may be set; PGBIN says where
# PostgreSQL's programs are, DATABASE_URL where a server is.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/rig.sh"
. "$LOADTEST/postgres.sh"
JOBS=${1:-30000} WARMUP=${WARMUP:-60000} ROUNDS=${ROUNDS:-3} CONNECTIONS=${CONNECTIONS:-64}
need curl
need psql postgresql-client
prepare

free_ports 4
if [ -n "${DATABASE_URL:-}" ]; then use_postgres; else start_postgres "${PORTS[3]}"; fi
start_backend "${PORTS[2]}"
new_database snapshot
start_gateway "$BACKEND_URL"

# Puts jobs through: run <label> <jobs>
run() {
  "$JAVA" -Xmx256m -cp "$TARGET/scripts" EndToEnd "$BASE" "$MANAGEMENT" "$BACKEND_URL" "$2" 0 "$CONNECTIONS" \
    "$GATEWAY" "$BACKEND" >"$TARGET/end-to-end.log" || { cat "$TARGET/end-to-end.log" >&2; die "a job was lost or doubled"; }
  awk -v label="$1" -v rows="$(psql -XAtqd "$DATABASE" -c "select pg_stat_get_dead_tuples('sluice.live'::regclass)")" '
    $1 == "RESULT" && $2 == "jobs/s" { printf "%-36s %8.0f jobs/s until the last result is stored, then %9d dead rows\n", label, $3, rows }' \
    "$TARGET/end-to-end.log"
}

run "warm-up" "$WARMUP"
run "before" "$JOBS"
# Has its transaction open until its input ends.
coproc HOLDER { psql -XAtqd "$DATABASE" 2>&1; }
echo "begin isolation level repeatable read; select count(*) from sluice.live;" >&"${HOLDER[1]}"
read -r _ <&"${HOLDER[0]}"
for ((round = 1; round <= ROUNDS; round++)); do run "beside an open transaction, $round" "$JOBS"; done
echo "rollback; vacuum sluice.live; select 1;" >&"${HOLDER[1]}"
read -r _ <&"${HOLDER[0]}"
run "after it" "$JOBS"
