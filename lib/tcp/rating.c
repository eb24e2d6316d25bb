/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When delivery-rate samples are taken, and when the application counts as what limits the flight (draft-ietf-ccwg-bbr-06 §4.1.2). The
 * samples themselves are snd/rate's.
 */
#include "tcp/rating.h"

void
pln_rating_begin(struct pln_tcp_conn *c)
{
	c->rate.on = true;
}

void
pln_rating_sent(struct pln_tcp_conn *c, uint32_t bytes)
{
	const struct pln_rate_tx tx = { pln_conn_now(c), pln_conn_flight(c), bytes };

	pln_rate_sent(&c->rate, &c->sendq.board, &tx);
}

void
pln_rating_resent(struct pln_tcp_conn *c, uint32_t start, uint32_t end)
{
	const struct pln_rate_tx tx = { pln_conn_now(c), pln_conn_flight(c), end - start };

	pln_rate_resent(&c->rate, &c->sendq.board, &tx, end);
}

/* §4.1.2.4: "NoUnsentData() && C.pending_transmissions == 0 && C.inflight < C.cwnd && C.lost_out <= C.retrans_out". What waits for the
 * device is there only while the device is the bottleneck. */
void
pln_rating_check(struct pln_tcp_conn *c)
{
	uint32_t flight;

	if (pln_sendq_unsent(&c->sendq) > 0 || c->sendq.board.lost_bytes > 0 ||
	    c->tcp->txq->count > 0)
		return;
	flight = pln_conn_flight(c);
	if (flight < c->cc.cwnd)
		pln_rate_app_limited(&c->rate, flight);
}

void
pln_rating_ack(struct pln_tcp_conn *c, const struct pln_ack *ack, const struct pln_delivered *got)
{
	const struct pln_rate_ack a = {
		.now = ack->now,
		.min_rtt_ns = c->rtt.min_ns,
		.delivered = ack->delivered_bytes,
		.by_sack = c->sack_ok,
		.dup_bytes = ack->dup ? c->smss : 0,
		.outstanding = c->snd.nxt - c->snd.una,
	};
	struct pln_rate_sample sample;

	pln_rate_ack(&c->rate, got, &a, &sample);
}
