/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stack's letter box: calls that any thread of the process asks it to make, in its own turn, on its own lcore. Bounded; posting never
 * blocks; what does not fit is refused and counted. A stack that sleeps is woken.
 */
#ifndef POLLEN_STACK_MBOX_H
#define POLLEN_STACK_MBOX_H

#include <pollen/stack.h>

#include "base/counters.h"

PLN_C_BEGIN

#define PLN_MBOX_LEN   1023U /* calls that wait at most */
#define PLN_MBOX_BURST 64U   /* calls made in one turn */

struct rte_ring;

#define PLN_MBOX_BYTES 16U /* that a letter can bring with it */

/* One call. */
struct pln_mbox_letter {
	pln_stack_call *call;
	void *ctx;      /* of the call */
	uint32_t bytes; /* not 0: the call's ctx is what stands here */
	uint32_t inside[PLN_MBOX_BYTES / 4];
};

/* What wakes an lcore; its stacks share one. */
struct pln_waker {
	int fd;      /* written to when it sleeps; -1: it never has */
	bool asleep; /* atomic */
};

struct pln_mbox {
	struct rte_ring *ring; /* of letters: many write, the stack reads */
	struct pln_waker own;
	struct pln_waker *waker; /* its own, or that of another stack of its lcore */
	uint64_t refused;        /* letters that did not fit; atomic */
	uint64_t refused_told;   /* of them counted by the stack */
};

int pln_mbox_init(struct pln_mbox *mbox); /* 0 or -ENOMEM */
void pln_mbox_fini(struct pln_mbox *mbox);

/* From now on both are woken together: their stacks are turned by one lcore, and gone together. Before either turns. */
void pln_mbox_share_waker(struct pln_mbox *mbox, struct pln_mbox *with);

/* Any thread. 0 or -EAGAIN. The second copies what the call is to have, at most PLN_MBOX_BYTES, which lasts as long as the call. */
int pln_mbox_post(struct pln_mbox *mbox, pln_stack_call *call, void *ctx);
int pln_mbox_post_bytes(struct pln_mbox *mbox, pln_stack_call *call, const void *bytes, size_t len);

/* Make the calls that wait, PLN_MBOX_BURST at most; returns how many. The stack's own lcore. */
unsigned int pln_mbox_run(struct pln_mbox *mbox, struct pln_stack *stack,
                          struct pln_counters *counters);

/* Is there a letter? */
bool pln_mbox_waits(const struct pln_mbox *mbox);

/* Sleep until a letter arrives or somebody wakes it, `ns` at most; 0: do not, after all. The stack's own lcore, in two steps: whoever has
 * something for the stack after the first wakes it, what came before it can be seen between the two. */
void pln_mbox_lie_down(struct pln_mbox *mbox);
void pln_mbox_sleep(struct pln_mbox *mbox, uint64_t ns);

/* For who sleeps on more than letters, between pln_mbox_lie_down and pln_mbox_get_up: what becomes readable when the stack is woken.
 * -errno: there are no descriptors left. */
int pln_mbox_wake_fd(struct pln_mbox *mbox);
void pln_mbox_get_up(struct pln_mbox *mbox);

/* Wake the stack if it sleeps. Any thread. */
void pln_mbox_wake(struct pln_mbox *mbox);

PLN_C_END

#endif
