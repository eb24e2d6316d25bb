/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The transmit queue of one stack. It keeps order, owns what waits in it, and is the one place where sent frames are counted.
 * Who may still put something in is decided by the senders, who ask for room first; a frame that comes without asking while the
 * link takes nothing is dropped, as on a full wire.
 */
#include "dev/txq.h"

void
pln_txq_init(struct pln_txq *txq, struct pln_env *env, const struct pln_link *link)
{
	txq->env = env;
	txq->link = *link;
	txq->count = 0;
	txq->bytes = 0;
	txq->refused_ns = PLN_NEVER;
	txq->stuck = false;
}

void
pln_txq_fini(struct pln_txq *txq)
{
	rte_pktmbuf_free_bulk(txq->frames, txq->count);
	txq->count = 0;
	txq->bytes = 0;
}

void
pln_txq_push(struct pln_txq *txq, struct rte_mbuf *m)
{
	if (txq->count == PLN_TXQ_LEN)
		pln_txq_flush(txq);
	if (txq->count == PLN_TXQ_LEN) {
		pln_counters_inc(&txq->env->counters, PLN_TX_DROP_BACKLOG);
		rte_pktmbuf_free(m);
		return;
	}
	txq->frames[txq->count++] = m;
	txq->bytes += m->pkt_len;
}

/* The link took the first `sent` frames: what they measure can only be told by what is left. */
static void
account(struct pln_txq *txq, uint16_t sent)
{
	uint32_t left = 0;
	uint16_t i;

	txq->count = (uint16_t)(txq->count - sent);
	for (i = 0; i < txq->count; i++) {
		txq->frames[i] = txq->frames[i + sent];
		left += txq->frames[i]->pkt_len;
	}
	pln_counters_add(&txq->env->counters, PLN_TX_FRAMES, sent);
	pln_counters_add(&txq->env->counters, PLN_TX_BYTES, txq->bytes - left);
	txq->bytes = left;
}

static void
drop_all(struct pln_txq *txq)
{
	pln_counters_add(&txq->env->counters, PLN_TX_DROP_STUCK, txq->count);
	rte_pktmbuf_free_bulk(txq->frames, txq->count);
	txq->count = 0;
	txq->bytes = 0;
}

/* Frames wait, and the link takes none of them. What is queued after others were dropped has a second of its own. */
static void
bear_refusal(struct pln_txq *txq)
{
	uint64_t now = txq->env->now;

	if (txq->refused_ns == PLN_NEVER)
		txq->refused_ns = now;
	if (now - txq->refused_ns < PLN_TXQ_STUCK_NS)
		return;
	if (!txq->stuck)
		pln_counters_inc(&txq->env->counters, PLN_TX_STUCK);
	__atomic_store_n(&txq->stuck, true, __ATOMIC_RELAXED);
	drop_all(txq);
	txq->refused_ns = now;
}

static void
note_progress(struct pln_txq *txq)
{
	if (txq->refused_ns == PLN_NEVER)
		return;
	txq->refused_ns = PLN_NEVER;
	__atomic_store_n(&txq->stuck, false, __ATOMIC_RELAXED);
}

unsigned int
pln_txq_flush(struct pln_txq *txq)
{
	uint16_t sent = 0, took = 1;

	while (sent < txq->count && took != 0) {
		took = txq->link.tx(txq->link.ctx, txq->frames + sent,
		                    (uint16_t)(txq->count - sent));
		sent = (uint16_t)(sent + took);
	}
	if (sent < txq->count)
		pln_counters_inc(&txq->env->counters, PLN_TX_RING_FULL);
	account(txq, sent);
	if (sent > 0)
		note_progress(txq);
	else if (txq->count > 0)
		bear_refusal(txq);
	return sent;
}
