/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hierarchical timing wheel (Varghese and Lauck, scheme 7) with intrusive nodes. Time comes from
 * the caller; nothing here reads a clock. A deadline is rounded up to the tick, so a node never
 * fires early and at most one tick late; the time of the next expiry is exact to that tick and
 * found from occupancy bitmaps, so a wheel that idles for a virtual fortnight costs nothing to
 * advance.
 */
#ifndef POLLEN_BASE_WHEEL_H
#define POLLEN_BASE_WHEEL_H

#include "base/decl.h"

PLN_C_BEGIN

#define PLN_WHEEL_TICK_SHIFT 15 /* 2^15 ns = 32.8 us a tick */
#define PLN_WHEEL_SLOT_BITS  8
#define PLN_WHEEL_SLOTS      (1U << PLN_WHEEL_SLOT_BITS)
#define PLN_WHEEL_LEVELS     5 /* 2^(15 + 40) ns = 417 days; what is later is dealt out again */

struct pln_wheel_node {
	struct pln_wheel_node *next;
	struct pln_wheel_node **pprev; /* NULL when the node is not armed */
	uint64_t deadline;             /* ns, as asked for */
	uint16_t slot;                 /* level × PLN_WHEEL_SLOTS + slot, while armed */
};

struct pln_wheel {
	uint64_t now_tick; /* everything up to here has fired */
	uint32_t armed;    /* nodes */
	uint64_t bitmap[PLN_WHEEL_LEVELS][PLN_WHEEL_SLOTS / 64];
	struct pln_wheel_node *slot[PLN_WHEEL_LEVELS][PLN_WHEEL_SLOTS];
};

void pln_wheel_init(struct pln_wheel *wheel, uint64_t now);

/*
 * Arm, or move, a node; one that was never armed is all zero. A deadline before the wheel's present
 * tick fires at the next pln_wheel_expire, whatever its `now`. PLN_NEVER disarms.
 */
void pln_wheel_arm(struct pln_wheel *wheel, struct pln_wheel_node *node, uint64_t deadline);

/* Disarm; nothing happens to a node that is not armed. */
void pln_wheel_cancel(struct pln_wheel *wheel, struct pln_wheel_node *node);

static inline bool
pln_wheel_armed(const struct pln_wheel_node *node)
{
	return node->pprev != NULL;
}

/*
 * Take the next node whose deadline is at or before `now`, disarmed; NULL when none is due. Call it
 * until it answers NULL; a handler may arm and cancel any node between calls.
 */
struct pln_wheel_node *pln_wheel_expire(struct pln_wheel *wheel, uint64_t now);

/*
 * When the wheel next wants to run: ns, PLN_NEVER when nothing is armed. Never later than the
 * earliest deadline rounded up to its tick; may be earlier (a cascade).
 */
uint64_t pln_wheel_next(const struct pln_wheel *wheel);

PLN_C_END

#endif
