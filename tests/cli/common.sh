# common.sh: what the tests of the command share. Included with: . common.sh
# The caller is: sh NAME.sh HEED WORK_DIR PAGE
heed=$1
work=$2
page=${3:-} # docs/heed.1
rm -rf "$work"
mkdir -p "$work"
cd "$work"
export LC_ALL=C
unset NO_COLOR

fail() {
  echo "FAILED: $*"
  exit 1
}

# expect STATUS TEXT ARG...: heed ARG... exits with STATUS, and says TEXT on stderr (or "" for anything);
# a failure is never a crash, and never silent. Output is left in out and err.
expect() {
  wanted=$1
  text=$2
  shift 2
  status=0
  "$heed" "$@" > out 2> err < /dev/null || status=$?
  [ "$status" -eq "$wanted" ] || fail "heed $*: exit status $status, not $wanted: $(head -c 600 err)"
  [ -z "$text" ] || grep -qF -e "$text" err || fail "heed $*: does not say '$text': $(head -c 600 err)"
  [ "$wanted" -eq 0 ] || [ -s err ] || fail "heed $*: fails without a word"
}

# says TEXT: the last command printed it.
says() {
  grep -qF -e "$1" out || fail "stdout does not say '$1': $(head -c 2000 out)"
}

# A small chain: lived, world and wishes of a world that learns fast.
world=safe-interruptibility
explore() {
  expect 0 "" explore "$world" --steps=400 --seed="$1" -o "$2"
}
learn_reward() {
  expect 0 "" learn reward "$world" -d world.heed -e lived.heed --comparisons=6 \
    --ask=candidates=4,draws=16,segment_steps=12 --planner=simulations=30 "$@"
}

# contents FILE: what heed shows of it, without the name and the card.
contents() {
  "$heed" show "$1" | sed '1d; /^card/,$d'
}
# differ A B MESSAGE: they hold different things, whatever their cards say.
differ() {
  contents "$1" > a.contents
  contents "$2" > b.contents
  [ -s a.contents ] || fail "$1: nothing shown"
  ! cmp -s a.contents b.contents || fail "$3"
}
