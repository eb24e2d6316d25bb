#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A program under ThreadSanitizer: `tsan.sh PROGRAM ARG...`. It ends with an error at the first race. A few thousand connections: each
# costs some thirty times as much. Addresses are not drawn at random, since newer kernels draw some that the sanitizer cannot use;
# calls that DPDK's own, unwatched code makes of memcpy and its like are left alone.
set -euo pipefail
export POLLEN_SOAK=${POLLEN_SOAK:-40}
here=$(dirname "$0")
export TSAN_OPTIONS="halt_on_error=1:exitcode=66:ignore_noninstrumented_modules=1:history_size=4:suppressions=$here/tsan.suppressions"
exec setarch "$(uname -m)" -R "$@"
