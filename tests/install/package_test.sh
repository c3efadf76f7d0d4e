#!/bin/bash
# usage: package_test.sh DIRECTORY
# What stands in the three Debian packages of that directory (`make deb`); their install, upgrade, removal and purge
# in a root of its own, where a hub keeps its history until the purge; a program built with libsse-dev; lintian.
set -euo pipefail

packages=$1

# dpkg wants to be root; in a user namespace of its own, everyone is.
[ "$(id -u)" = 0 ] || exec unshare --map-root-user "$0" "$@"

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

quietly() {
  "$@" >"$scratch/log" 2>&1 || {
    cat "$scratch/log"
    fail "this fails: $*"
  }
}

one_of() {
  local found=("$packages"/"$1"_*.deb)
  { [ ${#found[@]} = 1 ] && [ -f "${found[0]}" ]; } || fail "$packages has not one package $1"
  echo "${found[0]}"
}
sse=$(one_of sse)
libsse=$(one_of libsse1)
libsse_dev=$(one_of libsse-dev)
version=$(dpkg-deb --field "$sse" Version)
triplet=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
here=$(dirname "$0")/../..
[ "$(dpkg-parsechangelog -l "$here/packaging/debian/changelog" -S Version)" = "$version" ] ||
  fail "packaging/debian/changelog does not begin with $version"

# What is in which.
files_of() { dpkg-deb --fsys-tarfile "$1" | tar -t | grep -v '/$' | sed 's|^\./|/|' | sort; }
for package in sse libsse1 libsse-dev; do files_of "$(one_of $package)" >"$scratch/$package.files"; done
expect_only() {
  if grep -vE "$2|^/usr/share/(doc/$1/(copyright|changelog\.gz)|lintian/overrides/$1)$" "$scratch/$1.files"; then
    fail "$1 has this, too"
  fi
}
expect_only libsse1 "^/usr/lib/$triplet/libsse\.so\.1[.0-9]*$"
expect_only libsse-dev "^/usr/(include/sse/.*\.h|lib/$triplet/(libsse\.so|cmake/sse/.*\.cmake|pkgconfig/sse\.pc))$"
expect_only sse '^/usr/(bin/sse-(serve|pub|sub)|lib/(systemd|sysusers\.d)/.*|share/(man|bash-completion|zsh|fish|sse)/.*|share/doc/sse/NEWS\.md\.gz)$'
[ "$(sort "$scratch"/*.files | uniq -d)" = '' ] || fail 'a file is in two packages'
depends=$(dpkg-deb --field "$sse" Depends)
for wanted in libc6 libstdc++6 "libsse1 (= $version)"; do
  [[ $depends == *"$wanted"* ]] || fail "sse does not depend on $wanted but on $depends"
done
[[ $(dpkg-deb --field "$libsse" Depends) == *libssl3* ]] || fail 'libsse1 does not depend on OpenSSL'
[[ $(dpkg-deb --field "$libsse_dev" Depends) == "libsse1 (= $version)" ]] || fail 'libsse-dev does not depend on its libsse1'

# An older version of all three, to upgrade from.
mkdir "$scratch/old"
for package in sse libsse1 libsse-dev; do
  dpkg-deb --raw-extract "$(one_of $package)" "$scratch/old/$package"
  sed -i "s/$version/0.0.9/g" "$scratch/old/$package/DEBIAN/control"
  quietly dpkg-deb --root-owner-group --build "$scratch/old/$package" "$scratch/old/${package}_0.0.9.deb"
done

root=$scratch/root
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates" "$root/etc"
: >"$root/var/lib/dpkg/status"
# The libraries they depend on are those of this machine, outside of that root.
in_root() { quietly dpkg --root="$root" --force-depends --force-script-chrootless "$@"; }
in_root --install "$scratch"/old/*_0.0.9.deb
grep -q '^sse:.*:/var/lib/sse:' "$root/etc/passwd" || fail 'the package does not make the user sse'

bin=$root/usr/bin
export LD_LIBRARY_PATH=$root/usr/lib/$triplet
export XDG_CONFIG_HOME=$scratch
start_hub() {
  mkdir -p "$root/var/lib/sse" # as the unit does
  coproc HUB { exec "$bin/sse-serve" --port 0 --print-url --data-dir "$root/var/lib/sse" 2>/dev/null; }
  # shellcheck disable=SC2153  # coproc sets it
  hub_pid=$HUB_PID
  read -r -t 30 SSE_URL <&"${HUB[0]}" || fail 'the hub did not say where it listens'
  export SSE_URL
}
stop_hub() {
  local pid=$hub_pid
  hub_pid=
  kill "$pid"
  wait "$pid" || fail 'the hub did not end with 0'
}
expect_event() { [ "$("$bin/sse-sub" --since earliest -C1 -W 30s)" = hello ] || fail "the event is not there $1"; }

start_hub
"$bin/sse-pub" event -d hello
expect_event 'when it was published'
stop_hub

in_root --install "$libsse" "$libsse_dev" "$sse"
[ "$(dpkg-query --admindir="$root/var/lib/dpkg" -W -f='${Version} ' sse libsse1 libsse-dev)" = "$version $version $version " ] ||
  fail 'the packages were not upgraded'
start_hub
expect_event 'after an upgrade'
stop_hub

for program in sse-serve sse-pub sse-sub; do
  "$bin/$program" --no-config --version >/dev/null || fail "$program does not run"
  [ -s "$root/usr/share/man/man1/$program.1.gz" ] || fail "$program has no page"
done
unit=$root/usr/lib/systemd/system/sse-serve.service
for line in ExecStart=/usr/bin/sse-serve User=sse StateDirectory=sse 'Environment=SSE_SERVE_DATA_DIR=%S/sse'; do
  grep -qxF "$line" "$unit" || fail "the unit lacks $line"
done

# The library: its name, and that it exports what is its own alone, with a version.
library=$LD_LIBRARY_PATH/libsse.so.1
readelf -d "$library" | grep -q 'SONAME.*\[libsse\.so\.1\]' || fail 'the library has another SONAME'
nm --dynamic --defined-only --demangle --with-symbol-versions "$library" >"$scratch/exports"
if grep -vE '@@LIBSSE_1$| A LIBSSE_1$' "$scratch/exports"; then fail 'these exports have no version'; fi
if grep -vE ' (sse::|(typeinfo|typeinfo name|vtable|VTT|guard variable) for sse::|(non-)?virtual thunk to sse::)| A LIBSSE_1$' "$scratch/exports"; then fail 'these exports are not its own'; fi
printf '#include <sse/server/event_server.h>\nint main() { return sse::server::EventServer::open({}) ? 0 : 1; }\n' >"$scratch/own.cc"
export PKG_CONFIG_LIBDIR=$LD_LIBRARY_PATH/pkgconfig
# shellcheck disable=SC2046  # words of pkg-config
quietly "${CXX:-c++}" -std=c++20 "$scratch/own.cc" -o "$scratch/own" $(pkg-config --cflags --libs sse)
readelf -d "$scratch/own" | grep -q 'NEEDED.*\[libsse\.so\.1\]' || fail 'a program is not linked to libsse.so.1'
"$scratch/own" || fail 'a program that was built with libsse-dev does not run'

in_root --remove libsse-dev sse libsse1
[ -n "$(ls "$root/var/lib/sse")" ] || fail 'removing sse takes the history'
in_root --purge sse
[ ! -e "$root/var/lib/sse" ] || fail 'a purge leaves the history'
# The user stays: its number must not pass to another.
left=$(find "$root" \( -path "$root/var" -o -path "$root/etc" \) -prune -o -type f -print)
[ -z "$left" ] || fail "the packages leave behind: $left"

if command -v lintian >/dev/null; then
  lintian --allow-root --display-info --pedantic --show-overrides --tag-display-limit 0 \
    "$sse" "$libsse" "$libsse_dev" >"$scratch/lintian" 2>&1 || true
  if grep -vE '^([ON]:|$)' "$scratch/lintian"; then fail 'lintian finds what no override explains'; fi
  echo "package_test: lintian: $(grep -c '^O:' "$scratch/lintian") findings, each explained in packaging/debian"
else
  echo 'package_test: SKIPPED lintian: not installed'
fi
echo 'package_test: the packages install, are upgraded with their history, run, and are purged'
