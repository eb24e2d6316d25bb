/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long to spin before sleeping. A NIC's next frame is worth a longer wait than a vdev's, whose peer may be waiting for the very
 * processor we spin on. Sleeps grow with idleness, end before the stack's next deadline and never exceed 200 us, so that a frame
 * that comes meanwhile waits no longer than that.
 */
#include "host/relax.h"

#define SPIN_TURNS        16U
#define PAUSE_TURNS_VDEV  64U
#define PAUSE_TURNS_NIC   20000U
#define YIELD_TURNS_VDEV  256U
#define YIELD_TURNS_NIC   40000U
#define SLEEP_STEP_TURNS  16U /* turns that sleep equally long */
#define SLEEP_FIRST_NS    (20 * PLN_NS_PER_US)
#define SLEEP_MAX_NS      (200 * PLN_NS_PER_US)
#define SLEEP_OVERHEAD_NS (60 * PLN_NS_PER_US) /* the kernel wakes us this late */

static uint64_t
sleep_length(unsigned int turns_asleep, uint64_t now, uint64_t next)
{
	unsigned int doublings = turns_asleep / SLEEP_STEP_TURNS;
	uint64_t ns = doublings < 4 ? SLEEP_FIRST_NS << doublings : SLEEP_MAX_NS;

	if (ns > SLEEP_MAX_NS)
		ns = SLEEP_MAX_NS;
	if (next <= now + SLEEP_OVERHEAD_NS)
		return 0;
	if (next - now - SLEEP_OVERHEAD_NS < ns)
		ns = next - now - SLEEP_OVERHEAD_NS;
	return ns;
}

struct pln_relax_step
pln_relax_choose(unsigned int idle_turns, bool shares_cpu, uint64_t now, uint64_t next)
{
	unsigned int pause_until = shares_cpu ? PAUSE_TURNS_VDEV : PAUSE_TURNS_NIC;
	unsigned int yield_until = shares_cpu ? YIELD_TURNS_VDEV : YIELD_TURNS_NIC;
	struct pln_relax_step step = { .what = PLN_RELAX_SPIN };

	if (idle_turns < SPIN_TURNS)
		return step;
	step.what = PLN_RELAX_PAUSE;
	if (idle_turns < pause_until)
		return step;
	step.what = PLN_RELAX_YIELD;
	if (idle_turns < yield_until)
		return step;
	step.sleep_ns = sleep_length(idle_turns - yield_until, now, next);
	step.what = step.sleep_ns > 0 ? PLN_RELAX_SLEEP : PLN_RELAX_PAUSE;
	return step;
}
