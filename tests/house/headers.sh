#!/bin/sh
# headers.sh SOURCE_DIR CC CXX FLAG...: every header compiles on its own as C, and every public one as
# C++ too. CXX may be empty: then only C is tried.
set -eu
cd "$1"
cc=$2
cxx=$3
shift 3

# Twice, so that the guard is tried as well; the last line is for headers of macros only.
program() {
  printf '#include "%s"\n#include "%s"\nextern int heed_not_empty;\n' "$1" "$1"
}

warnings="-Wall -Wextra -Wpedantic -Werror"
public=$(sed -n 's/^#include "\(.*\)".*/\1/p' heed.h)
status=0
# shellcheck disable=SC2086 # the warnings are words
for header in heed.h $(find core envs dynamics reward value planner agent scenarios cli -name '*.h' | sort); do
  program "$header" | "$cc" -x c -std=c17 -D_GNU_SOURCE $warnings -I. "$@" -fsyntax-only - || {
    echo "$header: does not compile on its own as C"
    status=1
  }
done
[ -n "$cxx" ] || exit $status
# shellcheck disable=SC2086
for header in heed.h $public; do
  program "$header" | "$cxx" -x c++ -std=c++17 $warnings -I. "$@" -fsyntax-only - || {
    echo "$header: does not compile on its own as C++"
    status=1
  }
done
exit $status
