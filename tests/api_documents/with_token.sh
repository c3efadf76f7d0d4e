#!/bin/sh
# usage: with_token.sh SSE_SERVE TEST DOCS_API
# Runs the test at a hub that asks for credentials, with a token that may do everything.
set -eu
hub=$1
shift
directory=$(mktemp -d)
trap 'rm -r "$directory"' EXIT
SSE_TOKEN=$("$hub" token add test --tokens "$directory/tokens.toml" --publish '#' --subscribe '#' --permission admin --permission delete)
export SSE_TOKEN
"$hub" --port 0 --tokens "$directory/tokens.toml" -- /usr/bin/python3 "$@"
