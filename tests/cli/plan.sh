#!/bin/sh
# plan.sh HEED WORK_DIR: one decision, explained.
set -eu
. "$(dirname "$0")/common.sh"

echo "the way off the cliff, from its ninth column: three to the right, down, each step paying -1"
there=up,right,right,right,right,right,right,right,right
planner=horizon=8,discount=1,simulations=3000
expect 0 "" plan cliff-walking --planner=$planner --actions=$there
says "> right"
says "probability 1"
[ "$(grep -c "reward -1 " out)" = 4 ] || fail "not 4 steps"
grep -q " 4  down  *value -1  *reward -1  *end" out || fail "the line does not end at the goal"

echo "the same seed plans the same"
cp out first
expect 0 "" plan cliff-walking --planner=$planner --actions=$there
cmp out first || fail "the same seed plans something else"

echo "luck has probabilities, and priors are shown where there are some"
expect 0 "" plan frozen-lake --planner=horizon=8,selection=puct
says "prior"
says "0.250"
says "probability 0.3"

echo "in a game what may not be done is told from what nobody tried, and ties are told"
expect 0 "" plan tic-tac-toe --planner=horizon=9,discount=1,simulations=2000 --actions=a3,b2,c1
says "illegal"
says "3 actions are equally good: the lowest was taken"
if grep -q unknown out; then fail "unknown in a game that is searched"; fi
expect 0 "" plan tic-tac-toe --planner=horizon=9,discount=1,simulations=2000,ties=uniform --actions=a3,b2,c1
says "3 actions are equally good: one was drawn"

echo "parts of a tree do nothing without one, rollouts nothing after whole paths, values nothing unlearned"
expect 2 "searches no tree, so that selection=puct would do nothing" plan pendulum --planner=method=icem,selection=puct
expect 2 "need expansion=one" plan frozen-lake --planner=leaf=rollout
expect 1 "value=FILE" plan frozen-lake --planner=leaf=value

echo "a state can be said: what wins at once is found, and what is no state is refused"
expect 0 "" plan tic-tac-toe --planner=horizon=9,discount=1,simulations=500 --state=X.O/XO./...
says "> a1"
expect 0 "" plan tic-tac-toe --planner=horizon=9,discount=1,simulations=500 --state=X.O/.../... --actions=a2,b2
says "> a1"
expect 2 "row 2, 'XO', has 2 characters, 3 expected" plan tic-tac-toe --state=X.O/XO/...
expect 2 "row 2, 'XQ.': nothing is shown as 'Q'" plan tic-tac-toe --state=X.O/XQ./...
expect 2 "2 rows, 3 expected" plan tic-tac-toe --state=X.O/XO.
expect 2 "more than the 3 rows" plan tic-tac-toe --state=X.O/XO./.../...
expect 2 "nothing may be done there" plan tic-tac-toe --state=XXO/OOX/XOX
expect 0 "" plan pendulum --state=1,0,0.5
expect 2 "2 numbers, 3 expected" plan pendulum --state=1,0
expect 2 "number 2, 'x', is none of this world" plan pendulum --state=1,x,0
expect 2 "state: " plan pendulum --state=1,0,99
expect 2 "hides something" plan safe-interruptibility --state=x

echo "JSON holds the tree, and the drawing is SVG"
expect 0 "" plan frozen-lake --format=json --draw=tree.svg --depth=2
says '"on_line": true'
says '"prior": null'
grep -q "<svg" tree.svg || fail "no SVG"
grep -q "c2410c" tree.svg || fail "the expected line is not marked"

echo "rewards made of others: on the command line as in a file"
expect 0 "" plan frozen-lake -r 'sum(channel, scale(formula:-0.01*one, factor=2))'
cp out composed
expect 0 "" combine frozen-lake 'sum(channel, scale(formula:-0.01*one, factor=2))' -o both.heed
says "1: channel"
says "2:   2 times what follows, and +0 a step"
expect 0 "" plan frozen-lake -r both.heed
sed '/reward/d' composed > a.composed
sed '/reward/d' out > b.composed
cmp a.composed b.composed || fail "the file plans something else than the command line"
expect 0 "" plan frozen-lake -r 'pessimistic(clip(both.heed, high=0.5), kappa=2)'
expect 0 "" show both.heed
says "the sum of 2"
expect 2 "is not made of others" combine frozen-lake both.heed
expect 1 "none.heed" combine frozen-lake 'sum(channel, none.heed)'
expect 1 "kappa" combine frozen-lake 'pessimistic(channel, kappa=-1)'
expect 1 "')' expected" combine frozen-lake 'sum(channel'
expect 1 "empty item" combine frozen-lake 'sum(channel,)'
expect 1 "made of 2 models" combine frozen-lake 'scale(channel, channel)'

echo "what cannot be is refused"
expect 2 "does not end in .svg" plan frozen-lake --draw=tree.gif
expect 2 "is no action" plan frozen-lake -a jump
expect 2 "the episode is over" plan frozen-lake -a down,right,right,right,right,right,right,right,right --seed=2 \
  -p is_slippery=false
expect 2 "needs reuse=false" plan frozen-lake --planner=selection=gumbel
expect 2 "sampled_actions" plan pendulum --planner=method=tree,sampled_actions=0
expect 1 "none.heed" plan frozen-lake -d none.heed
