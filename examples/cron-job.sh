#!/bin/sh
# usage: examples/cron-job.sh NAME COMMAND [ARG...]
# Runs a command and tells the hub at $SSE_URL when it started, and how and after how long it ended,
# under the topic cron/NAME. In a crontab:
#   0 3 * * *  /usr/local/bin/cron-job.sh backup /usr/local/bin/backup --all
# A hub that is down costs the job a warning in cron's mail; --retries=1 and -W 2s keep it short.
set -eu

[ $# -ge 2 ] || { echo 'usage: examples/cron-job.sh NAME COMMAND [ARG...]' >&2; exit 64; }
name=$1
shift
exec sse-pub run --retries=1 -W 2s -t "cron/$name" -- "$@"
