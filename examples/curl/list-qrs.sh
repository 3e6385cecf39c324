#!/usr/bin/env bash
#
# Lists all of your QR codes, a page of up to 100 on each line.
#
#   export QRCS_API_KEY=qrs_your_key_here
#   ./list-qrs.sh
#
set -euo pipefail

: "${QRCS_API_KEY:?Set your API key first: export QRCS_API_KEY=qrs_your_key_here}"
api=${QRCS_API_URL:-https://qrcodestack.com/api/v1}
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

page=1
pages=1
while ((page <= pages)); do
  # Oldest first: what is created meanwhile comes last, and moves no other code to another page.
  # curl tries 429 and 5xx again: after as long as Retry-After says, or not at all where that is more than two minutes.
  status=$(curl -sS "$api/qr-codes?sort=created_at&per_page=100&page=$page" \
    -H "Authorization: Bearer $QRCS_API_KEY" \
    --retry 3 --retry-max-time 120 -o "$answer" -w '%{http_code}')
  if [[ $status != 2* ]]; then
    echo "HTTP $status: $(cat "$answer")" >&2
    exit 1
  fi
  cat "$answer"
  echo
  pages=$(sed -n 's/.*"total_pages" *: *\([0-9]*\).*/\1/p' "$answer")
  page=$((page + 1))
done
