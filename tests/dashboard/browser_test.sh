#!/bin/sh
# usage: browser_test.sh SSE_SERVE
# Runs the dashboard's browser tests, in the folder of its package.json, against a built hub.
set -eu
SSE_SERVE=$1
export SSE_SERVE

if ! command -v chromium >/dev/null; then
  echo 'browser_test: there is no chromium on the PATH; scripts/install-deps test installs it' >&2
  exit 1
fi
exec npm run test:browser
