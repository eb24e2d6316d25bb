/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A wire shared with another stack, the kernel's: it is given the frames that are nobody's here, instead of an answer of ours, and
 * its own are sent among ours. Whose a frame is follows from the reason for which this stack would refuse it.
 */
#ifndef POLLEN_STACK_SHARE_H
#define POLLEN_STACK_SHARE_H

#include <pollen/link.h>

#include "base/counters.h"
#include "wire/pkt.h"

PLN_C_BEGIN

#define PLN_SHARE_LEN 64U /* frames that gather in a turn: two bursts */

struct pln_stack;
struct rte_mbuf;

struct pln_share {
	struct pln_link link; /* to the kernel; tx NULL: nothing is shared */
	uint16_t count;
	struct rte_mbuf *frames[PLN_SHARE_LEN]; /* for the kernel, oldest first */
};

static inline bool
pln_share_is_on(const struct pln_share *share)
{
	return share->link.tx != NULL;
}

/* Is a frame that is refused for this reason the kernel's to judge? False where nothing is shared. */
bool pln_share_takes(const struct pln_share *share, enum pln_drop why);

/* This stack has done with a packet that it accepted: does the kernel hear of it too? */
bool pln_share_wants_too(const struct pln_stack *stack, const struct pln_pkt *pkt);

/* The frame is the kernel's from now on. */
void pln_share_give(struct pln_stack *stack, struct rte_mbuf *m);

/* A copy for the kernel of a frame that stays ours. */
void pln_share_give_copy(struct pln_stack *stack, const struct rte_mbuf *m);

/* A datagram put together here begins with its IPv4 header: make it a frame, in case it is the kernel's. */
void pln_share_frame(const struct pln_stack *stack, struct rte_mbuf *m);

/* Once a turn: what has gathered goes to the kernel, and what the kernel sends is queued. Returns the frames taken from it. */
unsigned int pln_share_turn(struct pln_stack *stack);

/* Free what has gathered. */
void pln_share_fini(struct pln_share *share);

PLN_C_END

#endif
