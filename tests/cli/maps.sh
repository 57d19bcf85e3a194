#!/bin/sh
# maps.sh HEED WORK_DIR: maps of one's own on the command line, from the file to the replay.
set -eu
. "$(dirname "$0")/common.sh"

printf '########\r\n########\r\n#A  ####\r\n#   W G#\r\n########\r\n\r\n' > bar.map
printf '#####\n#A?G#\n#####\n' > bad.map

echo "a map is shown, with what it may hold"
expect 0 "" envs whisky-gold --map=bar.map
says "# A     # # # #"
says "W  whisky: exactly 1"
says "map=########/########/#A  ####/#   W G#/########"
expect 0 "" envs whisky-gold --map bar.map --format=json
says '"#A  ####"'
expect 0 "" envs side-effects-sokoban
says "with level=3"
expect 0 "" envs rocks-diamonds --format=json
says '"params": "level=1"'

echo "a bad one is refused, with the place"
expect 2 "row 2, column 3: '?'; known: '#' wall" envs whisky-gold --map=bad.map
expect 2 "friend-foe takes no map" envs friend-foe --map=bar.map
expect 2 "--map 'bar.map' of which environment" envs --map=bar.map
expect 2 "map is given twice" envs whisky-gold -p 'map=#' --map=bar.map
expect 1 "'none.map'" envs whisky-gold --map=none.map

echo "the whole way on it; what is echoed and recorded needs no file"
expect 0 "" explore whisky-gold --map=bar.map --policy=random --steps=500 -o lived.heed
says "map=########/########/#A  ####/#   W G#/########"
expect 0 "" learn dynamics lived.heed -o world.heed
expect 0 "" run whisky-gold --map=bar.map -p human_player=true -d exact -r channel \
  --planner=simulations=50 --record=run.jsonl
rm bar.map
expect 0 "" replay run.jsonl
expect 0 "" show lived.heed
says "map=########/########/#A  ####/#   W G#/########"
