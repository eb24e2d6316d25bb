/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long to spin before sleeping, and how long to sleep. A processor that is given away comes back when whoever took it has used up his
 * time, some milliseconds, so near a deadline that is not done: a sleep ends when it was to. A NIC's next frame is worth a longer wait than a vdev's, whose peer may be
 * waiting for the very processor we spin on. Sleeps grow with idleness and end before the stack's next deadline, by as much as the
 * kernel may be late. Where nothing wakes the sleeper they stay so short that a frame that comes meanwhile is answered within 200 us;
 * where the device wakes it they are longer, and longest where that was asked for. But what a program itself waits for (a signal, a
 * file) wakes nobody: growing with idleness, a sleep is an eighth of the time that nothing has happened for, at most.
 */
#include "host/relax.h"

#define SPIN_TURNS        16U
#define PAUSE_TURNS_VDEV  64U
#define PAUSE_TURNS_NIC   20000U
#define YIELD_TURNS_VDEV  256U
#define YIELD_TURNS_NIC   40000U
#define SLEEP_STEP_TURNS  16U /* turns that sleep equally long */
#define SLEEP_FIRST_NS    (20 * PLN_NS_PER_US)
#define SLEEP_MAX_NS      (150 * PLN_NS_PER_US)
#define WOKEN_MAX_NS      PLN_NS_PER_MS
#define INTERRUPT_MAX_NS  (10 * PLN_NS_PER_MS)
#define SLEEP_OVERHEAD_NS (60 * PLN_NS_PER_US) /* the kernel wakes us this late */
#define YIELD_MAX_NS      (4 * PLN_NS_PER_MS)  /* and gives a processor back as late as this */

static uint64_t
longest(const struct pln_relax_rule *rule)
{
	if (!rule->woken)
		return SLEEP_MAX_NS;
	return rule->poll == PLN_HOST_POLL_INTERRUPT ? INTERRUPT_MAX_NS : WOKEN_MAX_NS;
}

static uint64_t
sleep_length(uint64_t max, unsigned int turns_asleep, uint64_t now, uint64_t next)
{
	unsigned int doublings = turns_asleep / SLEEP_STEP_TURNS;
	uint64_t ns = doublings < 16 ? SLEEP_FIRST_NS << doublings : max;

	if (ns > max)
		ns = max;
	if (next <= now + SLEEP_OVERHEAD_NS)
		return 0;
	if (next - now - SLEEP_OVERHEAD_NS < ns)
		ns = next - now - SLEEP_OVERHEAD_NS;
	return ns;
}

static struct pln_relax_step
sleep_step(const struct pln_relax_rule *rule, unsigned int turns_asleep, uint64_t now,
           uint64_t next)
{
	uint64_t ns = sleep_length(longest(rule), turns_asleep, now, next);

	return (struct pln_relax_step){ ns > 0 ? PLN_RELAX_SLEEP : PLN_RELAX_PAUSE, ns };
}

struct pln_relax_step
pln_relax_choose(const struct pln_relax_rule *rule, unsigned int idle_turns, uint64_t now,
                 uint64_t next)
{
	bool yields_soon = rule->shares_cpu || rule->crowded;
	unsigned int pause_until = yields_soon ? PAUSE_TURNS_VDEV : PAUSE_TURNS_NIC;
	unsigned int yield_until = yields_soon ? YIELD_TURNS_VDEV : YIELD_TURNS_NIC;
	struct pln_relax_step step = { .what = PLN_RELAX_SPIN };

	if (idle_turns < SPIN_TURNS)
		return step;
	step.what = PLN_RELAX_PAUSE;
	if (idle_turns < pause_until || (rule->poll == PLN_HOST_POLL_BUSY && !yields_soon))
		return step;
	if (idle_turns >= yield_until && rule->poll != PLN_HOST_POLL_BUSY)
		return sleep_step(rule, idle_turns - yield_until, now, next);
	if (next <= now + YIELD_MAX_NS && rule->poll != PLN_HOST_POLL_BUSY)
		return sleep_step(rule, 0, now, next);
	step.what = PLN_RELAX_YIELD;
	return step;
}
