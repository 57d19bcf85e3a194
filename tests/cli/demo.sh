# demo.sh: heed demo, small: the shape of what it prints, and what it keeps.
. "$(dirname "$0")/common.sh"

small="--steps=400 --comparisons=6 --episodes=3 --planner=simulations=60"

# One object with the fields that programs rely on, rows in order.
# shellcheck disable=SC2086
expect 0 "" demo off-switch --format=json $small
for field in '"seed": 1' '"explore_steps": 400' '"choices_task": 6' '"choices_people": 6' \
  '"dynamics": {' '"reward": "task"' '"reward": "people"' '"reward": "people->task"' \
  '"reward": "task->people"' '"episodes": 3' '"button": ' '"goal": ' '"held": ' '"return": ' \
  '"performance": ' '"decision_ms": ' '"swap_predictions": 0'; do
  says "$field"
done

# Equal seeds give equal results, but for the time they take.
grep -v _ms out > first
# shellcheck disable=SC2086
expect 0 "" demo --format=json --threads=1 $small
grep -v _ms out | cmp - first || fail "another number of threads, other results"

# Means over seeds.
# shellcheck disable=SC2086
expect 0 "seed 2" demo --seeds=2 $small
says "2 seeds, mean and 95 % interval"

# What it keeps can be used; a folder with answers is not written to again.
# shellcheck disable=SC2086
expect 0 "" demo --keep=kept --draw=picture.svg $small
for file in experience.heed dynamics.heed task.heed people.heed choices.db; do
  expect 0 "" show "kept/$file"
done
grep -q '</svg>' picture.svg || [ ! -e picture.svg ] || fail "picture.svg is not whole"
expect 0 "" run safe-interruptibility --dynamics=kept/dynamics.heed --reward=kept/task.heed --episodes=1
# shellcheck disable=SC2086
expect 1 "kept/choices.db" demo --keep=kept $small

expect 2 "on-switch" demo on-switch
expect 2 "--keep" demo --keep=elsewhere --seeds=2
expect 2 "simulations" demo --planner=simulations=none
echo passed
