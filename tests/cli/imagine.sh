#!/bin/sh
# imagine.sh HEED WORK_DIR: a world beside what a model imagines of it.
set -eu
. "$(dirname "$0")/common.sh"

echo "the simulator imagines what is certain as it is, boards and numbers"
for name in boat-race cartpole pendulum taxi; do
  expect 0 "" imagine "$name" --dynamics=exact --steps=30
  says "no difference in"
  ! grep -q "\*" out || fail "a mark, and no difference"
done

echo "what is luck differs, is marked, and is counted"
expect 0 "" imagine frozen-lake -d exact -n 40 --seed=3
says "differ, the first is step"
says "*"

echo "an ignorant model: nothing moves, until it is told"
expect 0 "" explore boat-race --policy=random --steps=1 -o one.heed
expect 0 "" learn dynamics one.heed -o ignorant.heed
expect 0 "" imagine boat-race -d ignorant.heed --actions=right,right,right,right,right,right --steps=6
says "6 of 6 steps differ, the first is step 1"
says "2 of 25 differ"
cp out first
expect 0 "" imagine boat-race -d ignorant.heed --actions=right,right,right,right,right,right --steps=6
cmp out first || fail "the same seed imagines something else"
# after two steps to the right it stands at the wall: what stands still is right then
expect 0 "" imagine boat-race -d ignorant.heed -a 3,3,3,3,3,3 -n 6 --resync
says "2 of 6 steps differ, the first is step 1"

echo "JSON"
expect 0 "" imagine boat-race -d ignorant.heed -a 3 -n 2 --format=json
says '"first_difference": 1'
says '"differing_steps": 2'
says '"action": "right"'

echo "boxes in columns"
expect 0 "" imagine pendulum -d exact -n 2 -a 0.5,-1
says "step 1  0.5"
says "+0"

echo "drawings: cells that differ are framed"
for kind in svg gif png; do
  expect 0 "" imagine boat-race -d ignorant.heed -a 3 -n 2 --draw="wrong.$kind"
  [ -s "wrong.$kind" ] || fail "no wrong.$kind"
done
expect 0 "" imagine boat-race -d exact -a 3 -n 2 --draw=right.svg
grep -qi "d00000" wrong.svg || fail "no frame where cells differ"
! grep -qi "d00000" right.svg || fail "a frame where nothing differs"
expect 0 "" imagine cartpole -d exact -n 3 --draw=pole.svg
expect 0 "" imagine cartpole -d exact -n 3 --draw=pole.gif
[ "$(head -c 6 pole.gif)" = GIF89a ] || fail "pole.gif is no GIF"
expect 0 "" explore pendulum --policy=random --steps=3 -o swing.heed
expect 0 "" learn dynamics swing.heed --no-report -o swung.heed
expect 0 "" imagine pendulum -d swung.heed -n 20 --draw=swing.svg
says "of 3 differ by 1 % of their range or more"
grep -qi "d00000" swing.svg || fail "numbers that differ are not marked"
! grep -qi "d00000" pole.svg || fail "a mark where no number differs"
expect 2 "--draw: 'x.pdf'" imagine boat-race -d exact --draw=x.pdf

echo "what is wrong with the command line"
expect 2 "dynamics is missing" imagine boat-race
expect 2 "'jump' is no action" imagine boat-race -d exact -a up,jump
expect 2 "action 9, 0 to 3" imagine boat-race -d exact -a 9
expect 2 "is no action" imagine pendulum -d exact -a 1:2
expect 2 "there is no environment" imagine nowhere -d exact
expect 2 "is about" imagine taxi -d ignorant.heed
expect 1 "none.heed" imagine boat-race -d none.heed
