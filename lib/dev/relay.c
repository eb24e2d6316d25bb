/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A ring with one writer and one reader. The owner takes from it whenever it looks at its own queue, and only what the device takes:
 * the rest stays where it is, so that a full device is felt by the stack that sends too much.
 */
#include "dev/relay.h"

#include <errno.h>

#include <rte_mbuf.h>
#include <rte_ring_peek.h>

#include "dev/ring.h"

#define BURST 32U

static uint16_t
relay_rx(void *ctx, struct rte_mbuf **frames, uint16_t n)
{
	(void)ctx;
	(void)frames;
	(void)n;
	return 0;
}

static uint16_t
relay_tx(void *ctx, struct rte_mbuf **frames, uint16_t n)
{
	struct pln_relay *relay = ctx;
	uint16_t taken = (uint16_t)rte_ring_sp_enqueue_burst(relay->ring, (void **)frames, n, NULL);

	/* An owner that falls asleep this moment may be missed; it does not sleep long. */
	if (taken > 0 && relay->owner->wake != NULL)
		relay->owner->wake(relay->owner->wake_ctx);
	return taken;
}

static void
send_for(struct pln_relay *relay, const struct pln_link *queue)
{
	struct rte_mbuf *frames[BURST];
	unsigned int count =
		rte_ring_dequeue_burst_start(relay->ring, (void **)frames, BURST, NULL);

	if (count > 0)
		rte_ring_dequeue_finish(relay->ring,
		                        queue->tx(queue->ctx, frames, (uint16_t)count));
}

static uint16_t
owner_rx(void *ctx, struct rte_mbuf **frames, uint16_t n)
{
	struct pln_relay_owner *owner = ctx;
	struct pln_relay *relay;

	for (relay = owner->relays; relay != NULL; relay = relay->next)
		send_for(relay, &owner->queue);
	return owner->queue.rx(owner->queue.ctx, frames, n);
}

static uint16_t
owner_tx(void *ctx, struct rte_mbuf **frames, uint16_t n)
{
	struct pln_relay_owner *owner = ctx;

	return owner->queue.tx(owner->queue.ctx, frames, n);
}

static bool
owner_up(void *ctx)
{
	struct pln_relay_owner *owner = ctx;

	return owner->queue.up == NULL || owner->queue.up(owner->queue.ctx);
}

void
pln_relay_owner_init(struct pln_relay_owner *owner, const struct pln_link *queue)
{
	*owner = (struct pln_relay_owner){ .queue = *queue, .link = *queue };
	owner->link.rx = owner_rx;
	owner->link.tx = owner_tx;
	owner->link.up = owner_up;
	owner->link.ctx = owner;
}

int
pln_relay_open(struct pln_relay *relay, struct pln_relay_owner *owner)
{
	*relay = (struct pln_relay){ .link = owner->link };
	relay->ring = pln_ring_create(PLN_RELAY_LEN, sizeof(void *), RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (relay->ring == NULL)
		return -ENOMEM;
	relay->link.rx = relay_rx;
	relay->link.tx = relay_tx;
	relay->link.ctx = relay;
	relay->link.up = NULL;
	relay->owner = owner;
	relay->next = owner->relays;
	owner->relays = relay;
	return 0;
}

void
pln_relay_close(struct pln_relay *relay)
{
	pln_ring_free_frames(relay->ring);
	relay->ring = NULL;
}
