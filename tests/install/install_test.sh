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
if grep -E '/(httplib\.h|curl/|nlohmann/|spdlog/|fmt/|CLI/)' "$scratch/reached"; then
  fail 'an installed header includes a third-party header'
fi

for program in "$prefix"/bin/*; do
  "$program" --version >/dev/null || fail "$program does not run from where it was installed"
done

# What the system looks for is where it looks, relative to the prefix.
for file in share/man/man1/{sse-serve,sse-pub,sse-sub}.1 share/man/man5/sse-config.5 share/man/man7/sse-stream.7 \
  share/bash-completion/completions/{sse-serve,sse-pub,sse-sub} share/zsh/site-functions/_sse \
  share/fish/vendor_completions.d/{sse-serve,sse-pub,sse-sub}.fish \
  lib/systemd/system/sse-serve.{service,socket} lib/systemd/user/sse-serve.service lib/sysusers.d/sse.conf \
  share/sse/prometheus/sse.rules.yml share/sse/grafana/sse.json; do
  [ -s "$prefix/$file" ] || fail "$file is not installed"
done
for unit in "$prefix"/lib/systemd/*/sse-serve.service; do
  grep -qx "ExecStart=$prefix/bin/sse-serve" "$unit" || fail "$unit runs another program"
done

# systemd itself reads the units, where there is one to ask.
verify_units() {
  systemd-analyze verify --man=no "$prefix"/lib/systemd/system/sse-serve.{service,socket} || return
  XDG_RUNTIME_DIR=$scratch systemd-analyze verify --man=no --user "$prefix/lib/systemd/user/sse-serve.service"
}
if command -v systemd-analyze >/dev/null; then
  verify_units >"$scratch/verify" 2>&1 || {
    cat "$scratch/verify"
    fail 'systemd finds fault with a unit'
  }
  if grep sse-serve "$scratch/verify"; then fail 'systemd warns of a unit'; fi
  # 0 is closed, 10 is wide open.
  systemd-analyze security --offline=true --threshold=20 "$prefix/lib/systemd/system/sse-serve.service" >"$scratch/security" 2>&1 || {
    cat "$scratch/security"
    fail 'the unit gives the hub more rights than it needs'
  }
fi

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
