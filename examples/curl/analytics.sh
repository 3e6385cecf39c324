#!/usr/bin/env bash
#
# Shows how often a QR code was scanned: by day, device, system and browser; on Advanced also by country and city.
# Days are UTC days, both included; without them, the last 30.
#
#   export QRCS_API_KEY=qrs_your_key_here
#   ./analytics.sh 3b241101-e2bb-4255-8caf-4136c566a962
#   ./analytics.sh 3b241101-e2bb-4255-8caf-4136c566a962 2026-03-01 2026-03-31
#
set -euo pipefail

: "${QRCS_API_KEY:?Set your API key first: export QRCS_API_KEY=qrs_your_key_here}"
id=${1:?Usage: analytics.sh ID [FROM TO]}
days=${2:+?from=$2}${3:+&to=$3}
api=${QRCS_API_URL:-https://qrcodestack.com/api/v1}
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# curl tries 429 and 5xx again: after as long as Retry-After says, or not at all where that is more than two minutes.
status=$(curl -sS "$api/qr-codes/$id/analytics$days" \
  -H "Authorization: Bearer $QRCS_API_KEY" \
  --retry 3 --retry-max-time 120 -o "$answer" -w '%{http_code}')
if [[ $status != 2* ]]; then
  echo "HTTP $status: $(cat "$answer")" >&2
  exit 1
fi
cat "$answer"
echo
