#!/bin/sh
# includes.sh SOURCE_DIR: a folder includes only what its row of the table in docs/design.md allows,
# and names every header from the top: #include "core/status.h".
set -eu
cd "$1"

# One line per row: folder:header.
is_allowed() {
  case ${1%%/*}:$2 in
    core:core/*) ;;
    envs:core/* | envs:envs/*) ;;
    dynamics:core/* | dynamics:dynamics/*) ;;
    reward:core/* | reward:reward/*) ;;
    value:core/* | value:value/*) ;;
    planner:core/* | planner:planner/*) ;;
    planner:dynamics/dynamics.h | planner:reward/reward.h | planner:reward/choice.h) ;;
    planner:value/value.h) ;;
    agent:core/* | agent:envs/* | agent:dynamics/* | agent:reward/* | agent:value/* | agent:planner/*) ;;
    agent:agent/*) ;;
    scenarios:cli/*) return 1 ;;
    scenarios:*/* | cli:*/*) ;;
    *) return 1 ;;
  esac
}

folders="core envs dynamics reward value planner agent scenarios cli"
# shellcheck disable=SC2086 # the folders are words
complaints=$(
  find $folders -name '*.[ch]' -exec grep -HnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' {} + |
    while IFS=: read -r file line text; do
      header=${text#*\"}
      header=${header%%\"*}
      if ! is_allowed "$file" "$header"; then
        echo "$file:$line: ${file%%/*}/ must not include $header"
      elif ! [ -e "$header" ]; then
        echo "$file:$line: there is no $header"
      fi
    done
)
if [ -n "$complaints" ]; then
  echo "$complaints"
  exit 1
fi
