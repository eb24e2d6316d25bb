#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# once.sh PROGRAM FOLDER TARGET: a fuzz target as one test of tests/run, sixty seconds from its seeds in FOLDER/corpus/TARGET. What
# it finds new is not kept (tests/fuzz/run does that); what breaks it is, in the build folder, and shown here byte by byte.
set -euo pipefail

program=$1 folder=$2 target=$3
seconds=${POLLEN_FUZZ_SECONDS:-60}
found=${POLLEN_BUILD:-$(dirname "$program")}/fuzz-found/$target

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$found"
dict=()
[[ -f $folder/$target.dict ]] && dict=("-dict=$folder/$target.dict")

status=0
"$program" -seed=1 -entropic=0 -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
	-artifact_prefix="$found/" "${dict[@]}" "$work" "$folder/corpus/$target" >"$work.log" 2>&1 || status=$?
grep -v -E '^#[0-9]+\s+(NEW|REDUCE|pulse|RELOAD)' "$work.log" || true
if ((status != 0)); then
	file=$(sed -n 's/.*Test unit written to //p' "$work.log" | tail -1)
	if [[ -n $file ]]; then
		echo "to see it again: $program $file"
		od -An -v -tx1 "$file"
	fi
fi
echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$work.log") executions"
rm -f "$work.log"
exit "$status"
