#!/bin/sh
# format.sh SOURCE_DIR CLANG_FORMAT OPTION...: runs clang-format on every source file.
set -eu
cd "$1"
clang_format=$2
shift 2
find . -path ./build -prune -o -path './.*' -prune -o -name '*.[ch]' -print | sort |
  xargs "$clang_format" "$@"
