/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NewReno (RFC 6582) without SACK. The duplicate ACKs of one window start one recovery: `recover` remembers SND.NXT of that moment, and
 * no fast retransmit begins again before the cumulative ACK has passed it. A timeout does not pull SND.NXT back: high_rxt walks from
 * SND.UNA to `recover`, and what lies between counts as lost, not as in flight.
 */
#include "tcp/loss_dupack.h"

#include "tcp/rating.h"
#include "tcp/recovery.h"

#define DUP_THRESH 3

static void
enter_fast_recovery(struct pln_tcp_conn *c, const struct pln_ack *ack)
{
	struct pln_ack lossy = *ack;

	/* RFC 5681 §3.2 step 2: "When [RFC3042] is in use, additional data sent in limited transmit MUST NOT be included in this
	 * calculation." */
	lossy.flight_before = c->snd.high_rxt - c->snd.una;
	pln_recovery_enter(c, &lossy, "three duplicate ACKs");
	pln_conn_owe(c, PLN_OWE_RETRANSMIT);
}

void
pln_loss_dupack_dup(struct pln_tcp_conn *c, const struct pln_ack *ack)
{
	switch ((enum pln_tcp_ca_state)c->ca_state) {
	case PLN_TCP_CA_LOSS:
		return;
	case PLN_TCP_CA_RECOVERY:
		/* RFC 5681 §3.2 step 4: each further duplicate means that a segment has left the network. */
		if (!pln_cc_models(&c->cc))
			pln_cc_inflate(&c->cc, c->smss);
		pln_conn_owe(c, 0);
		return;
	case PLN_TCP_CA_OPEN:
		c->snd.high_rxt = c->snd.nxt;
		c->ca_state = PLN_TCP_CA_DISORDER;
		pln_conn_owe(c, 0); /* limited transmit */
		return;
	case PLN_TCP_CA_DISORDER:
		/* RFC 6582 §3.2 step 2: only when the ACK covers more than `recover`. */
		if (c->dup_acks >= DUP_THRESH && pln_seq_gt(ack->seq - 1, c->snd.recover))
			enter_fast_recovery(c, ack);
		else
			pln_conn_owe(c, 0); /* limited transmit */
		return;
	}
}

/* RFC 6582 §3.2 step 3. */
static void
ack_in_recovery(struct pln_tcp_conn *c, const struct pln_ack *ack)
{
	if (pln_seq_geq(ack->seq, c->snd.recover)) {
		pln_recovery_left(c, ack);
		c->dup_acks = 0;
		return;
	}
	/* Partial: the next hole begins at SND.UNA. */
	if (pln_cc_models(&c->cc))
		pln_rating_lost_one(c);
	else
		pln_cc_deflate(&c->cc, ack->acked_bytes, c->smss);
	pln_conn_owe(c, PLN_OWE_RETRANSMIT);
}

void
pln_loss_dupack_new(struct pln_tcp_conn *c, const struct pln_ack *ack)
{
	if (c->ca_state == PLN_TCP_CA_RECOVERY) {
		ack_in_recovery(c, ack);
		return;
	}
	c->dup_acks = 0;
	if (c->ca_state == PLN_TCP_CA_LOSS) {
		if (pln_seq_lt(c->snd.high_rxt, ack->seq))
			c->snd.high_rxt = ack->seq;
		if (pln_seq_geq(ack->seq, c->snd.recover))
			pln_recovery_left(c, ack);
	} else {
		c->ca_state = PLN_TCP_CA_OPEN;
	}
	pln_recovery_grow(c, ack);
}

void
pln_loss_dupack_rewind(struct pln_tcp_conn *c)
{
	c->snd.high_rxt = c->snd.una;
}

uint32_t
pln_loss_dupack_limited_transmit(const struct pln_tcp_conn *c)
{
	if (c->ca_state != PLN_TCP_CA_DISORDER || c->dup_acks > 2)
		return 0;
	return (uint32_t)c->dup_acks * c->smss;
}
