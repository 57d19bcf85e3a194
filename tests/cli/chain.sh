#!/bin/sh
# chain.sh HEED WORK_DIR: explore, learn, ask, run, replay, show: each command takes what the one before
# has written, and one seed gives the same bytes.
set -eu
. "$(dirname "$0")/common.sh"

echo "explore"
explore 1 lived.heed
says "# heed"
says "--seed=1"
says "400 steps"
mkdir again
explore 1 again/lived.heed
cmp lived.heed again/lived.heed || fail "the same seed gives other experience"
explore 2 other.heed
differ lived.heed other.heed "another seed gives the same experience"
expect 0 "" explore "$world" --policy=random --steps=200 -o random.heed

echo "the echo does the same again"
explore 7 seven.heed
line=$(sed -n 's/^# heed [^:]*: heed //p' out)
mv seven.heed first.heed
eval "set -- $line"
expect 0 "" "$@"
cmp first.heed seven.heed || fail "the echoed command line gives something else"

echo "learn dynamics"
expect 0 "" learn dynamics lived.heed -o world.heed
says "--model=context"
says "predicted right"
says "steps not seen before"
says "rollouts of random actions"
expect 0 "" learn dynamics lived.heed -o unmeasured.heed --no-report
! grep -q "not seen before" out || fail "--no-report reports"
expect 0 "" explore pendulum --policy=random --steps=300 -o swing.heed # actions are a box
expect 0 "" learn dynamics swing.heed -o swung.heed --report-rollouts=2
says "--model=linear"
expect 0 "" learn dynamics again/lived.heed -o again/world.heed
cmp world.heed again/world.heed || fail "the same experience gives another model"

echo "learn reward"
learn_reward -o wishes.heed
says "6 answers, 0 at the start"
learn_reward -o again/wishes.heed
cmp wishes.heed again/wishes.heed || fail "the same seed gives another reward"
learn_reward --teacher-params=safety=-1 -o careless.heed
says "teacher=simulated"
learn_reward --teacher=noisy,beta=0.5 -o noisy.heed
says "beta=0.5,mistakes=0"
learn_reward --teacher=oracle+oracle --store=crowd.db -o crowd.heed
says "oracle-2 "
says "pairs of answers that contradict each other"
differ wishes.heed careless.heed "a person who does not care gives the same reward"
learn_reward --questions=uniform -o uniform.heed
learn_reward --questions=decision -o decision.heed

echo "answers stay in the store"
learn_reward --store=answers.db -o stored.heed
cmp wishes.heed stored.heed || fail "a store changes what is learned"
expect 0 "" learn reward "$world" -d world.heed -e lived.heed --comparisons=9 --store=answers.db \
  --ask=candidates=4,draws=16,segment_steps=12 --planner=simulations=30 -o more.heed
says "9 answers, 6 at the start"
expect 0 "" learn reward "$world" -d world.heed -e lived.heed --comparisons=3 --store=answers.db \
  --topic=other --ask=candidates=4,draws=16,segment_steps=12 --planner=simulations=30 -o third.heed
says "3 answers, 0 at the start"

echo "run"
run_it() {
  expect 0 "" run "$world" -d world.heed -r wishes.heed --planner=simulations=40 --episodes=3 "$@"
}
run_it
says "mean"
sed 's/ *[^ ]*$//' out > first.out # without the time of a decision
run_it
sed 's/ *[^ ]*$//' out > second.out
cmp first.out second.out || fail "the same seed gives another run"
run_it --swap=3:careless.heed --record=run.jsonl
says "recorded in run.jsonl"
[ "$(wc -l < run.jsonl)" -eq 3 ] || fail "three episodes are not three lines"
run_it --swap=2:channel --adapt
expect 0 "" run "$world" -d exact -r 'formula:50*change[4,3] - one' --planner=simulations=30 --particles=4
expect 0 "" run boat-race -d exact -r channel --planner=simulations=20 --watch --particles=1
says "hidden performance"
says "expects:"
says "value"

echo "replay"
expect 0 "" replay run.jsonl
says "3 episodes"
expect 0 "" replay run.jsonl run.jsonl
sed 's/"rewards":\[-1,/"rewards":[-2,/' run.jsonl > lie.jsonl
! cmp -s run.jsonl lie.jsonl || fail "this test does not change the recording"
status=0
"$heed" replay run.jsonl lie.jsonl > out 2> err || status=$?
[ "$status" -eq 1 ] || fail "a recording that lies replays with status $status"
says "rewards"
says "run.jsonl: 3 episodes"

echo "show"
expect 0 "" show lived.heed
says "experience, format version 1"
says "400"
expect 0 "" show world.heed
says "held-out accuracy"
says "20-step cell error"
hash=$("$heed" show lived.heed | sed -n 's/^  hash *//p')
says "$hash"
expect 0 "" show wishes.heed
says "wants"
grep -q " change\[.* becomes " out || fail "features of a board have no words"
says "teacher.beta"
expect 0 "" show answers.db
says "topic=task who=simulated answers=9"
says "topic=other who=simulated answers=3"

echo "envs"
expect 0 "" envs
says "boat-race"
for name in $("$heed" envs | sed -n 's/^\([a-z][a-z-]*\)  .*/\1/p'); do
  expect 0 "" envs "$name"
  says "parameters"
done
expect 0 "" envs boat-race
says "cells 5x5, 4 values"
says "discrete 4: up, down, left, right; accepted as well: noop, quit"
expect 0 "" envs mountain-car
says "box 2: -1.2 to 0.6, -0.07 to 0.07"
expect 0 "" envs taxi --format=json
says "cells 4, up to 5 values: 0 to 4, 0 to 4, 0 to 4, 0 to 3"
expect 0 "" envs boat-race --color=always
says "$(printf '\033[0m')"
expect 0 "" envs boat-race --color=auto
! grep -q "$(printf '\033')" out || fail "colour in a file"
