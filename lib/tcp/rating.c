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
pln_rating_ack(struct pln_tcp_conn *c, const struct pln_ack *ack, const struct pln_delivered *got,
               struct pln_rate_sample *out)
{
	const struct pln_rate_ack a = {
		.now = ack->now,
		.min_rtt_ns = c->rtt.min_ns,
		.delivered = ack->delivered_bytes,
		.by_sack = c->sack_ok,
		.dup_bytes = ack->dup ? c->smss : 0,
		.outstanding = c->snd.nxt - c->snd.una,
	};

	pln_rate_ack(&c->rate, got, &a, out);
	if (out->has_data)
		out->lost =
			pln_rate_lost_since(got->flags, got->lost_before, c->sendq.board.lost_ever);
}

void
pln_rating_model(struct pln_tcp_conn *c, const struct pln_ack *ack, struct pln_rate_sample *rs)
{
	rs->total = c->rate.delivered;
	rs->flight = pln_conn_flight(c);
	rs->by_sack = c->sack_ok;
	rs->recovering = c->ca_state == PLN_TCP_CA_RECOVERY || c->ca_state == PLN_TCP_CA_LOSS;
	c->cc.ops->on_rate(&c->cc, ack, rs);
	/* draft-ietf-ccwg-bbr-06 §5.3.4.3: "Ignore low rate samples during ProbeRTT: MarkConnectionAppLimited()". */
	if (c->cc.holds_back)
		pln_rate_app_limited(&c->rate, rs->flight);
}

static void
hear_of(struct pln_loss_ear *ear, const struct pln_range *range)
{
	struct pln_tcp_conn *c = PLN_CONTAINER_OF(ear, struct pln_rating_ear, ear)->c;
	struct pln_cc_lost lost = {
		.now = pln_conn_now(c),
		.start = range->start,
		.bytes = range->end - range->start,
		.in_flight = (uint32_t)pln_rate_unpack(range->in_flight),
		.lost = pln_rate_lost_since(range->flags, range->lost_before,
		                            c->sendq.board.lost_ever),
		.app_limited = (range->flags & PLN_RANGE_APP_LIMITED) != 0,
	};

	/* Sent before anybody asked. */
	if ((range->flags & PLN_RANGE_RATED) == 0)
		lost.in_flight = lost.lost = 0;
	c->cc.ops->on_lost(&c->cc, &lost);
}

void
pln_rating_listen(struct pln_tcp_conn *c, struct pln_rating_ear *ear)
{
	*ear = (struct pln_rating_ear){ { hear_of }, c };
	c->sendq.board.ear = &ear->ear;
}

void
pln_rating_lost_one(struct pln_tcp_conn *c)
{
	const struct pln_cc_lost lost = {
		.now = pln_conn_now(c),
		.start = c->snd.una,
		.bytes = c->smss,
		.in_flight = pln_conn_flight(c),
		.lost = c->smss,
		.app_limited = c->rate.bubble,
	};

	c->cc.ops->on_lost(&c->cc, &lost);
}
