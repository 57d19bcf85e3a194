#!/bin/sh
# value.sh HEED WORK_DIR: a network learns from searches, and searches use it.
set -eu
. "$(dirname "$0")/common.sh"

echo "learn value"
few="--generations=2 --episodes=20 --fits=50 --network=width=16,depth=1 --planner=simulations=10"
# shellcheck disable=SC2086 # the options are words
expect 0 "" learn value tic-tac-toe $few --openings=5 -o value.heed
says "--generations=2"
says "simulations=10"
says "which it did not learn from"
says "value written to value.heed"
# shellcheck disable=SC2086
expect 0 "" learn value tic-tac-toe $few --openings=5 -o value.heed --format=json
says '"agreement"'
cp value.heed again.heed
# shellcheck disable=SC2086
expect 0 "" learn value tic-tac-toe $few --openings=5 -o value.heed
cmp value.heed again.heed || fail "the same seed gives another network"

echo "show it"
expect 0 "" show value.heed
says "weights"
says "agreement with search"

echo "plan, run and play with it"
expect 0 "" plan tic-tac-toe --value=value.heed
says "selection=puct"
says "leaf=value"
says "50 simulations"
expect 0 "" plan tic-tac-toe --value=value.heed --planner=leaf=mixture,simulations=20
says "20 simulations"
expect 0 "" plan tic-tac-toe --value=value.heed --planner=leaf=rollout,rollout=greedy,simulations=20
expect 2 "need leaf=rollout" plan tic-tac-toe --value=value.heed --planner=rollout=prior
expect 0 "" run catch -d exact -r channel --particles=1 --planner=leaf=rollout,expansion=one
# shellcheck disable=SC2086
expect 0 "" learn value catch $few --returns=3 -o catch.heed
expect 0 "" run catch -d exact -r channel --particles=1 --value=catch.heed --swap=3:formula:0

echo "what does not go together is refused"
expect 2 "evaluator" plan tic-tac-toe --value=value.heed --planner=leaf=zero,selection=ucb1
expect 1 "evaluator" plan tic-tac-toe --planner=leaf=value
expect 2 "value.heed" plan catch --value=value.heed
expect 1 "value.heed" plan tic-tac-toe -d value.heed
expect 2 "against" play tic-tac-toe --value=value.heed
expect 2 "width" learn value tic-tac-toe --network=width=0
expect 2 "learn value" learn
