#!/usr/bin/env bash
# Many pieces of output through one job: how many a second its backend can send, how long until a reader has had the last one, and
# what they take on disk; ends with 1 if a reader misses a piece: pieces.sh [<pieces>] [<bytes of each>]
# READERS, JVM_OPTIONS and JAVA_HOME may be set.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/rig.sh"
PIECES=${1:-100000} BYTES=${2:-250} READERS=${READERS:-3}
need curl
prepare

free_ports 3
# shellcheck disable=SC2086 # the options are words
start pieces "$JAVA" -Xmx256m -cp "$TARGET/scripts" Pieces serve "${PORTS[2]}" "$BYTES"
await "$PID" pieces "http://127.0.0.1:${PORTS[2]}/ready"
start_gateway "http://127.0.0.1:${PORTS[2]}"

size() { du -sb "$TARGET/data" | cut -f1; }
"$JAVA" -Xmx256m -cp "$TARGET/scripts" Pieces read "$BASE/pieces?n=2000" 1 >"$TARGET/warm-up.log" || { cat "$TARGET/warm-up.log" >&2; die "a reader missed a piece"; }
before=$(size)
"$JAVA" -Xmx256m -cp "$TARGET/scripts" Pieces read "$BASE/pieces?n=$PIECES" "$READERS"
# What lies in the log yet is counted as if it were in a file: a second time, after the files of the log were given back.
stop "$GATEWAY"
start_gateway "http://127.0.0.1:${PORTS[2]}"
after=$(size)
awk -v before="$before" -v after="$after" -v sent="$((PIECES * BYTES))" 'BEGIN {
  printf "on disk: %.1f MB for %.1f MB sent, %.2f times\n", (after - before) / 1e6, sent / 1e6, (after - before) / sent }'
echo "resident memory: $(rss_mib "$GATEWAY") MiB"
