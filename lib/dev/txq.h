/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One stack's transmit queue: frames gather in it during a turn and leave in one burst. When the link refuses frames they stay,
 * and nobody should make new ones: output asks pln_txq_room first, and what cannot be held is dropped and counted.
 */
#ifndef POLLEN_DEV_TXQ_H
#define POLLEN_DEV_TXQ_H

#include <pollen/link.h>

#include "base/env.h"
#include "dev/mbuf.h"

PLN_C_BEGIN

#define PLN_TXQ_LEN      256U
#define PLN_TXQ_STUCK_NS PLN_NS_PER_S /* the link took nothing for so long: what waits is dropped */
#define PLN_TXQ_RETRY_NS                                                                           \
	PLN_NS_PER_MS /* a link that has taken nothing for as long is asked again in this time */

struct pln_txq {
	struct pln_env *env;
	struct pln_link link;
	uint16_t count; /* frames in `frames` */
	uint32_t bytes; /* in those frames */
	uint64_t
		refused_ns; /* since when the link takes nothing though frames wait; PLN_NEVER: it does */
	bool stuck;         /* for PLN_TXQ_STUCK_NS or more; atomic, read by other threads */
	struct rte_mbuf *frames[PLN_TXQ_LEN]; /* oldest first */
};

void pln_txq_init(struct pln_txq *txq, struct pln_env *env, const struct pln_link *link);
void pln_txq_fini(struct pln_txq *txq); /* frees what waits */

/* Queue a complete frame, which becomes the queue's. Sends a burst when it is full; drops when that does not help. */
void pln_txq_push(struct pln_txq *txq, struct rte_mbuf *m);

/* Hand everything to the link; returns the frames it took. What a link does not take for a second is dropped, so that its memory is not
 * held for ever: TCP sends it again. */
unsigned int pln_txq_flush(struct pln_txq *txq);

/* Frames that can still be queued; output leaves 32 for replies that have no queue of their own (ARP, resets, echo). */
static inline unsigned int
pln_txq_room(const struct pln_txq *txq)
{
	return PLN_TXQ_LEN - txq->count;
}

/* Nothing has gone for some time: there is no hurry to ask again. */
static inline bool
pln_txq_refused(const struct pln_txq *txq)
{
	return txq->refused_ns != PLN_NEVER && txq->env->now - txq->refused_ns >= PLN_TXQ_RETRY_NS;
}

/* Any thread. */
static inline bool
pln_txq_stuck(const struct pln_txq *txq)
{
	return __atomic_load_n(&txq->stuck, __ATOMIC_RELAXED);
}

PLN_C_END

#endif
