#!/bin/bash
# usage: package_test.sh BUILD_DIR
# Builds the Debian package, installs it into a root of its own, runs what is in it, and removes it.
set -euo pipefail

build_dir=$1

scratch=$(mktemp -d)
hub_pid=
finish() {
  if [ -n "$hub_pid" ]; then kill "$hub_pid" 2>/dev/null || true; fi
  rm -rf "$scratch"
}
trap finish EXIT

fail() {
  echo "package_test: $*" >&2
  exit 1
}

cpack --config "$build_dir/CPackConfig.cmake" -B "$scratch/out" >"$scratch/cpack.log" 2>&1 || {
  cat "$scratch/cpack.log"
  fail 'cpack builds no package'
}
package=$(echo "$scratch"/out/sse_*.deb)
dpkg-deb --field "$package" Depends | grep -q libc6 || fail 'the package depends on nothing'

root=$scratch/root
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates" "$root/etc"
: >"$root/var/lib/dpkg/status"
if [ "$(id -u)" = 0 ]; then
  # The libraries it depends on are those of this machine, outside of that root.
  dpkg --root="$root" --force-depends --force-script-chrootless --install "$package" >"$scratch/dpkg.log" 2>&1 || {
    cat "$scratch/dpkg.log"
    fail 'the package does not install'
  }
  grep -q '^sse:.*:/var/lib/sse:' "$root/etc/passwd" || fail 'the package does not make the user sse'
  mkdir -p "$root/var/lib/sse" # as the unit does
else
  dpkg-deb --extract "$package" "$root"
fi

bin=$root/usr/bin
for program in sse-serve sse-pub sse-sub; do
  "$bin/$program" --no-config --version >/dev/null || fail "$program does not run"
  [ -s "$root/usr/share/man/man1/$program.1" ] || [ -s "$root/usr/share/man/man1/$program.1.gz" ] || fail "$program has no page"
done
grep -qx 'ExecStart=/usr/bin/sse-serve' "$root/usr/lib/systemd/system/sse-serve.service" ||
  fail 'the unit runs another program'
for line in User=sse StateDirectory=sse 'Environment=SSE_SERVE_DATA_DIR=%S/sse'; do
  grep -qxF "$line" "$root/usr/lib/systemd/system/sse-serve.service" || fail "the unit lacks $line"
done

# The installed hub, publisher and subscriber, together.
export XDG_CONFIG_HOME=$scratch
coproc HUB { exec "$bin/sse-serve" --port 0 --print-url 2>/dev/null; }
# shellcheck disable=SC2153  # coproc sets it
hub_pid=$HUB_PID
read -r -t 30 SSE_URL <&"${HUB[0]}" || fail 'the hub did not say where it listens'
export SSE_URL
"$bin/sse-pub" event -d hello
[ "$("$bin/sse-sub" --since earliest -C1 -W 30s)" = hello ] || fail 'the event did not arrive'
kill "$hub_pid"
wait "$hub_pid" || fail 'the hub did not end with 0'
hub_pid=

if [ "$(id -u)" = 0 ]; then
  dpkg --root="$root" --force-script-chrootless --purge sse >"$scratch/dpkg.log" 2>&1 || {
    cat "$scratch/dpkg.log"
    fail 'the package cannot be removed'
  }
  [ ! -e "$root/var/lib/sse" ] || fail 'a purge leaves the history'
  # The user stays: its number must not pass to another.
  left=$(find "$root" \( -path "$root/var" -o -path "$root/etc" \) -prune -o -type f -print)
  [ -z "$left" ] || fail "the package leaves behind: $left"
fi
echo 'package_test: the package installs, runs and is removed'
