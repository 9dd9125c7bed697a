#!/usr/bin/env bash
# Several nodes on one PostgreSQL beside one with the embedded journal: accepts and jobs a second, and what a job costs
# whom; ends with 1 if a job was lost or doubled: nodes.sh [<jobs>]
# NODES (which numbers of nodes), WARMUP (jobs), ROUNDS and DURATION (of accepting; seconds), CONNECTIONS, JVM_OPTIONS
# (of each node) and JAVA_HOME may be set; PGBIN says where PostgreSQL's programs are, DATABASE_URL where a server is.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/rig.sh"
. "$LOADTEST/postgres.sh"
JOBS=${1:-20000} NODES=${NODES:-1 2 3} WARMUP=${WARMUP:-20000} ROUNDS=${ROUNDS:-3} DURATION=${DURATION:-10}
CONNECTIONS=${CONNECTIONS:-64}
need wrk
need curl
need pgrep procps
need psql postgresql-client
prepare

most=$(printf '%s\n' 1 $NODES | sort -n | tail -n 1)
free_ports $((2 * most + 2))
BACKEND_PORT=${PORTS[2 * most]}
if [ -n "${DATABASE_URL:-}" ]; then use_postgres; else start_postgres "${PORTS[2 * most + 1]}"; fi
echo "PostgreSQL $(psql -XAtqc 'show server_version'), fsync $(psql -XAtqc 'show fsync')," \
  "synchronous_commit $(psql -XAtqc 'show synchronous_commit'); $(uptime | sed 's/.*load/load/') before the run"
rm -f "$TARGET/figures.txt" "$TARGET/rounds.txt"
failed=0

# Appends to figures.txt what the table shows: figure <setup> <key> <value>
figure() { echo "$*" >>"$TARGET/figures.txt"; }

# How many jobs the route that only accepts has taken: <setup>, once nothing more comes in.
accepted() {
  if [ "$1" = embedded ]; then
    metric '^sluice_queue_(depth|running)\{.*route="accept"'
  else
    psql -XAtqd "$DATABASE" -c "select count(*) from sluice.job where route = 'accept'"
  fi
}

# Measures one setup: <its name> <number of nodes>
measure() {
  local setup=$1 node round before after seen=0 now was=-1 pids=() bases=() managements=() urls=() server=-
  [ "$setup" = embedded ] || server=${POSTGRES:--}
  start_backend "$BACKEND_PORT"
  for ((node = 1; node <= $2; node++)); do
    start_gateway "$BACKEND_URL" "$node"
    pids+=("$GATEWAY") bases+=("$BASE") managements+=("$MANAGEMENT") urls+=("$BASE/accept?hang=true")
  done
  local IFS=,
  "$JAVA" -Xmx256m -Dfigures="$LOADTEST/figures.sql" -cp "$TARGET/scripts" EndToEnd "${bases[*]}" "${managements[*]}" \
    "$BACKEND_URL" "$JOBS" "$WARMUP" "$CONNECTIONS" "${pids[*]}" "$BACKEND" "${DATABASE:--}" "$server" \
    >"$TARGET/end-to-end.log" || failed=1
  unset IFS
  sed '/^RESULT/d' "$TARGET/end-to-end.log"
  awk -v setup="$setup" '$1 == "RESULT" { print setup, $2, $3 }' "$TARGET/end-to-end.log" >>"$TARGET/figures.txt"

  for ((round = 0; round <= ROUNDS; round++)); do # the first warms up
    before="$(cpu_ms "${pids[@]}") $(postgres_ms "$setup")"
    wrk_accepts "$DURATION" "${urls[@]}"
    after="$(cpu_ms "${pids[@]}") $(postgres_ms "$setup")"
    echo "$setup $round $before $after$RESULT" >>"$TARGET/rounds.txt"
  done
  seen=$(awk -v setup="$setup" '$1 == setup { sum += $7 } END { printf "%.0f\n", sum }' "$TARGET/rounds.txt")
  now=$(accepted "$setup")
  until [ "$now" = "$was" ]; do
    sleep 1
    was=$now
    now=$(accepted "$setup")
  done
  # wrk stops without waiting for the answers of its open requests: so many may be there whose 202 nobody has read.
  figure "$setup" accept.lost $((seen > now ? seen - now : 0))
  figure "$setup" accept.unread $((now > seen ? now - seen : 0))
  [ "$seen" -le "$now" ] && [ $((now - seen)) -le $(((ROUNDS + 1) * CONNECTIONS)) ] || failed=1
  stop "${pids[@]}" "$BACKEND"
  rm -rf "$TARGET/data"
}

