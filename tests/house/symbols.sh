#!/bin/sh
# symbols.sh SOURCE_DIR NM STATIC_LIBRARY SHARED_LIBRARY: the shared library exports what the public
# headers declare, and nothing else; the static one puts nothing without heed_ into other people's
# programs.
set -eu
cd "$1"
nm=$2
static=$3
shared=$4

public=$(mktemp)
trap 'rm -f "$public"' EXIT
# shellcheck disable=SC2046 # the headers are words
grep -ohE 'heed_[a-z0-9_]+' $(sed -n 's/^#include "\(.*\)".*/\1/p' heed.h) | sort -u > "$public"

complaints=$(
  "$nm" -D --defined-only "$shared" | sed 's/.* //' | grep -vxFf "$public" |
    sed 's/$/: exported, but not in a header that heed.h lists/' || true
  "$nm" -g --defined-only "$static" | sed -n 's/^[0-9a-f]* [A-Z] //p' | grep -v '^heed_' |
    sed 's/$/: in the static library, but without heed_/' || true
)
if [ -n "$complaints" ]; then
  echo "$complaints"
  exit 1
fi
"$nm" -D --defined-only "$shared" | grep -q ' heed_status_text$' || {
  echo "heed_status_text: not exported"
  exit 1
}
