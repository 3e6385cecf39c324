#!/bin/sh
# Every image that docker-compose.yml and Dockerfile pin, a line each, for the scan in .github/workflows/vulnerabilities.yml.
set -eu
cd "$(dirname "$0")/.."
grep -hoE '(image:|FROM) [^ ]+@sha256:[0-9a-f]{64}' docker-compose.yml Dockerfile | cut -d ' ' -f 2 | sort -u
