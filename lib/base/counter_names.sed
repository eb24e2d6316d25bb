# SPDX-License-Identifier: BSD-3-Clause
# counters.def to the initialisers of a table of lower-case names, indexed by counter.
s/^PLN_COUNTER(\([A-Z0-9_]*\), .*/[PLN_\1] = "\L\1",/p
