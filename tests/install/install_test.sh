#!/bin/bash
# usage: install_test.sh SOURCE_DIR BUILD_DIR
# Installs into a scratch prefix, and builds and runs examples/embed from what is there alone.
set -euo pipefail

source_dir=$1
build_dir=$2

scratch=$(mktemp -d)
embed_pid=
finish() {
  if [ -n "$embed_pid" ]; then kill "$embed_pid" 2>/dev/null || true; fi
  rm -rf "$scratch"
}
trap finish EXIT

fail() {
  echo "install_test: $*" >&2
  exit 1
}

prefix=$scratch/prefix
cmake --install "$build_dir" --prefix "$prefix" >"$scratch/install.log"

# Every installed header compiles from the prefix, and reaches no third-party header.
for header in $(cd "$prefix/include" && find sse -name '*.h' | sort); do
  echo "#include \"$header\""
done >"$scratch/all_headers.cc"
"${CXX:-c++}" -std=c++20 -Wall -Wextra -Werror -I "$prefix/include" -M "$scratch/all_headers.cc" >"$scratch/reached"
"${CXX:-c++}" -std=c++20 -Wall -Wextra -Werror -I "$prefix/include" -fsyntax-only "$scratch/all_headers.cc"
if grep -E '/(httplib\.h|nlohmann/|spdlog/|fmt/|CLI/)' "$scratch/reached"; then
  fail 'an installed header includes a third-party header'
fi

for program in "$prefix"/bin/*; do
  "$program" --version >/dev/null || fail "$program does not run from where it was installed"
done

cmake -S "$source_dir/examples/embed" -B "$scratch/embed" -G Ninja -DCMAKE_BUILD_TYPE=Debug \
  -DCMAKE_PREFIX_PATH="$prefix" >"$scratch/configure.log"
cmake --build "$scratch/embed" >"$scratch/build.log" || {
  cat "$scratch/build.log"
  fail 'examples/embed does not build against the installed library'
}

# The example prints its address once it listens.
coproc EMBED { exec "$scratch/embed/embed" 0; }
# shellcheck disable=SC2153  # coproc sets it
embed_pid=$EMBED_PID
read -r -t 30 url <&"${EMBED[0]}" || fail 'examples/embed did not say where it listens'

curl -fsS --max-time 10 "$url/orders" -d '{"item":"tea"}' >/dev/null
event=$(curl -sN --max-time 10 "$url/events/watch?since=earliest" | grep -m 1 '^data: ' || true)
[ "$event" = 'data: {"item":"tea"}' ] || fail "the stream shows '$event'"
echo 'install_test: an installed libsse builds a program whose stream shows its own event'
