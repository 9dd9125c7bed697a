#!/usr/bin/env bash
# How long small requests wait for their 202 alone and beside large uploads, with the embedded journal or on PostgreSQL; ends
# with 1 if a request or an upload was not accepted: uploads.sh [<seconds>]
# RATE (small requests a second), UPLOADS (at once), SIZE (MB of each), JOURNAL (embedded or postgres), WARMUP (seconds),
# ROUNDS, JVM_OPTIONS and JAVA_HOME may be set; PGBIN says where PostgreSQL's programs are. A round takes some GB of disk.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/rig.sh"
. "$LOADTEST/postgres.sh"
SECS=${1:-15} RATE=${RATE:-200} UPLOADS=${UPLOADS:-32} SIZE=${SIZE:-100} JOURNAL=${JOURNAL:-embedded}
WARMUP=${WARMUP:-20} ROUNDS=${ROUNDS:-2}
need curl
prepare
rm -f "$TARGET/uploads.txt" "$TARGET/uploaded.txt"

free_ports 4
if [ "$JOURNAL" = postgres ]; then
  need psql postgresql-client
  start_postgres "${PORTS[3]}"
  new_database uploads
fi
start_backend "${PORTS[2]}"
start_gateway "$BACKEND_URL"
head -c "${SIZE}M" /dev/urandom >"$TARGET/large"

small() {
  "$JAVA" -Xmx256m -cp "$TARGET/scripts:$APP/lib/*" Steady \
    "$BASE/accept?hang=true" "$RATE" "$SECS" "$2" "$1" >>"$TARGET/uploads.txt" || die "a small request was not accepted"
}

# Uploads one file after the other until it is told to stop.
upload() {
  while [ -e "$TARGET/uploading" ]; do
    curl -sS -m 300 -o /dev/null -w '%{http_code} %{time_total}\n' -H 'Content-Type: application/octet-stream' \
      -X POST -T "$TARGET/large" "$BASE/large?hang=true" >>"$TARGET/uploaded.txt" 2>>"$TARGET/curl.log"
  done
}

small alone "$WARMUP"
for ((round = 1; round <= ROUNDS; round++)); do
  small alone 2
  touch "$TARGET/uploading"
  uploaders=()
  for ((i = 0; i < UPLOADS; i++)); do
    upload &
    uploaders+=("$!")
  done
  small beside 2
  rm -f "$TARGET/uploading"
  wait "${uploaders[@]}"
done
rm -f "$TARGET/large"

echo "$UPLOADS uploads of $SIZE MB at once, $RATE small requests/s, $JOURNAL"
printf '%-10s %9s %9s %9s %9s %9s\n' 'ms' p50 p99 p99.9 max requests
awk 'NR > 1 { printf "%-10s %9.2f %9.2f %9.2f %9.2f %9d\n", $2, $3, $4, $5, $6, $7; p[$2] += $4; n[$2]++ }
  END { printf "p99 beside the uploads: %.1f times that alone\n", p["beside"] / n["beside"] / (p["alone"] / n["alone"]) }' \
  "$TARGET/uploads.txt"
awk '$1 == 202 { n++; sum += $2 } $1 != 202 { wrong++ }
  END { printf "uploads accepted %d, not accepted %d, mean %.1f s each\n", n, wrong, n ? sum / n : 0; exit wrong > 0 }' \
  "$TARGET/uploaded.txt"
