#!/bin/sh
# install.sh BUILD_DIR WORK_DIR VERSION CMAKE GENERATOR CC PKG_CONFIG: installs heed, moves it, and builds
# a program against it through CMake and through pkg-config, shared and static.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$1
work=$2
version=$3
cmake=$4
generator=$5
cc=$6
pkg_config=$7
expected="heed $version: ok"

fail() {
  echo "$*"
  exit 1
}

# check PROGRAM shared|static: it runs, and needs the shared library only if it should.
check() {
  [ "$("$1")" = "$expected" ] || fail "$1: does not print '$expected'"
  case $2:$(ldd "$1" | grep -c libheed || true) in
    shared:1 | static:0) ;;
    *) fail "$1: not linked as $2" ;;
  esac
}

rm -rf "$work"
mkdir -p "$work"
"$cmake" --install "$build" --prefix "$work/first" > /dev/null
mv "$work/first" "$work/prefix"
prefix=$work/prefix
pc=$(find "$prefix" -name heed.pc)
libdir=$(dirname "$(dirname "$pc")")

echo "the command and its page"
"$prefix/bin/heed" --help > /dev/null
[ -s "$prefix/share/man/man1/heed.1" ] || fail "no man page"

echo "through CMake"
"$cmake" -S "$here/project" -B "$work/build" -G "$generator" -DCMAKE_C_COMPILER="$cc" \
  -DCMAKE_PREFIX_PATH="$prefix" -DWANTED_VERSION="$version" > /dev/null
"$cmake" --build "$work/build" > /dev/null
check "$work/build/program_shared" shared
check "$work/build/program_static" static

echo "through pkg-config"
export PKG_CONFIG_PATH="$libdir/pkgconfig"
[ "$("$pkg_config" --modversion heed)" = "$version" ] || fail "heed.pc: not version $version"
# shellcheck disable=SC2046 # the flags are words
"$cc" "$here/program.c" -o "$work/pc_shared" $("$pkg_config" --cflags --libs heed) -Wl,-rpath,"$libdir"
check "$work/pc_shared" shared
# Only libheed.a is static here: --static would also ask for OpenBLAS's Fortran, which Debian's package of
# it does not bring.
# shellcheck disable=SC2046
"$cc" "$here/program.c" -o "$work/pc_static" $("$pkg_config" --cflags heed) -L"$libdir" -l:libheed.a \
  $("$pkg_config" --libs $("$pkg_config" --print-requires --print-requires-private heed)) -fopenmp -lm
check "$work/pc_static" static
