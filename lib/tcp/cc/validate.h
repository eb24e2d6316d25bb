/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Congestion window validation (RFC 7661): is cwnd more than what the connection has shown that the path carries? Measures what is
 * acknowledged in a round trip (pipeACK) and tells the two phases apart; the algorithm is told by ack->app_limited.
 */
#ifndef POLLEN_TCP_CC_VALIDATE_H
#define POLLEN_TCP_CC_VALIDATE_H

#include "tcp/cc/cc.h"
#include "wire/seq.h"

PLN_C_BEGIN

struct pln_validate {
	uint32_t una,
		end; /* the round trip that is measured: SND.UNA and SND.NXT when it began; equal: nothing was in flight */
	uint32_t window; /* cwnd then */
	uint32_t most
		[2]; /* most bytes acknowledged in a round trip, of this half of the sampling period and of the one before */
	uint32_t
		loss_flight; /* LossFlightSize and pipeACK, the larger, with a loss in the non-validated phase; 0: none */
	uint32_t resent;   /* bytes that had been sent again by then */
	uint64_t half_ns;  /* when this half began */
	uint64_t since_ns; /* when the non-validated phase began; 0: the window is validated */
	bool on;           /* the fields above are kept */
};

/* Everything is measured anew: a connection begins, or a recovery is over. `una` is the first byte outstanding. */
void pln_validate_begin(struct pln_validate *v, uint32_t una);

/* pipeACK, bytes; 0: undefined. */
static inline uint32_t
pln_validate_pipe(const struct pln_validate *v)
{
	return v->most[0] > v->most[1] ? v->most[0] : v->most[1];
}

/* A round trip is over. */
void pln_validate_round(struct pln_validate *v, struct pln_cc *cc, const struct pln_ack *ack);

/* New data was acknowledged outside of fast recovery, before cwnd grows by it. */
static inline void
pln_validate_ack(struct pln_validate *v, struct pln_cc *cc, const struct pln_ack *ack)
{
	if (v->on && pln_seq_geq(ack->seq, v->end))
		pln_validate_round(v, cc, ack);
}

/* Data is about to leave, and nothing has been in flight since `idle_ns`. */
void pln_validate_idle(struct pln_validate *v, struct pln_cc *cc, uint64_t idle_ns, uint64_t now);

/*
 * Loss or a mark. Returns the FlightSize by which the window is to be reduced. `resent`: bytes of the connection that were ever sent
 * again.
 */
uint32_t pln_validate_loss(struct pln_validate *v, const struct pln_cc *cc, uint32_t flight,
                           uint32_t resent);

/* Recovery is over, cwnd is what it left behind; `una` is SND.UNA. */
void pln_validate_recovered(struct pln_validate *v, struct pln_cc *cc, const struct pln_ack *ack,
                            uint32_t resent);

PLN_C_END

#endif
