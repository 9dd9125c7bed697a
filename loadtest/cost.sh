#!/usr/bin/env bash
# What a callback, or a group, costs a job: rounds of jobs without and with it, in turn, to one gateway; ends with 1 if a job is
# lost or doubled, a callback is missing, or the group does not count all jobs: cost.sh callback|group [<jobs>]
# ROUNDS, WARMUP (jobs), CONNECTIONS, JVM_OPTIONS and JAVA_HOME may be set.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/rig.sh"
WHAT=${1:-} JOBS=${2:-10000} ROUNDS=${ROUNDS:-5} WARMUP=${WARMUP:-60000} CONNECTIONS=${CONNECTIONS:-64}
[[ $WHAT == callback || $WHAT == group ]] || die "callback or group?"
need curl
prepare

free_ports 4
start_backend "${PORTS[2]}"
# shellcheck disable=SC2086 # the options are words
start receiver "$JAVA" $JVM_OPTIONS -cp "$TARGET/classes:$APP/lib/*" Bare202 "${PORTS[3]}" raw
await "$PID" receiver "http://127.0.0.1:${PORTS[3]}/ready"
export SLUICE_CALLBACKS_ALLOWEDHOSTS=127.0.0.1:${PORTS[3]} SLUICE_CALLBACKS_ALLOWPRIVATEADDRESSES=true
export SLUICE_CALLBACKS_SECRETS=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
start_gateway "$BACKEND_URL"

# round <field> <follow-ups of each job>: appends "jobs/s cpu" to the file named third
round() {
  "$JAVA" -Xmx256m -Dfield="$1" -Dfollow-ups="$2" -cp "$TARGET/classes" EndToEnd \
    "$BASE" "$MANAGEMENT" "$BACKEND_URL" "$JOBS" "${4:-0}" "$CONNECTIONS" "$GATEWAY" "$BACKEND" >"$TARGET/round.log" ||
    { cat "$TARGET/round.log" >&2; die "a job was lost or doubled"; }
  awk '$1 == "RESULT" { value[$2] = $3 } END { print value["jobs/s"], value["cpu.gateways"] }' "$TARGET/round.log" >>"$TARGET/$3.txt"
}

group() {
  GROUP=$(curl -fsS -X POST "$BASE/groups" | sed 's/.*"id":"\([^"]*\)".*/\1/')
}

group_has_all() {
  curl -fsS -X POST "$BASE/groups/$GROUP/close" -o /dev/null
  curl -fsS "$BASE/groups/$GROUP" | grep -q '"state":"finished".*"total":'"$JOBS"'.*"succeeded":'"$JOBS" ||
    die "the group does not count all jobs: $(curl -fsS "$BASE/groups/$GROUP")"
}

delivered() { metric '^sluice_jobs_finished_total\{.*route="callbacks".*state="succeeded"'; }

rm -f "$TARGET"/{warm,plain,with}.txt
round "" 0 warm "$WARMUP"
with=0
for ((i = 0; i < ROUNDS; i++)); do
  round "" 0 plain
  if [ "$WHAT" = group ]; then
    group
    round "Sluice-Group: $GROUP" 0 with
    group_has_all
  else
    round "Sluice-Callback: http://127.0.0.1:${PORTS[3]}/hook" 1 with
    with=$((with + JOBS))
    [ "$(delivered)" -eq "$with" ] || die "$(delivered) of $with callbacks were delivered"
  fi
done

paste "$TARGET/plain.txt" "$TARGET/with.txt" | awk -v what="$WHAT" '
  { printf "%8.0f jobs/s, %5.2f s per 10,000 without; %8.0f jobs/s, %5.2f s with a %s; ratio %.2f, processor time %.2f\n", $1, $2, $3, $4, what, $3 / $1, $4 / $2
    ratio[NR] = $3 / $1; cpu[NR] = $4 / $2 }
  function median(values, n, i, j, t) {
    for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (values[j] < values[i]) { t = values[i]; values[i] = values[j]; values[j] = t }
    return values[int((n + 1) / 2)]
  }
  END { printf "median: %.2f of the jobs a second, %.2f times the processor time\n", median(ratio, NR), median(cpu, NR) }'
