/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sending by way of another lcore: where a device has fewer queues than there are stacks, one that has a queue sends for one that has
 * none. What the latter is to receive comes from stack to stack, not by here.
 */
#ifndef POLLEN_DEV_RELAY_H
#define POLLEN_DEV_RELAY_H

#include <pollen/link.h>

#include "base/decl.h"

PLN_C_BEGIN

#define PLN_RELAY_LEN 1024U /* slots of a ring, a power of two */

struct rte_ring;

/* The link of a stack without a queue: one lcore writes the ring, the owner of the queue reads it. */
struct pln_relay {
	struct rte_ring *ring;
	struct pln_link link;   /* for pln_stack_create; ctx is this struct */
	struct pln_relay *next; /* of the same owner */
	const struct pln_relay_owner *owner;
};

/* The link of the stack that has the queue: it is turned as before, and sends for the others on the way. */
struct pln_relay_owner {
	struct pln_link queue;
	struct pln_relay *relays;
	struct pln_link link; /* for pln_stack_create; ctx is this struct */
	void (*wake)(
		void *ctx); /* called when there is something to send for another; NULL: nobody sleeps */
	void *wake_ctx;
};

/* The owner of a queue that sends for nobody yet; `queue` is copied. */
void pln_relay_owner_init(struct pln_relay_owner *owner, const struct pln_link *queue);

/* A link that sends by way of `owner`, which outlives it. Before either turns. 0 or -ENOMEM. */
int pln_relay_open(struct pln_relay *relay, struct pln_relay_owner *owner);

/* Free it and what it has not sent. Nobody turns any more. Harmless if it was never opened. */
void pln_relay_close(struct pln_relay *relay);

PLN_C_END

#endif
