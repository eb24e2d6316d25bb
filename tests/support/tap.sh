# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Tests in shell: source this, call `check NAME COMMAND...` for each test, end with `done_testing`. TAP comes out.
tap_count=0
tap_failed=0

# Run a command; the test passes if it succeeds, else what it printed follows as comments.
check() {
	local name=$1 said
	shift
	tap_count=$((tap_count + 1))
	if said=$("$@" 2>&1); then
		echo "ok $tap_count - $name"
	else
		echo "not ok $tap_count - $name"
		tap_failed=$((tap_failed + 1))
		sed 's/^/# /' <<<"$said"
	fi
}

# Count a test that cannot run here, and say why.
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

done_testing() {
	echo "1..$tap_count"
	exit $((tap_failed > 0))
}
