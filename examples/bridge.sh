#!/bin/bash
# usage: examples/bridge.sh FROM TO [SSE-SUB OPTIONS]
# Publishes at the hub TO what happens at the hub FROM, with types, topics and order, under ids of
# its own: `examples/bridge.sh :8089 :8090 -t 'ci/#'`. Goes on where it was stopped.
set -euo pipefail

from=$1 to=$2
shift 2

exec sse-sub --url "$from" --resume=bridge -o sse "$@" \
  > >(exec sse-pub load --url "$to" --input sse -)
