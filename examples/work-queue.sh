#!/bin/bash
# usage: examples/work-queue.sh COMMAND [OPTION...]
# A worker: runs COMMAND, a shell command, for every event of type `job`, one at a time, with the
# job on its stdin. A job is done when COMMAND exits 0; the position is then saved, so that a worker
# that is stopped, or killed, goes on with the first job that is not done. OPTIONs are for sse-sub:
# `--on-exec-fail=skip` leaves a job behind that keeps failing, `--exec-timeout=5m` one that hangs.
#
#     examples/work-queue.sh 'jq -r .url | xargs curl -fsSO'
#     sse-pub event --type job --data '{"url":"https://example.org/a.png"}'
set -euo pipefail

[ $# -ge 1 ] || { echo 'usage: examples/work-queue.sh COMMAND [OPTION...]' >&2; exit 64; }
command=$1
shift

# The first time it begins with the oldest job that the hub still has.
exec sse-sub --resume=work-queue --since earliest --wait-server --type job --exec "$command" "$@"
