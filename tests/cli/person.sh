#!/bin/sh
# person.sh HEED WORK_DIR: a person who answers through a pipe: every key, undo, and going on later.
set -eu
. "$(dirname "$0")/common.sh"
explore 1 lived.heed
expect 0 "" learn dynamics lived.heed -o world.heed

# answer KEYS COMPARISONS ARG...: the answers are kept in answers.db.
answer() {
  keys=$1
  comparisons=$2
  shift 2
  status=0
  printf '%s' "$keys" | "$heed" learn reward "$world" -d world.heed -e lived.heed -o wishes.heed \
    --teacher=person --store=answers.db --comparisons="$comparisons" \
    --ask=candidates=4,draws=16,segment_steps=12 --planner=simulations=30 "$@" > out 2> err || status=$?
  [ "$status" -eq 0 ] || fail "keys '$keys': exit status $status: $(tail -n 3 err)"
}
# holds TEXT: what the store says of itself.
holds() {
  "$heed" show answers.db > shown
  grep -qF -e "$1" shown || fail "the store does not hold '$1': $(cat shown)"
}

echo "every key"
answer '<>=s' 4
says "4 answers, 0 at the start"
holds "answers=4 withdrawn=0 equal=1 skipped=1"
grep -q "Question 4 of 4" err || fail "no fourth question: $(tail err)"
! grep -q "$(printf '\033')" err || fail "escape sequences in a file"
awk 'length($0) > 80 && !/left:|right:/ { exit 1 }' err || fail "wider than 80 columns"
[ -z "$(grep '^# heed' err)" ] || fail "results on stderr"

echo "going on, and taking back"
answer '<u>' 6
says "5 answers, 4 at the start"
holds "answers=6 withdrawn=1"
answer 'uu<<<' 6
holds "answers=9 withdrawn=3"

echo "an earlier day's answer can be taken back, another person's cannot"
answer 'uq' 9 --who=visitor
says "6 answers, 6 at the start"
holds "answers=9 withdrawn=3"

echo "stopping, and the end of the input"
answer '<q>>>' 9
says "7 answers"
says "stopped before 9"
answer '<' 9
says "8 answers"
answer '' 9
says "8 answers"

echo "replay, spaces and keys that are none"
answer " r x
<" 9
says "9 answers"
grep -q "no key 'x'" err || fail "a key that is none goes unmentioned"
[ "$(grep -c 'Question 9 of 9' err)" -eq 2 ] || fail "r does not show the clips again"

echo "nothing at all"
rm -f answers.db
answer 'uq' 3
says "0 answers"
grep -q "nothing to take back" err || fail "undo of nothing goes unmentioned"

echo "the person's answers count: the left is always better in the first, the right in the second"
answer '<<<' 3 --topic=a --color=always
grep -q "$(printf '\033\[0m')" err || fail "no colour where it was asked for"
cp wishes.heed left.heed
answer '>>>' 3 --topic=b
differ left.heed wishes.heed "the answers make no difference"

echo "all kinds in turn: of three, an order of three, a grade, a step"
printf '%s' '3=213+' | "$heed" learn reward "$world" -e lived.heed -o wishes.heed --teacher=person \
  --store=kinds.db --comparisons=5 --kinds=comparison,ranking,rating,label \
  --ask=options=3,candidates=6,draws=16,segment_steps=6 > out 2> err || fail "kinds: $(tail -n 3 err)"
"$heed" feedback kinds.db list > listed
for line in "comparison  *option 3 of 3" "ranking  *order of 3" "rating  *grade 3 of 5" \
  "label  *good"; do
  grep -q "$line" listed || fail "no '$line' in: $(cat listed)"
done
grep -q "no key '='" err || fail "a ranking has no 'equally good'"
says "5 answers"
expect 2 "comparison, ranking, rating and label" learn reward "$world" -e lived.heed --kinds=praise
