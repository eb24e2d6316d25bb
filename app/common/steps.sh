# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# A report of numbered steps: what was done, what came of it, how long it took; and how a step fails.
# To be sourced.

steps=0 # how many there will be
started=0

die() {
	local sentence
	for sentence in "$@"; do
		[ -z "$sentence" ] || printf 'quickstart: %s\n' "$sentence" >&2
	done
	exit 1
}

now_us() {
	echo "${EPOCHREALTIME/./}"
}

begin() {
	started=$(now_us)
}

# report NUMBER NAME DETAIL: the step that began last is done.
report() {
	local us=$(($(now_us) - started))
	printf '[%d/%d] %-12s %-64s %3d.%02d s\n' "$1" "$steps" "$2" "$3" $((us / 1000000)) $((us / 10000 % 100))
}

# fail NUMBER NAME SENTENCE...: the step that began last did not work.
fail() {
	printf '[%d/%d] %-12s failed\n' "$1" "$steps" "$2"
	shift 2
	die "$@"
}

# human BYTES: 67108864 -> 64.0 MiB
human() {
	local unit=B tenths=$(($1 * 10)) next
	for next in KiB MiB GiB; do
		[ "$tenths" -ge 10240 ] || break
		tenths=$((tenths / 1024)) unit=$next
	done
	if [ "$unit" = B ]; then echo "$1 B"; else echo "$((tenths / 10)).$((tenths % 10)) $unit"; fi
}

# last_words LINES FILE...: the end of logs, for a sentence; those that are not there said nothing.
last_words() {
	tail -qn "$@" 2>/dev/null || true
}

# For a trap on ERR: what failed without a sentence of its own.
say_unexpected() {
	printf 'quickstart: failed, and should not have: %s\n' "$1" >&2
}
