#!/usr/bin/env bash
#
# Creates up to 500 QR codes in one call, all of them or none (Advanced plan). Reads a line for each: its name, a tab,
# and where it leads.
#
#   export QRCS_API_KEY=qrs_your_key_here
#   printf '%s\t%s\n' 'Crate 1' https://example.com/crates/1 'Crate 2' https://example.com/crates/2 | ./bulk.sh
#
set -euo pipefail

: "${QRCS_API_KEY:?Set your API key first: export QRCS_API_KEY=qrs_your_key_here}"
api=${QRCS_API_URL:-https://qrcodestack.com/api/v1}
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

codes=$(awk -F '\t' 'NF {
  gsub(/[\\"]/, "\\\\&")
  printf "%s{\"name\":\"%s\",\"type\":\"url\",\"destination_url\":\"%s\"}", separator, $1, $2
  separator = ","
}')

# curl tries 429 and 5xx again: after as long as Retry-After says, or not at all where that is more than two minutes.
status=$(curl -sS "$api/qr-codes/bulk" \
  -H "Authorization: Bearer $QRCS_API_KEY" \
  -H 'Content-Type: application/json' -d @- \
  --retry 3 --retry-max-time 120 -o "$answer" -w '%{http_code}' <<< "{\"qr_codes\":[$codes]}")
if [[ $status != 2* ]]; then
  echo "HTTP $status: $(cat "$answer")" >&2
  exit 1
fi
cat "$answer"
echo
