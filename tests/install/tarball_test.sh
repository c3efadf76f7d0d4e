#!/bin/bash
# usage: tarball_test.sh ARCHIVE [ROOT]
# What the tarball's programs and libraries need is in it, and nothing else; hub, publisher and subscriber run in a
# root that has a shell of busybox and nothing more, or in the given root (a minimal system of another release,
# as mmdebstrap makes it), which is copied.
set -euo pipefail

archive=$1

scratch=$(mktemp -d)
hub_pid=
finish() {
  if [ -n "$hub_pid" ]; then kill "$hub_pid" 2>/dev/null || true; fi
  rm -rf "$scratch"
}
trap finish EXIT

fail() {
  echo "tarball_test: $*" >&2
  exit 1
}

root=$scratch/root
mkdir -p "$root"/{bin,dev,tmp,usr,opt}
tar --extract --file "$archive" --directory "$root/opt"
tree=$(echo "$root"/opt/sse-*)
place=${tree#"$root"}

# These, and no others: what comes in with a new dependency is a decision.
libraries='brotlicommon brotlidec c com_err crypto curl ffi fmt gcc_s gmp gnutls gssapi_krb5 hiredis hogweed idn2
  k5crypto keyutils krb5 krb5support lber ldap m nettle nghttp2 p11-kit psl re2 resolv rtmp sasl2 spdlog
  sqlite3 sse ssh2 ssl stdc++ tasn1 tomlplusplus unistring z zstd'
count=0
for file in "$tree"/libexec/* "$tree"/lib/sse/*; do
  for needed in $(readelf -d "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p'); do
    [ -f "$tree/lib/sse/$needed" ] || fail "${file#"$tree/"} needs $needed, which is not in the tarball"
    count=$((count + 1))
  done
  if readelf -d "$file" | grep -E '\((RPATH|RUNPATH)\)' | grep -v ORIGIN; then fail "$file looks for libraries elsewhere"; fi
done
for file in "$tree"/lib/sse/*; do
  short=$(basename "$file" | sed -E 's/^lib//; s/(-[0-9.]+)?\.so\..*//')
  case $short in ld-linux*) continue ;; esac
  grep -qwF -- "$short" <<<"$libraries" || fail "$short is in the tarball"
done
[ "$(find "$tree/share/doc/sse/libraries" -type f | wc -l)" -gt 20 ] || fail 'the licences of the libraries are not in it'
grep -qx "ExecStart=/opt/sse/bin/sse-serve" "$tree/lib/systemd/system/sse-serve.service" || fail 'the unit runs another program'

[ "$(id -u)" = 0 ] || {
  echo "tarball_test: $count needs are met in it; SKIPPED running it: only root may change roots"
  exit 0
}

if [ $# -gt 1 ]; then
  mv "$tree" "$scratch/tree"
  rm -rf "$root"
  cp -a "$2" "$root"
  mv "$scratch/tree" "$root$place"
  # shellcheck disable=SC2016  # the inner shell expands it
  system=$(chroot "$root" sh -c '. /etc/os-release && echo "$PRETTY_NAME"')
else
  busybox=$(command -v busybox) || fail 'busybox is not installed (Debian: busybox-static)'
  cp "$busybox" "$root/bin/busybox"
  for applet in sh readlink; do ln -s busybox "$root/bin/$applet"; done
  system='a root without libraries'
fi

ln -s "$place/bin/sse-sub" "$root/bin/linked-sse-sub"
inside() { env -i PATH=/bin SSE_URL="$SSE_URL" HOME=/tmp "$change_root" "$root" "$@"; }
change_root=$(command -v chroot)
SSE_URL=http://127.0.0.1:1
for program in sse-serve sse-pub sse-sub; do
  [[ $(inside "$place/bin/$program" --no-config --version) == "$program "* ]] || fail "$program does not run in $system"
done
coproc HUB { exec env -i PATH=/bin HOME=/tmp "$change_root" "$root" "$place/bin/sse-serve" --port 0 --print-url --data-dir /tmp/data 2>/dev/null; }
# shellcheck disable=SC2153  # coproc sets it
hub_pid=$HUB_PID
read -r -t 30 SSE_URL <&"${HUB[0]}" || fail 'the hub did not say where it listens'
inside "$place/bin/sse-pub" event -d hello
[ "$(inside /bin/linked-sse-sub --since earliest -C1 -W 30s)" = hello ] || fail 'the event did not arrive'
# By name: what a resolver needs is there as well.
[ "$(SSE_URL=${SSE_URL/127.0.0.1/localhost} inside "$place/bin/sse-sub" --since earliest -C1 -W 30s)" = hello ] ||
  fail 'a name is not resolved'
kill "$hub_pid"
wait "$hub_pid" || fail 'the hub did not end with 0'
hub_pid=
echo "tarball_test: $count needs are met in it; hub, publisher and subscriber run in $system"
