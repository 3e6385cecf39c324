#!/usr/bin/env bash
#
# Shows the account of your API key, its plan, and how much of it is used.
#
#   export QRCS_API_KEY=qrs_your_key_here
#   ./me.sh
#
set -euo pipefail

: "${QRCS_API_KEY:?Set your API key first: export QRCS_API_KEY=qrs_your_key_here}"
api=${QRCS_API_URL:-https://qrcodestack.com/api/v1}
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# curl tries 429 and 5xx again: after as long as Retry-After says, or not at all where that is more than two minutes.
status=$(curl -sS "$api/me" \
  -H "Authorization: Bearer $QRCS_API_KEY" \
  --retry 3 --retry-max-time 120 -o "$answer" -w '%{http_code}')
if [[ $status != 2* ]]; then
  echo "HTTP $status: $(cat "$answer")" >&2
  exit 1
fi
cat "$answer"
echo
