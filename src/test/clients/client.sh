#!/usr/bin/env bash
# Sends a request, follows its events to the end through broken connections, prints the result. With a number it sends so many
# requests as one group, follows them all on one stream and prints their results; a callback URL is told of the group's end (see
# receiver.sh). Needs curl.
#   client.sh http://localhost:8080 [/async-operation [50 [https://receiver.example/hook]]]
set -euo pipefail
base=${1:?the address of the gateway} path=${2:-/async-operation} count=${3:-} callback=${4:-}
origin=$(sed -E 's|^(https?://[^/]+).*|\1|' <<<"$base")
readonly TRIES=60

# post URL BODY [FIELD...]: where what was made is.
post() {
  local url=$1 body=$2 fields=(-H 'Content-Type: application/json') tries=0 answer status
  shift 2
  while [ $# -gt 0 ]; do fields+=(-H "$1"); shift; done
  while [ $((tries += 1)) -le $TRIES ]; do
    answer=$(curl -s -m 30 -D - -o /dev/null -w 'status %{http_code}' "${fields[@]}" -d "$body" "$url") || true
    status=${answer##*status }
    case $status in
      201 | 202) tr -d '\r' <<<"$answer" | awk 'tolower($1) == "location:" { print $2 }'; return ;;
      000 | 429 | 502 | 503 | 504) sleep 1 ;; # worth another try; 000: nobody there just now
      *) echo "$url answered $status" >&2; return 1 ;;
    esac
  done
  echo "the gateway is gone" >&2
  return 1
}

# submit BODY [FIELD...]: under one key the request may be repeated: it stays one job.
submit() {
  local body=$1
  shift
  post "$base$path" "$body" "Idempotency-Key: $RANDOM-$$-$(date +%s%N)" "$@"
}

# follow URL COMMAND: gives it id, name and data of every event until it says that this was the last; after a break it goes on
# behind the last one.
follow() {
  local url=$1 ends=$2 last=0 tries=0 line id event data
  while [ $((tries += 1)) -le $TRIES ]; do
    data=''
    while IFS= read -r line; do
      case $line in
        'id: '*) id=${line#id: } ;;
        'event: '*) event=${line#event: } ;;
        'data: '*) data=${line#data: } ;;
        '')
          if [ -n "$data" ]; then
            last=$id tries=0
            if "$ends" "$id" "$event" "$data"; then return; fi
            data=''
          fi ;;
        'status 4'*) echo "the events: $line" >&2; exit 1 ;;
      esac
      # The gateway sends a comment every 15 s, so a minute of silence is a broken connection.
    done < <(curl -sSN --speed-limit 1 --speed-time 60 -H "Last-Event-ID: $last" -w '\nstatus %{http_code}\n' "$url" 2>/dev/null)
    sleep 1
  done
  echo "the gateway is gone" >&2
  exit 1
}

expected=1
of_the_job() {
  [ "$1" -eq "$expected" ] || { echo "event $1 instead of $expected" >&2; exit 1; }
  expected=$((expected + 1)) state=$2
  echo "$1 $2"
  [[ $2 =~ ^(succeeded|failed|cancelled)$ ]]
}

ended=' ' results=()
of_the_group() {
  local job
  case $2 in
    succeeded | failed | cancelled)
      [[ $3 =~ \"job\":\"([^\"]+)\" ]]
      job=${BASH_REMATCH[1]}
      case $ended in *" $job "*) echo "told twice: $3" >&2; exit 1 ;; esac
      ended+="$job "
      [[ $3 =~ \"result\":\"([^\"]+)\" ]]
      results+=("$origin${BASH_REMATCH[1]}")
      echo "${#results[@]} $2" ;;
    group)
      finished=$3
      [[ $3 == *'"state":"finished"'* ]] && return ;;
  esac
  return 1
}

if [ -n "$count" ]; then
  group=$origin$(post "$base/groups" "{\"size\":$count}" ${callback:+"Sluice-Callback: $callback"})
  echo "created $group"
  for ((n = 0; n < count; n++)); do
    submit "{\"report\":$n}" "Sluice-Group: ${group##*/}" >/dev/null
  done
  follow "$group/events" of_the_group
  echo "finished $finished"
  curl -sS -w '\n' "${results[@]}"
  [ "${#results[@]}" -eq "$count" ] && [[ $finished == *"\"succeeded\":$count,"* ]]
else
  job=$origin$(submit '{"report":"q3"}')
  echo "accepted as $job"
  follow "$job/events" of_the_job
  # What the backend answered, or why it never did.
  curl -sS "$job/result"
  [ "$state" = succeeded ]
fi
