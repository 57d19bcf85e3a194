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

# What a search finds in a reward: tables in Markdown, the same in JSON on any number of threads, a picture.
expect 0 "" demo exploit --study=boat-race --comparisons=12 --episodes=1 --seeds=2 --draw=curves.svg
for words in "### boat-race" "| offline | 5 | 1.00 ± 0.00 |" "| online | 12 | 1.00 ± 0.00 |" \
  "Honest play: performance 100.00"; do
  says "$words"
done
grep -q '</svg>' curves.svg || fail "curves.svg is not whole"
expect 0 "" demo --format=json exploit --study=boat-race --comparisons=12 --episodes=1 --seeds=2
for field in '"study": "boat-race"' '"answers": 10' '"exploited": {' '"interval_95": ' '"online": '; do
  says "$field"
done
cp out first
expect 0 "" demo exploit --format=json --study=boat-race --comparisons=12 --episodes=1 --seeds=2 --threads=1
cmp out first || fail "another number of threads, other results"
expect 2 "there is no 'boat'" demo exploit --study=boat

expect 2 "on-switch" demo on-switch
expect 2 "--keep" demo --keep=elsewhere --seeds=2
expect 2 "simulations" demo --planner=simulations=none
echo passed
