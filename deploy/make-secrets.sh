#!/bin/sh
# Makes the files with secrets that docker-compose.yml reads: passwords at random, and the API key that is typed or piped in. Keeps
# those that exist.
set -eu
cd "$(dirname "$0")/.."
# Other users of this machine cannot get into the folder. The users of the containers, which see only their own files, can read those.
# Whoever made them before may have made them for more users or for fewer.
mkdir -p -m 700 secrets
chmod 700 secrets
umask 022
mkdir -p secrets/worker
chmod 755 secrets/worker
find secrets/ -type f ! -perm 644 -exec chmod 644 {} +
for name in worker/ledger_password temporal_password grafana_password; do
  test -s "secrets/$name" || od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"secrets/$name"
done
if ! test -s secrets/worker/api_key; then
  test ! -t 0 || echo 'The API key, from https://qrcodestack.com/qr-dashboard/integrations:' >&2
  # The line may have no end. A pasted key may have spaces around it, and the end of a line of Windows.
  read -r key || true
  key=$(printf %s "$key" | tr -d '[:space:]')
  if test -z "$key"; then
    echo 'There was no API key. Run this script again, and paste the key.' >&2
    exit 1
  fi
  printf %s "$key" >secrets/worker/api_key
fi
