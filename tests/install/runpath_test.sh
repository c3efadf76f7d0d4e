#!/bin/sh
# runpath_test.sh BUILD: no program or library of the build tree has an empty or relative element in
# its RUNPATH, which the loader would take for the working directory.
set -eu
count=0
for file in "$1"/bin/sse-serve "$1"/bin/sse-pub "$1"/bin/sse-sub "$1"/lib/libsse.so*; do
  [ -f "$file" ] || continue
  count=$((count + 1))
  path=$(readelf -d "$file" | sed -n 's/.*R\(UN\)\{0,1\}PATH.*\[\(.*\)\]$/\2/p')
  case ":$path:" in
    '::') continue ;;
    *::*) echo "$file: an empty element in $path" >&2 && exit 1 ;;
  esac
  for element in $(echo "$path" | tr ':' ' '); do
    # shellcheck disable=SC2016  # $ORIGIN is a word of the loader
    case $element in
      /* | '$ORIGIN'*) ;;
      *) echo "$file: $element is relative" >&2 && exit 1 ;;
    esac
  done
done
[ "$count" -ge 4 ] || { echo "only $count files found" >&2 && exit 1; }
