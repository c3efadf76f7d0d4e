#!/bin/bash
# usage: memory_only_test.sh SOURCE_DIR
# Configures a build without SQLite and hiredis, on a machine that seems to have neither, and compiles
# what only such a build has. The rest of it is compiled by every build, and linked so by
# sse-serve-memory-only.
set -euo pipefail

source_dir=$1

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
  echo "memory_only_test: $*" >&2
  exit 1
}

quietly() {
  "$@" >"$scratch/log" 2>&1 || {
    cat "$scratch/log"
    fail "this fails: $*"
  }
}

build=$scratch/build
quietly cmake -S "$source_dir" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DSSE_SQLITE=OFF -DSSE_REDIS=OFF \
  -DSSE_DASHBOARD=OFF -DSSE_BENCH=ON -DSSE_DEVELOPER=ON -DCMAKE_DISABLE_FIND_PACKAGE_SQLite3=ON \
  -DSSE_HIREDIS_INCLUDE=SSE_HIREDIS_INCLUDE-NOTFOUND -DSSE_HIREDIS_LIBRARY=SSE_HIREDIS_LIBRARY-NOTFOUND

# Neither library, nor a file that needs one, is part of the build.
ninja -C "$build" -t commands all >"$scratch/commands"
objects=lib/sse/CMakeFiles/sse_objects.dir/journal
for stand_in in no_sqlite no_redis; do
  grep -q "/journal/$stand_in\.cc" "$scratch/commands" || fail "$stand_in.cc is not part of the build"
  quietly ninja -C "$build" "$objects/$stand_in.cc.o"
done
quietly ninja -C "$build" $objects/failure.cc.o
if sed -E "s|$source_dir||g; s/no_(sqlite|redis)|redis_url//g" "$scratch/commands" |
  grep -oE '[^ ]*(sqlite|redis)[^ ]*' | sort -u; then
  fail 'a build without SQLite and hiredis needs one of them'
fi

echo 'memory_only_test: a build without SQLite and hiredis is configured without them, and has what stands in for them'
