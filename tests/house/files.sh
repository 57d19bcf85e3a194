#!/bin/sh
# files.sh SOURCE_DIR: what every source file must be, as far as a script can tell.
set -eu
cd "$1"

# The headers that heed.h lists: these are public, and installed.
public=$(sed -n 's/^#include "\(.*\)".*/\1/p' heed.h)

is_public() {
  echo "$public" | grep -qxF "$1"
}

# Of any file: a reader's patience, and no work left lying about.
check_file() {
  lines=$(wc -l < "$1")
  [ "$lines" -le 600 ] || echo "$1: $lines lines; split it by what a reader looks for (600 at most)"
  grep -HnE '\b(TODO|FIXME|XXX)\b' "$1" || true
}

# Of x.c beside x.h: it includes x.h first, which proves that x.h stands on its own.
check_source() {
  header=${1%.c}.h
  [ -e "$header" ] || return 0
  first=$(sed -n 's/^#include *//p' "$1" | head -n 1)
  [ "$first" = "\"$header\"" ] || echo "$1: must include \"$header\" first, not $first"
}

# Of a header: a guard named after its path; public if and only if it declares what is exported.
check_header() {
  guard=HEED_$(echo "$1" | tr 'a-z/.-' 'A-Z___')
  [ "$1" != heed.h ] || guard=HEED_H
  if ! grep -qx "#ifndef $guard" "$1" || ! grep -qx "#define $guard" "$1"; then
    echo "$1: no include guard $guard"
  fi
  if grep -qE '^(HEED_API|typedef|struct) ' "$1" && is_public "$1" && ! grep -qx 'extern "C" {' "$1"; then
    echo "$1: public, but without extern \"C\""
  fi
  if grep -qE '^HEED_API ' "$1" && ! is_public "$1"; then
    echo "$1: declares HEED_API: list it in heed.h, or drop HEED_API if it is not for users"
  fi
}

complaints=$(
  find . -path ./build -prune -o -path './.*' -prune -o -name '*.[ch]' -print | sed 's|^\./||' | sort |
    while read -r file; do
      check_file "$file"
      case $file in
        *.c) check_source "$file" ;;
        *.h) check_header "$file" ;;
      esac
    done
  for header in $public; do
    [ -e "$header" ] || echo "heed.h: there is no $header"
  done
)
if [ -n "$complaints" ]; then
  echo "$complaints"
  exit 1
fi
