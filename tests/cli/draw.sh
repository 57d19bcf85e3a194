#!/bin/sh
# draw.sh HEED WORK_DIR: recorded episodes become pictures, of what was recorded and nothing else.
set -eu
. "$(dirname "$0")/common.sh"

# An episode of five steps.
expect 0 "" run boat-race -d exact -r channel --particles=1 --planner=simulations=20,horizon=3 \
  -n 2 --record=life.jsonl

# number_at FILE OFFSET BYTES ORDER: an unsigned number in a file.
number_at() {
  od -An -v -t u1 -j "$2" -N "$3" "$1" | awk -v order="$4" \
    '{ for (i = 1; i <= NF; i++) n = order == "big" ? n * 256 + $i : n + $i * 256 ^ (i - 1) } END { print n }'
}

echo "three kinds"
expect 0 "" draw life.jsonl -o life.svg
expect 0 "" draw life.jsonl --output=life.gif --frames=0..9
expect 0 "" draw life.jsonl -o strip.png --frames=0..9 --every=3 --columns=2
says "strip.png: 4 frames, "
head -c 6 life.gif | grep -q GIF89a || fail "life.gif is no GIF89a"
head -c 8 strip.png | od -An -c | grep -q 'P   N   G' || fail "strip.png is no PNG"

echo "sizes: the board 5 x 5 in a frame 6 wide, margins 0.5, gap 1, caption 1.4 high, all times 32"
[ "$(number_at strip.png 16 4 big)" -eq $(((6 + 1 + 6 + 1) * 32)) ] || fail "width of strip.png"
# two rows: 2 (5 + 1.4) + 1 + 2 * 0.5, to whole pixels: 205 a row
[ "$(number_at strip.png 20 4 big)" -eq $((2 * 205 + 32 + 32)) ] || fail "height of strip.png"
[ "$(number_at life.gif 6 2 little)" -eq $((7 * 32)) ] || fail "width of life.gif"
expect 0 "" draw life.jsonl -o small.gif --frames=0..9 --scale=8 --hidden
says "small.gif: 10 frames, 56 x 64 pixels" # 5 + 2 + 1, times 8
expect 0 "" draw life.jsonl -o one.png --frames=3 --format=json
says '"frames": 1'
says '"width": 224'

echo "the same again gives the same bytes"
for file in life.svg strip.png small.gif; do
  mv $file first
  case $file in
    life.svg) expect 0 "" draw life.jsonl -o life.svg ;;
    strip.png) expect 0 "" draw life.jsonl -o strip.png --frames=0..9 --every=3 --columns=2 ;;
    small.gif) expect 0 "" draw life.jsonl -o small.gif --frames=..9 --scale=8 --hidden ;;
  esac
  cmp $file first || fail "$file differs"
done

echo "what stands in it"
if command -v xmllint > /dev/null; then
  xmllint --noout life.svg || fail "life.svg is not well formed"
fi
! grep -q '<script' life.svg || fail "a script in life.svg"
grep -q 'rgb\|#ff0' life.svg || fail "no yellow arrow in life.svg"
grep -q '<animate attributeName="fill"' life.svg || fail "nothing moves in life.svg"
! grep -q hidden.performance life.svg || fail "the hidden performance is told"
expect 0 "" draw life.jsonl -o still.svg --strip --frames=0..2 --hidden
! grep -q '<animate' still.svg || fail "still.svg moves"
[ "$(grep -c 'hidden performance' still.svg)" -eq 3 ] || fail "hidden performance of 3 frames"
# Step 2 of the second episode, as the trace has it.
step2=$(sed -n 2p life.jsonl | sed 's/.*"rewards":\[\([^,]*\),\([^,]*\),.*/\2/; s/-/−/')
expect 0 "" draw life.jsonl -e 2 -o still.svg --strip --frames=2
grep -q ">$step2</text>" still.svg || fail "the reward $step2 is not told"

echo "the last of the range is there, also of one that goes beyond the end"
expect 0 "" draw life.jsonl -o still.svg --strip --frames=95..2000 --every=3
grep -q '>100, end<' still.svg || fail "the end is not there"

echo "refused: text of the message|arguments"
sed 's/"return":[-0-9]*/"return":7/' life.jsonl > lie.jsonl
while IFS='|' read -r status text arguments; do
  eval "set -- $arguments"
  rm -f new.*
  expect "$status" "$text" "$@"
  [ "$(find . -name 'new.*')" = "" ] || fail "heed $*: a file is written"
done << 'END'
2|.svg, .gif or .png|draw life.jsonl -o new.jpeg
2|.svg, .gif or .png|draw life.jsonl -o svg
2|--output is missing|draw life.jsonl
2|FILE is missing|draw -o new.svg
2|--frames: '7..3'|draw life.jsonl -o new.svg --frames=7..3
2|--frames: ''|draw life.jsonl -o new.svg --frames=
2|--frames: 'x'|draw life.jsonl -o new.svg --frames=x
2|--frames: '1..-2'|draw life.jsonl -o new.svg --frames=1..-2
2|--strip|draw life.jsonl -o new.gif --strip
2|--scale: '3'|draw life.jsonl -o new.png --scale=3
1|no episode 3|draw life.jsonl -o new.svg -e 3
1|none from 500 on|draw life.jsonl -o new.svg --frames=500..
1|at most 32767|draw life.jsonl -o new.png --columns=101 --scale=256
1|more than a GIF should hold|draw life.jsonl -o new.gif --scale=256
1|not what was recorded|draw lie.jsonl -o new.svg
1|nowhere.jsonl|draw nowhere.jsonl -o new.svg
1|no/such/folder|draw life.jsonl -o no/such/folder/new.svg
END
cp life.jsonl own.svg
expect 1 "own.svg" draw own.svg -o own.svg
cmp life.jsonl own.svg || fail "the input is overwritten"

echo passed
