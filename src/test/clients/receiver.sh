#!/usr/bin/env bash
# Receives a callback, checks its signature (Standard Webhooks 1.0), keeps the message as a file and logs what it tells. A shell is no
# server, so this is a CGI program (RFC 3875) for Apache's mod_cgid, lighttpd or busybox httpd, with these two in its environment:
#   WEBHOOK_SECRETS=whsec_...[,whsec_...]     several while they are rotated
#   WEBHOOK_DIRECTORY=/var/lib/callbacks
# Needs openssl and the coreutils. Other scripts can take `genuine` from here.
set -euo pipefail
export LC_ALL=C
readonly TOLERANCE=300 # seconds that the clocks may differ, and that a replayed message is refused after
readonly MOST=$((1 << 20))

# HMAC-SHA256 of standard input (RFC 2104) with a key in hex. openssl does not get the key, because everybody on the machine can read
# its arguments.
hmac() {
  local key inner='' outer='' at byte
  printf -v key '%-128s' "$1"
  key=${key// /0}
  for ((at = 0; at < 128; at += 2)); do
    printf -v byte '\\x%02x' $((0x${key:at:2} ^ 0x36)); inner+=$byte
    printf -v byte '\\x%02x' $((0x${key:at:2} ^ 0x5c)); outer+=$byte
  done
  { printf '%b' "$inner"; cat; } | openssl dgst -sha256 -binary \
    | { printf '%b' "$outer"; cat; } | openssl dgst -sha256 -binary | openssl base64 -A
}

# Whether two texts are the same, in a time that does not tell where they differ.
same() {
  local at one two differ=$((${#1} ^ ${#2}))
  for ((at = 0; at < ${#1}; at++)); do
    printf -v one %d "'${1:at:1}"; printf -v two %d "'${2:at:1}"
    differ=$((differ | one ^ two))
  done
  [ "$differ" -eq 0 ]
}

# genuine ID TIMESTAMP SIGNATURES FILE: whether one of the signatures is ours, and the message is of now.
genuine() {
  local age secret key expected signature secrets signatures
  # An id that may be part of a signed text and the name of a file.
  [[ $1 =~ ^[A-Za-z0-9_-]{1,128}$ && $2 =~ ^[0-9]{1,11}$ ]] || return 1
  age=$(($(date +%s) - 10#$2))
  [ "${age#-}" -le "$TOLERANCE" ] || return 1
  IFS=, read -ra secrets <<<"${WEBHOOK_SECRETS:?}"
  IFS=' ' read -ra signatures <<<"$3"
  for secret in "${secrets[@]}"; do
    key=$(openssl base64 -d -A <<<"${secret#whsec_}" | od -An -v -tx1 | tr -d ' \n')
    [[ $key =~ ^([0-9a-f]{2}){24,64}$ ]] || { echo "WEBHOOK_SECRETS is malformed" >&2; exit 1; }
    expected=v1,$({ printf '%s.%s.' "$1" "$2"; cat "$4"; } | hmac "$key") || exit 1
    for signature in "${signatures[@]}"; do
      if same "$expected" "$signature"; then return; fi
    done
  done
  return 1
}

answer() {
  printf 'Status: %s\r\n\r\n' "$1"
  exit
}

main() {
  local id=${HTTP_WEBHOOK_ID:-} length=${CONTENT_LENGTH:-} kept new=false told
  [[ $length =~ ^[0-9]{1,9}$ ]] || answer '411 Length Required'
  [ "$length" -le "$MOST" ] || answer '413 Content Too Large'
  part=$(mktemp "${WEBHOOK_DIRECTORY:?}/part.XXXXXX")
  trap 'rm -f "$part"' EXIT
  head -c "$length" >"$part"
  genuine "$id" "${HTTP_WEBHOOK_TIMESTAMP:-}" "${HTTP_WEBHOOK_SIGNATURE:-}" "$part" || answer '401 Unauthorized'

  # On stable storage, as a whole or not at all. If it was there before, it was told before: a message may come twice.
  kept=$WEBHOOK_DIRECTORY/$id.json
  sync "$part"
  ln "$part" "$kept" 2>/dev/null && new=true
  [ -e "$kept" ]
  sync "$WEBHOOK_DIRECTORY"
  if $new; then
    told=$(<"$kept")
    [[ $told =~ ^\{\"type\":\"([^\"]+)\" ]]
    printf '%s ' "${BASH_REMATCH[1]}" >&2
    [[ $told =~ \"data\":\{\"id\":\"([^\"]+)\" ]]
    echo "${BASH_REMATCH[1]}" >&2
  fi
  answer '204 No Content' # 2xx: it need not be sent again
}

[ "${BASH_SOURCE[0]}" != "$0" ] || main
