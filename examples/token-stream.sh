#!/bin/bash
# usage: examples/token-stream.sh write JOB [OPTION...]
#        examples/token-stream.sh read JOB [OPTION...]
# The output of a job as a stream with an end. `write` publishes each line of stdin as a piece of
# JOB, as it comes, and then that the job is done. `read` prints all of it, from the first piece on,
# and ends with 0 when the job is done: any number of readers, early or late. OPTIONs are for sse-pub
# and sse-sub. With `--resume` a reader that was stopped prints the rest when it is started again.
#
#     make 2>&1 | examples/token-stream.sh write 42
#     examples/token-stream.sh read 42
#
# The hub keeps the pieces for its --ttl (60s, 24h with --data-dir); a job needs a name of its own
# each time. Pieces that are not lines, such as the tokens of a language model, are published and
# read like this:
#
#     sse-sub -d @ask.json --until-data '[DONE]' \
#       -F '{"type":"piece","topic":"jobs/42","data":%{/choices/0/delta/content|json}}' "$URL" |
#       sse-pub load -
#     sse-pub event --type done --topic jobs/42 --data ''
#     examples/token-stream.sh read 42 -0 | tr -d '\0'
set -euo pipefail

[ $# -ge 2 ] || { echo 'usage: examples/token-stream.sh write|read JOB [OPTION...]' >&2; exit 64; }
verb=$1
topic=jobs/$2
shift 2

case $verb in
  write)
    sse-pub event --lines --type piece --topic "$topic" "$@"
    echo end | sse-pub event --lines --type "done" --topic "$topic" "$@"
    ;;
  read)
    exec sse-sub --since earliest --topic "$topic" --until-type "done" --exclude "done" "$@"
    ;;
  *)
    echo 'usage: examples/token-stream.sh write|read JOB [OPTION...]' >&2
    exit 64
    ;;
esac
