#!/bin/sh
# feedback.sh HEED WORK_DIR: a store of answers is listed, copied through text, merged, and its answers
# withdrawn, without losing or doubling any.
set -eu
. "$(dirname "$0")/common.sh"

explore 1 lived.heed
ask() {
  expect 0 "" learn reward "$world" -e lived.heed --questions=uniform --ask=segment_steps=5 "$@"
}
ask -n 5 --store=a.db --teacher=oracle+noisy
ask -n 4 --store=b.db --teacher=equal --topic=safety

# Two people, an answer each, and a wide prior: a step of the fit once made beta overflow here.
expect 0 "" explore boat-race --steps=300 -o boats.heed
expect 0 "" learn reward boat-race -e boats.heed --questions=uniform -n 30 \
  --teacher=oracle+noisy+mistake -o boats-wishes.heed
says "people:"

echo "list"
expect 0 "" feedback a.db
[ "$(wc -l < out)" -eq 5 ] || fail "not 5 answers: $(cat out)"
says "comparison"
expect 0 "" feedback b.db list --topic=task
[ ! -s out ] || fail "answers on another topic"
expect 0 "" feedback b.db --who=equal --format=json
says '"topic": "safety"'

echo "export and import are each other's inverse"
expect 0 "" feedback a.db withdraw 2
says "answer 2 is withdrawn"
expect 0 "" feedback a.db withdraw 2
says "was withdrawn before"
expect 0 "" feedback a.db export
cp out a.jsonl
expect 0 "" feedback copy.db import a.jsonl
says "5 of 5 answers were new"
expect 0 "" feedback copy.db export
cmp out a.jsonl || fail "what was imported is not what was exported"
expect 0 "" feedback copy.db import a.jsonl
says "0 of 5 answers were new"

echo "merge"
expect 0 "" feedback a.db merge b.db
says "4 of 4 answers were new"
expect 0 "" feedback a.db merge b.db
says "0 of 4 answers were new"
expect 0 "" feedback all.db merge a.db
says "9 of 9 answers were new"
expect 0 "" feedback a.db show 2
says '"withdrawn_at": 1'
expect 0 "" feedback a.db show 6
says '"options": ['
ask -n 9 --store=all.db --teacher=oracle --topic=safety
says "9 answers, 4 at the start"

echo "people who contradict each other, and one who drifts"
head -n 1 a.jsonl > turned.jsonl
sed -n 2p a.jsonl | sed 's/"who":"[^"]*"/"who":"mallory"/
  s/"chosen":0/"chosen":2/; s/"chosen":1/"chosen":0/; s/"chosen":2/"chosen":1/' >> turned.jsonl
expect 0 "" feedback turned.db import a.jsonl
expect 0 "" feedback turned.db import turned.jsonl
says "1 of 1 answers were new"
expect 0 "" feedback turned.db people
says "pairs of answers that contradict each other: 1"
says "answer 6 of mallory"
says "mallory      1 answers"
expect 0 "" feedback turned.db people --format=json
says '"contradiction_count": 1'
expect 0 "" feedback turned.db withdraw 6
expect 0 "" feedback turned.db people
says "contradict each other: 0"
expect 0 "" feedback turned.db people --topic=nothing
[ ! -s out ] || fail "people of no topic: $(cat out)"
ask -n 100 --store=steady.db --teacher=oracle -o steady.heed
expect 0 "" feedback steady.db people
says "no drift to be seen"
expect 0 "" feedback steady.db export
sed '52,$ { s/"chosen":0/"chosen":2/; s/"chosen":1/"chosen":0/; s/"chosen":2/"chosen":1/ }' out > drift.jsonl
expect 0 "" feedback drift.db import drift.jsonl
expect 0 "" feedback drift.db people
says "what they want seems to change"

echo "what cannot be"
expect 1 "no answer 99" feedback a.db show 99
expect 1 "no answer 99" feedback a.db withdraw 99
expect 1 "no number" feedback a.db withdraw first
expect 1 "none.db" feedback none.db
[ ! -e none.db ] || fail "a store was made of nothing"
expect 1 "not a database" feedback lived.heed
head -c "$(($(wc -c < a.db) / 2))" a.db > cut.db
expect 1 ".recover" feedback cut.db
expect 1 "line 1" feedback a.db import lived.heed
sed '3s/"beta":[^,]*/"beta":-1/' a.jsonl > wrong.jsonl
expect 1 "record 2: beta is -1" feedback new.db import wrong.jsonl
sed '3s/"chosen":[^,]*/"chosen":7/' a.jsonl > wrong.jsonl
expect 1 "record 2: answer 7" feedback new.db import wrong.jsonl
head -c 700 a.jsonl > wrong.jsonl
expect 1 "line 2" feedback new.db import wrong.jsonl
sed '3s/"terminal"/"terminal/' a.jsonl > wrong.jsonl
expect 1 "line 3" feedback new.db import wrong.jsonl
expect 2 "one argument more" feedback a.db show
expect 2 "nothing more" feedback a.db people task
expect 2 "expected" feedback a.db forget 3
if [ "$(id -u)" -ne 0 ]; then
  chmod a-w b.db
  expect 1 "read-only" feedback b.db withdraw 1
  expect 0 "" feedback b.db list
  expect 0 "" feedback b.db show 1
  expect 0 "" feedback b.db export
  expect 0 "" show b.db
fi
