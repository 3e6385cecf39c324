#!/bin/sh
# Makes the namespace of the worker, unless it is there. Histories of finished workflows are kept for a week.
set -eu
temporal operator namespace describe --namespace default >/dev/null 2>&1 ||
  temporal operator namespace create --namespace default --retention 7d
