/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stacks of one host that share their addresses, each on an lcore of its own. Which of them a packet belongs to, flow/home says; here
 * is what takes it there: for each two stacks a ring each way, written by one lcore and read by one, so that no lock is taken and
 * nothing is waited for. What does not fit is dropped and counted by whoever would hand it over.
 */
#ifndef POLLEN_STACK_GROUP_H
#define POLLEN_STACK_GROUP_H

#include "stack/stack.h"

PLN_C_BEGIN

#define PLN_GROUP_MAX  128U  /* stacks; RTE_MAX_LCORE of Debian's DPDK */
#define PLN_GROUP_RING 1024U /* slots between two stacks, a power of two: 32 bursts */

struct pln_group {
	unsigned int count;
	struct pln_siphash_key secret;           /* of flow/home, the same for all */
	const struct pln_steer *steer;           /* NULL: nothing is known of the device */
	struct pln_stack *stacks[PLN_GROUP_MAX]; /* NULL: not joined yet */
	struct rte_ring **rings; /* count × count, by writer and reader; NULL on the diagonal */
	struct pln_prove *prove; /* while the steering is put to the test */
	uint32_t
		astray; /* a stack, plus 1, to which the device brings what is others'; 0: none; atomic */
};

/* A group of `count` stacks, 2 to PLN_GROUP_MAX, none of which has joined. `steer` is kept. 0, -EINVAL or -ENOMEM. Main thread. */
int pln_group_create(unsigned int count, const struct pln_siphash_key *secret,
                     const struct pln_steer *steer, struct pln_group **out);

/* Free it and the packets that were on their way. The stacks do not turn any more and are freed after it. NULL is allowed. */
void pln_group_destroy(struct pln_group *group);

/* Stack number `index` is this one. Before any of them turns. 0 or -ENOMEM. */
int pln_group_join(struct pln_group *group, unsigned int index, struct pln_stack *stack);

/*
 * A packet has been read as far as flow/home needs. True: it belongs to another stack and has been handed over, or dropped where that
 * one does not keep up; it is gone.
 */
bool pln_group_hand_over(struct pln_stack *stack, struct rte_mbuf *m);

/* To stack number `to`, another one. The first drops and counts what does not fit, the second answers false and has done nothing. */
void pln_group_hand(struct pln_stack *stack, struct rte_mbuf *m, uint32_t to);
bool pln_group_send(struct pln_stack *stack, struct rte_mbuf *m, uint32_t to);

/* Take up to `max` packets that others have handed to this stack. */
unsigned int pln_group_take(struct pln_stack *stack, struct rte_mbuf **m, unsigned int max);

/* Has another stack handed something to this one? */
bool pln_group_waits(const struct pln_stack *stack);

/*
 * Where the device's rule is known segments arrive at home. Has a stack found that, of those it receives, a quarter does not? True once,
 * and then again when it still is so; *stack is its number. Any thread.
 */
bool pln_group_is_astray(struct pln_group *group, uint32_t *stack);

/* Hand a copy of a packet to every other stack. */
void pln_group_tell_others(struct pln_stack *stack, struct pln_pkt *pkt);

/* The control stack has given an address up: the others do too. */
void pln_group_tell_addr_lost(struct pln_stack *stack, struct pln_be32 addr);

PLN_C_END

#endif
