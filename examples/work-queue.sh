#!/bin/bash
# usage: examples/work-queue.sh COMMAND
# A worker: runs COMMAND, a shell command, for every event of type `job`, one at a time, with the
# job on its stdin. A job is done when COMMAND exits 0; the place is then saved, so that a worker
# that is stopped, or killed, goes on with the first job that is not done.
#
#     examples/work-queue.sh 'jq -r .url | xargs curl -fsSO'
#     sse-pub event --type job --data '{"url":"https://example.org/a.png"}'
set -euo pipefail

[ $# = 1 ] || { echo 'usage: examples/work-queue.sh COMMAND' >&2; exit 64; }

# The first time it begins with the oldest job that the hub still has.
exec sse-sub --resume=work-queue --since earliest --wait-server --type job --exec "$1"
