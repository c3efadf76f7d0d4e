#!/bin/bash
# usage: no_sqlite_test.sh SOURCE_DIR
# Configures a build without SQLite, on a machine that seems to have none, and compiles what only such a
# build has. The rest of it is compiled by every build, and linked so by sse-serve-without-sqlite.
set -euo pipefail

source_dir=$1

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
  echo "no_sqlite_test: $*" >&2
  exit 1
}

quietly() {
  "$@" >"$scratch/log" 2>&1 || {
    cat "$scratch/log"
    fail "this fails: $*"
  }
}

build=$scratch/build
quietly cmake -S "$source_dir" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DSSE_SQLITE=OFF -DSSE_DASHBOARD=OFF \
  -DSSE_BENCH=ON -DSSE_DEVELOPER=ON -DCMAKE_DISABLE_FIND_PACKAGE_SQLite3=ON

# Neither the library nor a file that needs it is part of the build.
ninja -C "$build" -t commands all >"$scratch/commands"
grep -q '/journal/no_sqlite\.cc' "$scratch/commands" || fail 'nothing stands in for the journal'
if sed -E "s|$source_dir||g; s/(no|without)_sqlite//g" "$scratch/commands" | grep -o '[^ ]*sqlite[^ ]*' | sort -u; then
  fail 'a build without SQLite needs it'
fi

objects=lib/sse/CMakeFiles/sse_objects.dir/journal
quietly ninja -C "$build" $objects/no_sqlite.cc.o $objects/failure.cc.o
echo 'no_sqlite_test: a build without SQLite is configured without it, and has what stands in for it'
