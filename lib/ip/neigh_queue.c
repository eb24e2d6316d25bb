/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames that wait for a neighbour's answer (RFC 1122 §2.3.2.2: "save (rather than discard) at least one (the latest) packet"). The
 * newest are kept, so many for one neighbour and so many in all; when to send or drop them is neigh.c's to say.
 */
#include "ip/neigh_queue.h"

#include "ip/ip.h"

struct rte_mbuf *
pln_neigh_queue_pop(struct pln_neigh_table *table, struct pln_neigh *n)
{
	struct rte_mbuf *m = n->head;

	if (m == NULL)
		return NULL;
	n->head = *pln_mbuf_next(m);
	if (n->head == NULL)
		n->tail = NULL;
	n->queued--;
	table->queued--;
	return m;
}

static void
push(struct pln_neigh_table *table, struct pln_neigh *n, struct rte_mbuf *m)
{
	*pln_mbuf_next(m) = NULL;
	if (n->tail != NULL)
		*pln_mbuf_next(n->tail) = m;
	else
		n->head = m;
	n->tail = m;
	n->queued++;
	table->queued++;
}

void
pln_neigh_queue_drop(struct pln_neigh_table *table, struct pln_neigh *n, enum pln_drop why)
{
	struct rte_mbuf *m;

	while ((m = pln_neigh_queue_pop(table, n)) != NULL) {
		pln_counters_inc(&table->ip->env->counters, why);
		rte_pktmbuf_free(m);
	}
}

enum pln_drop
pln_neigh_queue_push(struct pln_neigh_table *table, struct pln_neigh *n, struct rte_mbuf *m)
{
	struct rte_mbuf *victim = NULL;

	if (n->queued == PLN_NEIGH_QUEUE_MAX || table->queued == PLN_NEIGH_TOTAL_MAX) {
		victim = n->queued > 0 ? pln_neigh_queue_pop(table, n) : m;
		pln_counters_inc(&table->ip->env->counters, PLN_ARP_QUEUE_FULL);
		rte_pktmbuf_free(victim);
	}
	if (victim != m)
		push(table, n, m);
	return victim == NULL ? PLN_ACCEPT : PLN_ARP_QUEUE_FULL;
}
