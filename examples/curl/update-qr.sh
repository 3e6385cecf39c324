#!/usr/bin/env bash
#
# Sends a QR code to a new destination. The printed code stays as it is.
#
#   export QRCS_API_KEY=qrs_your_key_here
#   ./update-qr.sh 3b241101-e2bb-4255-8caf-4136c566a962 https://example.com/summer-menu
#
set -euo pipefail

: "${QRCS_API_KEY:?Set your API key first: export QRCS_API_KEY=qrs_your_key_here}"
id=${1:?Usage: update-qr.sh ID DESTINATION_URL}
destination_url=${2:?Usage: update-qr.sh ID DESTINATION_URL}
api=${QRCS_API_URL:-https://qrcodestack.com/api/v1}
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# Makes a JSON string of a text.
quote() { printf '"%s"' "$(printf %s "$1" | sed 's/[\\"]/\\&/g')"; }

# curl tries 429 and 5xx again: after as long as Retry-After says, or not at all where that is more than two minutes.
status=$(curl -sS -X PATCH "$api/qr-codes/$id" \
  -H "Authorization: Bearer $QRCS_API_KEY" \
  -H 'Content-Type: application/json' -d "{\"destination_url\": $(quote "$destination_url")}" \
  --retry 3 --retry-max-time 120 -o "$answer" -w '%{http_code}')
if [[ $status != 2* ]]; then
  echo "HTTP $status: $(cat "$answer")" >&2
  exit 1
fi
cat "$answer"
echo
