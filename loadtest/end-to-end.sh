#!/usr/bin/env bash
# Jobs a second until the last result is stored, to a backend that answers at once; counts lost and doubled jobs, and
# ends with 1 if there is one: end-to-end.sh [<jobs>]
# WARMUP (jobs), CONNECTIONS, JVM_OPTIONS and JAVA_HOME may be set.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/rig.sh"
JOBS=${1:-20000} WARMUP=${WARMUP:-100000} CONNECTIONS=${CONNECTIONS:-64}
need curl
prepare

free_ports 3
start_backend "${PORTS[2]}"
start_gateway "$BACKEND_URL"

"$JAVA" -Xmx256m -cp "$TARGET/classes" EndToEnd \
  "$BASE" "$MANAGEMENT" "$BACKEND_URL" "$JOBS" "$WARMUP" "$CONNECTIONS" "$GATEWAY" "$BACKEND" | sed '/^RESULT/d'