# Processor time of the server so far with its processes, those that are gone included, in milliseconds; 0 if it is not
# ours or not in use.
postgres_ms() {
  local child
  [ "$1" != embedded ] && [ -n "$POSTGRES" ] || { echo 0; return; }
  {
    sed 's/.*) //' "/proc/$POSTGRES/stat" | awk '{ print $12 + $13 + $14 + $15 }'
    for child in $(pgrep -P "$POSTGRES"); do
      sed 's/.*) //' "/proc/$child/stat" 2>/dev/null | awk '{ print $12 + $13 }' || true # may have ended since
    done
  } | awk -v hertz="$(getconf CLK_TCK)" '{ sum += $1 } END { printf "%.0f\n", sum * 1000 / hertz }'
}

export SLUICE_JOURNAL_TYPE=rocksdb
measure embedded 1
for number in $NODES; do
  new_database "$number"
  [ -z "$POSTGRES" ] || psql -XAtqc checkpoint
  measure "$number" "$number"
  drop_database
done

# Of the rounds: the median of requests a second, of p50 and of p99, and of processor time per 10,000 requests.
median() { sort -g | awk '{ a[NR] = $1 } END { print NR % 2 ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2 }'; }
for setup in embedded $NODES; do
  of() { awk -v setup="$setup" "\$1 == setup && \$2 > 0 { print $1 }" "$TARGET/rounds.txt" | median; }
  figure "$setup" accept/s "$(of '$7 / $10')"
  figure "$setup" accept.p50 "$(of '$11')"
  figure "$setup" accept.p99 "$(of '$12')"
  figure "$setup" accept.cpu.gateways "$(of '($5 - $3) * 10 / ($7 + !$7)')"
  [ "$setup" = embedded ] || [ -z "$POSTGRES" ] ||
    figure "$setup" accept.cpu.postgres "$(of '($6 - $4) * 10 / ($7 + !$7)')"
  figure "$setup" accept.others "$(awk -v setup="$setup" '$1 == setup { n += $8 + $9 } END { print n + 0 }' "$TARGET/rounds.txt")"
done
[ "$(awk '$2 == "accept.others" { n += $3 } END { print n + 0 }' "$TARGET/figures.txt")" -eq 0 ] || failed=1

echo "$(uptime | sed 's/.*load/load/') after the run"
awk -v setups="embedded $NODES" '
  { value[$1, $2] = $3 }
  function line(label, key, form,  i) {
    printf "%-44s", label
    for (i = 1; i <= n; i++) {
      if ((name[i], key) in value) printf " %11s", sprintf(form, value[name[i], key])
      else printf " %11s", "-"
    }
    print ""
  }
  function ratio(key,  i) {
    printf "%-44s", "  of the embedded journal"
    for (i = 1; i <= n; i++) printf " %11.2f", value[name[i], key] / (value["embedded", key] + !value["embedded", key])
    print ""
  }
  END {
    n = split(setups, name)
    printf "\n%-44s", ""
    for (i = 1; i <= n; i++) printf " %11s", i == 1 ? "embedded" : name[i] (name[i] == 1 ? " node" : " nodes")
    print ""
    line("durable accepts, requests/s", "accept/s", "%.0f")
    ratio("accept/s")
    line("  p50, ms", "accept.p50", "%.2f")
    line("  p99, ms", "accept.p99", "%.2f")
    line("  processor time, s/10,000: gateways", "accept.cpu.gateways", "%.2f")
    line("                            PostgreSQL", "accept.cpu.postgres", "%.2f")
    line("  no 202, or broken", "accept.others", "%d")
    line("  lost", "accept.lost", "%d")
    line("  202 not read", "accept.unread", "%d")
    line("end to end, jobs/s until the last is stored", "jobs/s", "%.0f")
    ratio("jobs/s")
    line("  processor time, s/10,000: gateways", "cpu.gateways", "%.2f")
    line("                            PostgreSQL", "cpu.postgres", "%.2f")
    line("                            backend", "cpu.backend", "%.2f")
    line("  resident memory of the gateways, MiB", "memory", "%.0f")
    line("  lost", "lost", "%d")
    line("  doubled", "doubled", "%d")
    line("  a job: transactions", "transactions", "%.3f")
    line("         bytes of log", "wal", "%.0f")
    line("         syncs of the log", "syncs", "%.3f")
    line("         ms active in PostgreSQL", "active", "%.3f")
    line("         ms in statements: append", "statements.append", "%.3f")
    line("                           move", "statements.move", "%.3f")
    print ""
  }' "$TARGET/figures.txt"
exit "$failed"
