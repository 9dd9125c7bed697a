#!/usr/bin/env bash
# Sends a request, follows its events to the end through broken connections, prints the result. Needs curl.
#   client.sh http://localhost:8080 [/async-operation]
set -euo pipefail
base=${1:?the address of the gateway} path=${2:-/async-operation}
origin=$(sed -E 's|^(https?://[^/]+).*|\1|' <<<"$base")

# Under one key the request may be repeated: it stays one job.
location=$(curl -sS -X POST "$base$path" --retry 5 --retry-connrefused -H "Idempotency-Key: $RANDOM-$$-$(date +%s%N)" \
    -H 'Content-Type: application/json' -d '{"report":"q3"}' -f -D - -o /dev/null \
  | tr -d '\r' | awk 'tolower($1) == "location:" { print $2 }')
job=$origin${location:?no Location in the answer}
echo "accepted as $location"

# The gateway sends a comment every 15 s, so a minute of silence is a broken connection.
last=0 state='' tries=0
while [[ ! $state =~ ^(succeeded|failed|cancelled)$ ]]; do
  data=''
  while IFS= read -r line; do
    case $line in
      'id: '*) id=${line#id: } ;;
      'event: '*) event=${line#event: } ;;
      'data: '*) data=${line#data: } ;;
      '')
        if [ -n "$data" ]; then
          [ "$id" -eq $((last + 1)) ] || { echo "event $id after $last" >&2; exit 1; }
          last=$id state=$event data='' tries=0
          echo "$id $state"
        fi ;;
      'status 4'*) echo "the events: $line" >&2; exit 1 ;;
    esac
  done < <(curl -sSN --speed-limit 1 --speed-time 60 -H "Last-Event-ID: $last" -w '\nstatus %{http_code}\n' "$job/events" 2>/dev/null)
  if [[ ! $state =~ ^(succeeded|failed|cancelled)$ ]]; then
    [ $((tries += 1)) -le 60 ] || { echo "the gateway is gone" >&2; exit 1; }
    sleep 1
  fi
done

# What the backend answered, or why it never did.
curl -sS "$job/result"
[ "$state" = succeeded ]
