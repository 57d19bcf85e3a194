#!/bin/sh
# rewards.sh HEED WORK_DIR: every learned reward, from one store with feedback of all kinds, through showing,
# combining, planning, running and swapping.
set -eu
. "$(dirname "$0")/common.sh"

explore 1 lived.heed
expect 0 "" learn dynamics lived.heed -o world.heed --no-report

echo "feedback of all kinds into one store"
ask() {
  expect 0 "" learn reward "$world" -e lived.heed --questions=uniform --store=all.db -o asked.heed "$@"
}
ask -n 8 --teacher=oracle+equal --ask=segment_steps=8
ask -n 14 --teacher=noisy --ask=segment_steps=8,kind=ranking,options=4
ask -n 18 --teacher=oracle --ask=segment_steps=8,kind=rating,grades=4
ask -n 24 --teacher=oracle --ask=kind=label
expect 0 "" feedback all.db export
cp out all.jsonl
# A ranking of four is one answer, and three among 24.
[ "$(grep -c '"kind":"ranking"' all.jsonl)" -eq 2 ] || fail "not two rankings"
# The kinds that are not asked for are comparisons told otherwise.
turn() {
  sed "s/\"who\":\"[^\"]*\"/\"who\":\"$2\"/; s/\"kind\":\"comparison\"/\"kind\":\"$1\"/
    s/\"tie\":[^,]*/\"tie\":0.0/; s/\"chosen\":\"equal\"/\"chosen\":0/"
}
{
  head -n 1 all.jsonl
  sed -n 2p all.jsonl | turn demonstration ann
  sed -n 3p all.jsonl | turn correction ann
  sed -n 4p all.jsonl | turn approval bob
  sed -n 5p all.jsonl | turn "off switch" bob
} > more.jsonl
expect 0 "" feedback all.db import more.jsonl
says "4 of 4 answers were new"
expect 0 "" feedback all.db
for kind in comparison ranking rating label demonstration correction approval "off switch"; do
  says "$kind"
done

echo "each model learns from it"
for model in linear ensemble tabular; do
  params=
  [ "$model" != ensemble ] || params=--model-params=members=3,width=16,epochs=30
  for file in "$model" again; do
    expect 0 "" learn reward "$world" -m "$model" $params -e lived.heed --store=all.db -n 28 \
      -o "$file.heed"
    says "28 answers, 28 at the start"
    says "bob"
  done
  cmp "$model.heed" again.heed || fail "$model: the same answers give another reward"
  expect 0 "" show "$model.heed"
  says "$model"
  says "28"
done
differ linear.heed tabular.heed "two models show the same"

echo "and is planned with, run, swapped and combined"
for model in ensemble tabular; do
  expect 0 "" plan "$world" -d world.heed -r "$model.heed" --planner=simulations=30
  expect 0 "" run "$world" -d world.heed -r channel --swap="2:$model.heed" --episodes=2 \
    --planner=simulations=20
  says "mean"
  expect 0 "" combine "$world" "sum(pessimistic($model.heed, kappa=0.5), scale(channel, factor=0.1))" \
    -o both.heed
  expect 0 "" show both.heed
  says "$model"
  says "pessimistic"
  expect 0 "" run "$world" -d world.heed -r both.heed --swap=3:linear.heed --episodes=2 \
    --planner=simulations=20
  says "mean"
done

echo "what cannot be"
expect 2 "" learn reward "$world" -m network -e lived.heed --store=all.db
expect 2 "members" learn reward "$world" -m ensemble --model-params=members=0 -e lived.heed --store=all.db
expect 1 "" run boat-race -d exact -r ensemble.heed
