#!/bin/sh
# Starts Temporal's server, which takes its password only from the environment, with the one of the file.
set -eu
POSTGRES_PWD=$(cat /run/secrets/temporal_password)
export POSTGRES_PWD
exec /etc/temporal/entrypoint.sh
