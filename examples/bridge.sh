#!/bin/bash
# usage: examples/bridge.sh FROM TO [SSE-SUB OPTIONS]
# Publishes at the hub TO what happens at the hub FROM, with types, topics and order, under ids of
# its own, each event once: `examples/bridge.sh :8089 :8090 -t 'ci/#'`. Goes on where it was stopped.
set -euo pipefail

[ $# -ge 2 ] || { echo 'usage: examples/bridge.sh FROM TO [SSE-SUB OPTIONS]' >&2; exit 64; }
from=$1 to=$2
shift 2

exec sse-sub --url "$from" --to "$to" --resume="bridge-${to//[^A-Za-z0-9.]/_}" "$@"
