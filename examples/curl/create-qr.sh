#!/usr/bin/env bash
#
# Creates a dynamic QR code. Its short_url is what the printed code leads to, its id is what you need to change it.
#
#   export QRCS_API_KEY=qrs_your_key_here
#   ./create-qr.sh 'Spring menu' https://example.com/menu
#
set -euo pipefail

: "${QRCS_API_KEY:?Set your API key first: export QRCS_API_KEY=qrs_your_key_here}"
name=${1:?Usage: create-qr.sh NAME DESTINATION_URL}
destination_url=${2:?Usage: create-qr.sh NAME DESTINATION_URL}
api=${QRCS_API_URL:-https://qrcodestack.com/api/v1}
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# Makes a JSON string of a text.
quote() { printf '"%s"' "$(printf %s "$1" | sed 's/[\\"]/\\&/g')"; }

body=$(
  cat << JSON
{
  "name": $(quote "$name"),
  "type": "url",
  "destination_url": $(quote "$destination_url"),
  "render_customizations": { "dot_color": "#0F172A", "dot_shape": "rounded", "frame": "scan-me-bottom" }
}
JSON
)

# curl tries 429 and 5xx again: after as long as Retry-After says, or not at all where that is more than two minutes.
status=$(curl -sS "$api/qr-codes" \
  -H "Authorization: Bearer $QRCS_API_KEY" \
  -H 'Content-Type: application/json' -d "$body" \
  --retry 3 --retry-max-time 120 -o "$answer" -w '%{http_code}')
if [[ $status != 2* ]]; then
  echo "HTTP $status: $(cat "$answer")" >&2
  exit 1
fi
cat "$answer"
echo
