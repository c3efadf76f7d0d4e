#!/bin/bash
# usage: examples/alert.sh METRIC LIMIT [OPTION...]
# Says so, on stdout and as an event of type `alert`, whenever a reading of METRIC is above LIMIT.
# OPTIONs are for sse-sub: `--resume=alert` misses nothing while it is away.
set -euo pipefail

[ $# -ge 2 ] || { echo 'usage: examples/alert.sh METRIC LIMIT [OPTION...]' >&2; exit 64; }
export METRIC=$1 LIMIT=$2
shift 2

# Only readings above the limit come to the command, each as JSON on its stdin. Exit 0: done.
# shellcheck disable=SC2016  # expanded by the command, not here
exec sse-sub --metric "$METRIC" --type metric_reading_created --where "/value > $LIMIT" --exec '
  text="$METRIC is $(jq .value), above $LIMIT"
  echo "$text"
  sse-pub event --type alert --topic "alerts/$METRIC" --data "$text"' "$@"
