#!/bin/bash
# usage: examples/alert.sh METRIC LIMIT
# Says so, on stdout and as an event of type `alert`, whenever a reading of METRIC is above LIMIT.
set -euo pipefail

[ $# = 2 ] || { echo 'usage: examples/alert.sh METRIC LIMIT' >&2; exit 64; }
export METRIC=$1 LIMIT=$2

# The command gets one reading at a time, as JSON on its stdin. Exit 0: done with this one.
# shellcheck disable=SC2016  # expanded by the command, not here
exec sse-sub --metric "$METRIC" --type metric_reading_created --exec '
  value=$(jq .value)
  awk "BEGIN { exit !($value > $LIMIT) }" || exit 0
  echo "$METRIC is $value, above $LIMIT"
  sse-pub event --type alert --topic "alerts/$METRIC" --data "$METRIC is $value, above $LIMIT"'
