#!/bin/sh
# files.sh HEED WORK_DIR: files that are missing, cut, damaged, of another kind, in the wrong place: exit
# status 1 and a message, never a crash; and what was there before stays.
set -eu
. "$(dirname "$0")/common.sh"
explore 1 lived.heed
expect 0 "" learn dynamics lived.heed -o world.heed
learn_reward --store=answers.db -o wishes.heed
expect 0 "" run "$world" -d world.heed -r wishes.heed --planner=simulations=20 --record=run.jsonl
expect 0 "" explore boat-race --policy=random --steps=50 -o boat.heed
expect 0 "" learn dynamics boat.heed -o boat-world.heed

echo "missing, and no file at all"
expect 1 "'none.heed'" show none.heed
expect 1 "'none.heed'" learn dynamics none.heed
expect 1 "'none.heed'" run "$world" -d none.heed -r channel
expect 1 "'none.heed'" run "$world" -d exact -r none.heed
expect 1 "'none.heed'" run "$world" -d exact -r channel --swap=2:none.heed
expect 1 "'none.heed'" learn reward "$world" -d world.heed -e none.heed
expect 1 "none.jsonl" replay none.jsonl
expect 1 "'.'" show .
expect 1 "/dev/null" show /dev/null
: > empty.heed
expect 1 "'empty.heed'" show empty.heed

echo "of another kind, of another world"
expect 1 "experience" run "$world" -d lived.heed -r channel
expect 1 "dynamics" run "$world" -d exact -r world.heed
expect 1 "reward" learn dynamics wishes.heed
expect 1 "'world.heed'" run boat-race -d world.heed -r channel
expect 1 "'wishes.heed'" run boat-race -d exact -r wishes.heed
expect 1 "'boat-world.heed'" learn reward "$world" -d boat-world.heed -e lived.heed
expect 1 "'boat.heed'" learn reward "$world" -d world.heed -e boat.heed
expect 1 "answers.db" learn reward boat-race -d boat-world.heed -e boat.heed --store=answers.db
expect 1 "replay" show run.jsonl
expect 1 "lived.heed" replay lived.heed
: > empty.jsonl
expect 1 "holds no episode" replay empty.jsonl
echo "not a database, but long enough to be taken for one" > text.db
expect 1 "text.db" learn reward "$world" -d world.heed -e lived.heed --store=text.db

echo "cut, and what to do"
for file in lived.heed world.heed wishes.heed; do
  head -c 100 "$file" > cut.heed
  case $file in
    lived.heed) set -- "heed explore" learn reward "$world" -d world.heed -e cut.heed ;;
    world.heed) set -- "heed learn dynamics" run "$world" -d cut.heed -r channel ;;
    wishes.heed) set -- "heed learn reward" run "$world" -d exact -r cut.heed ;;
  esac
  advice=$1
  shift
  expect 1 "'cut.heed'" "$@"
  grep -qF "cut short: a body of" err || fail "does not say what is wrong: $(cat err)"
  grep -qF "make it again with '$advice'" err || fail "does not say what to do: $(cat err)"
done

echo "cut at many places"
for file in lived.heed world.heed wishes.heed answers.db; do
  size=$(wc -c < "$file")
  offset=1
  while [ "$offset" -lt "$size" ]; do
    head -c "$offset" "$file" > cut.heed
    expect 1 "cut.heed" show cut.heed
    offset=$((offset + 1 + size / 23))
  done
done
size=$(wc -c < run.jsonl)
for offset in 1 20 $((size / 3)) $((size / 2)) $((size - 3)); do
  head -c "$offset" run.jsonl > cut.jsonl
  expect 1 "cut.jsonl" replay cut.jsonl
done

echo "one byte changed"
for file in lived.heed world.heed wishes.heed; do
  size=$(wc -c < "$file")
  offset=0
  while [ "$offset" -lt "$size" ]; do
    cp "$file" damaged.heed
    byte=$(od -An -tu1 -j "$offset" -N 1 "$file" | tr -d ' ')
    # shellcheck disable=SC2059 # the format is the byte
    printf "\\$(printf '%03o' $((255 - byte)))" |
      dd of=damaged.heed bs=1 seek="$offset" conv=notrunc 2> /dev/null
    expect 1 "damaged.heed" show damaged.heed
    offset=$((offset + 1 + size / 17))
  done
done

echo "outputs that cannot be written are refused before the work"
expect 1 "/dev/full" explore "$world" --steps=1000000000 -o /dev/full
expect 1 "'.'" explore "$world" --steps=1000000000 -o .
expect 1 "no/such" explore "$world" --steps=1000000000 -o no/such/file
expect 1 "empty" explore "$world" --steps=1000000000 -o ''
expect 1 "/dev/full" run "$world" -d exact -r channel --episodes=1000000 --record=/dev/full
expect 1 "/dev/full" learn dynamics lived.heed -o /dev/full
expect 1 "/dev/full" learn reward "$world" -d world.heed -e lived.heed -o /dev/full

echo "what is read is not overwritten"
cp lived.heed copy.heed
expect 1 "lived.heed" learn dynamics lived.heed -o lived.heed
expect 1 "answers.db" learn reward "$world" -d world.heed -e lived.heed --store=answers.db -o answers.db
cmp lived.heed copy.heed || fail "the experience is gone"
expect 0 "" show answers.db

echo "a full disk leaves the old file"
cp world.heed old.heed
status=0
(ulimit -f 1 && "$heed" learn dynamics lived.heed -o old.heed) > out 2> err < /dev/null || status=$?
[ "$status" -eq 1 ] || fail "a full disk: exit status $status: $(cat err)"
grep -qF "old.heed" err || fail "a full disk: does not name the file: $(cat err)"
cmp world.heed old.heed || fail "a full disk: the old file is damaged"
[ -z "$(find . -name '*old.heed?*')" ] || fail "a full disk: a temporary file is left"
if [ -w /dev/full ]; then
  status=0
  "$heed" envs > /dev/full 2> err || status=$?
  [ "$status" -eq 1 ] && grep -q "standard output" err || fail "a full stdout goes unnoticed"
fi

echo "a reader that has seen enough ends it quietly"
(
  trap '' PIPE # as some programs leave it to their children
  {
    sleep 0.3
    "$heed" envs boat-race 2> err || true
  } | :
)
[ ! -s err ] || fail "complains of a closed pipe: $(cat err)"
