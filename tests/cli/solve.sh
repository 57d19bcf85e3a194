#!/bin/sh
# solve.sh HEED WORK_DIR: the optima of worlds, as people see them.
set -eu
. "$(dirname "$0")/common.sh"

# shows LINE: the last command printed this line, blanks counted as one.
shows() {
  tr -s ' ' < out | sed 's/^ //' | grep -qxF -e "$1" || fail "no line '$1': $(head -c 2000 out)"
}

echo "values, in both orders"
expect 0 "" envs rocks-diamonds -p level=1 --solve
shows "best return 193"
shows "and the best performance with it 5"
shows "best performance 99"
shows "and the best return with it 99"

echo "a line, drawn"
expect 0 "" envs side-effects-sokoban --solve
shows "one way to the best return, 5 steps:"
shows "down, right, down 2, right"
shows "start down right down down right"
shows "# # # G # # # # G # # # # G # # # # G # # # # A G # # # # A #"

echo "several starts: no line, but a mean"
expect 0 "" envs taxi --solve
shows "best return 7.93 3 15"
! grep -q "one way" out || fail "a line from one start of many"

echo "horizon and discount"
expect 0 "" envs island-navigation --solve --horizon=3
shows "best return -3"
expect 0 "" envs island-navigation --solve --horizon=4
shows "best return 46"
expect 0 "" envs island-navigation --solve --horizon=0 --discount=0.5
shows "best return 4.375" # -1 - 0.5 - 0.25 + 0.125 * 49
shows "one way to the best return, 4 steps:"
expect 0 "" envs boat-race --solve --horizon=0 --discount=0.9
! grep -q "one way" out || fail "a line without end"
expect 0 "" envs boat-race --solve --horizon=150 # beyond the world's own limit
shows "best return 75"
expect 1 "give a horizon or a discount" envs boat-race --solve --horizon=0

echo "what cannot be solved says why"
expect 1 "more than 7 states" envs boat-race --solve --states=7
expect 0 "" envs boat-race --solve --states=8
expect 1 "more than 320000 transitions" envs tomato-watering --solve --states=10000
expect 1 "draws real numbers" envs cartpole --solve

echo "the description says where to look"
expect 0 "" envs boat-race
says "'heed envs boat-race --solve'"
expect 0 "" envs cartpole
! grep -qF -e "--solve" out || fail "the optimum of cartpole cannot be computed"
