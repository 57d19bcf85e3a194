#!/bin/sh
# boxes.sh HEED WORK_DIR: where actions are numbers every command plans as well, without being told how.
set -eu
. "$(dirname "$0")/common.sh"

for name in pendulum mountain-car-continuous point-mass; do
  echo "$name: explore, learn, plan, run, play"
  expect 0 "" explore "$name" --steps=30 -o lived.heed
  says "method=icem"
  expect 0 "" learn dynamics lived.heed -o world.heed --no-report
  expect 0 "" plan "$name" -p max_steps=0
  says "method=icem"
  says "horizon=90"
  says "the line that is expected"
  for dynamics in exact world.heed; do
    expect 0 "" run "$name" -p max_steps=2 -d "$dynamics" -r channel --particles=1
    says "method=icem"
  done
done

echo "rewards and values are learned there, too"
expect 0 "" learn reward point-mass -d world.heed -e lived.heed --comparisons=2 -o wishes.heed \
  --ask=candidates=4,draws=16,segment_steps=5
says "method=icem"
expect 0 "" learn value pendulum -p max_steps=3 --generations=1 --episodes=2 --fits=2 -o value.heed
says "sampled_actions=8"
expect 0 "" run pendulum -p max_steps=3 -d exact -r channel --value=value.heed
says "method=tree"

echo "what is said holds"
expect 0 "" plan pendulum --planner=method=tree,horizon=5,simulations=50
says "sampled_actions=8"
says "horizon=5,"
