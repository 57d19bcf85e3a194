#!/bin/sh
# arguments.sh HEED WORK_DIR: what is called wrongly exits with 2 and names what is wrong; help does not.
set -eu
. "$(dirname "$0")/common.sh"

echo "help and version"
expect 0 "" --version
says "heed "
expect 0 "" --help
says "learn reward"
says "learn value"
expect 0 "" help
for command in combine demo envs explore "learn dynamics" "learn reward" "learn value" label feedback imagine plan run play show replay draw; do
  # shellcheck disable=SC2086 # two words
  expect 0 "" help $command
  says "Usage: heed $command"
  # shellcheck disable=SC2086
  expect 0 "" $command --help
  says "--format"
done

echo "commands"
expect 2 "usage" # no command at all
expect 2 "did you mean 'explore'" exlpore
expect 2 "'xyzzy'" xyzzy
expect 2 "learn dynamics" learn
expect 2 "did you mean 'learn reward'" learn rewards
expect 2 "'xyzzy'" help xyzzy
for topic in planner dynamics reward value ask people; do
  expect 0 "" help "$topic"
  says "; default "
done

echo "options: one line each, what must be named first"
while IFS='|' read -r text arguments; do
  [ -n "$text" ] || continue
  eval "set -- $arguments"
  expect 2 "$text" "$@"
done << 'END'
ENV is missing|explore
'maze'|explore boat-race maze
--nothing|explore boat-race --nothing
boat-race|explore boat-rave
'nowhere'|explore nowhere
--steps: 'many'|explore boat-race --steps=many
--steps: '0'|explore boat-race --steps=0
--steps: '-3'|explore boat-race --steps=-3
--steps: '1e3'|explore boat-race --steps=1e3
--steps: ''|explore boat-race --steps=
--steps: '99999999999999999999'|explore boat-race --steps=99999999999999999999
--steps: '1000000001'|explore boat-race --steps=1000000001
--particles: '4097'|run boat-race -d exact -r channel --particles=4097
--seed: '-1'|explore boat-race --seed=-1
--seed: '18446744073709551616'|explore boat-race --seed=18446744073709551616
--seed: '0x1'|explore boat-race --seed=0x1
--policy: 'clever'|explore boat-race --policy=clever
information|explore boat-race --policy=clever
--format: 'xml'|explore boat-race --format=xml
level|explore safe-interruptibility --params=level=9
'levle'|explore safe-interruptibility --params=levle=1
--planner|explore boat-race --planner=simulations=none
horizon|explore boat-race --planner=horizon=0
--dynamics|explore boat-race --dynamics=crystal-ball
crystal-ball|explore boat-race --dynamics=crystal-ball
history|explore boat-race --dynamics-params=history=99
requires an argument|explore boat-race --output
EXPERIENCE is missing|learn dynamics
--hold-out: '1'|learn dynamics x --hold-out=1
--hold-out: 'nan'|learn dynamics x --hold-out=nan
--experience|learn reward boat-race
--dynamics|learn reward boat-race --experience=x --questions=request
--questions: 'plans'|learn reward boat-race --experience=x --questions=plans
--store|learn reward boat-race -d x -e x --teacher=person
--teacher: 'nobody'|learn reward boat-race --teacher=nobody
--teacher: gamma|learn reward boat-race -e x --teacher=noisy,gamma=2
answers alone|learn reward boat-race -e x --teacher=oracle+person --store=x
--teacher-params|learn reward boat-race -d x -e x --teacher-params=beta=0
beta|learn reward boat-race -d x -e x --teacher-params=beta=0
--ask|learn reward boat-race -d x -e x --ask=candidates=1
'comparisons'|learn reward boat-race -d x -e x --ask=comparisons=1
--topic|learn reward boat-race -d x -e x --topic=
crystal|learn reward boat-race -d x -e x --model=crystal
--comparisons: '0'|learn reward boat-race --comparisons=0
ENV is missing|play
boat-race|play boat-rave
level|play safe-interruptibility --params=level=9
--dynamics|run boat-race -r channel
--reward|run boat-race -d exact
--swap: 'x'|run boat-race -d exact -r channel --swap=x
--swap: '0:channel'|run boat-race -d exact -r channel --swap=0:channel
--swap: '3:'|run boat-race -d exact -r channel --swap=3:
--swap: '-1:channel'|run boat-race -d exact -r channel --swap=-1:channel
--episodes: '0'|run boat-race -d exact -r channel --episodes=0
--particles: '0'|run boat-race -d exact -r channel --particles=0
--watch|run boat-race -d exact -r channel --watch --format=json
--adapt|run boat-race -d exact -r channel --adapt
column 1|run boat-race -d exact -r 'formula:)'
complete|run boat-race -d exact -r channel --planner=share_states=false
STORE is missing|label boat-race --who=ann
NAME is missing|label boat-race --feedback=x.db
--ask|label boat-race --feedback=x.db --who=ann --ask=comparisons=3
--answers: '-1'|label boat-race --feedback=x.db --who=ann --answers=-1
FILE is missing|show
'b'|show a b
FILE... is missing|replay
--params|envs --params=level=1
'nowhere'|envs nowhere
--solve|envs --solve
--horizon|envs boat-race --horizon=3
--discount|envs boat-race --discount=0.5
--horizon: '-1'|envs boat-race --solve --horizon=-1
--discount: '0'|envs boat-race --solve --discount=0
--discount: '1.5'|envs boat-race --solve --discount=1.5
--states: '0'|envs boat-race --solve --states=0
END

echo "an abbreviation and both forms of an option work"
expect 0 "" explore boat-race --pol=random --steps 50 -o a.heed
expect 0 "" explore boat-race --policy random -n50 -oa.heed -q
expect 0 "" explore --policy=random --steps=50 --output=a.heed -- boat-race
expect 0 "" explore boat-race --policy=random --steps=50 --seed=18446744073709551615 -o a.heed
says "--seed=18446744073709551615"

echo "the page knows every option, and no other"
sed 's/\\-/-/g; s/\\~/ /g' "$page" | grep -oE -e '--[a-z][a-z-]*' | sort -u > page.options
for command in combine demo "demo exploit" envs explore "learn dynamics" "learn reward" "learn value" label feedback imagine plan run play show replay draw; do
  # shellcheck disable=SC2086
  "$heed" $command --help | sed -n 's/^ *\(-[^ -], *\)\{0,1\}\(--[a-z-]*\).*/\2/p'
done | sort -u > help.options
echo "--version" >> help.options
sort -u -o help.options help.options
[ -s help.options ] || fail "no options in --help"
cmp page.options help.options || fail "$(diff help.options page.options)"
