/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Delivery-rate samples (draft-ietf-ccwg-bbr-06 §4.1, before that draft-cheng-iccrg-delivery-rate-estimation).
 *
 * Theory: between the ACK before a segment was sent and the ACK of that segment the path has delivered all that `delivered` has grown by.
 * That divided by the time between these two ACKs is how fast the receiver got it; but ACKs may come in a bunch, so that the time in which
 * as much was sent is a bound too, and the longer of the two counts:
 *
 *     sent       first_sent ........ P.send_time
 *     delivered                      P.delivered_ns ............ now
 *                    send_elapsed              ack_elapsed            rate = data / max(send_elapsed, ack_elapsed)
 *
 * Each transmission therefore remembers how far delivery had come when it left. It does so in 14 bytes of its record: times as differences
 * to when it was sent, in 16 bits with a relative error of 0.1 %. Where the application had nothing to send there is a bubble in the pipe;
 * samples are marked until it has come out at the other end.
 *
 * All that costs a connection some instructions for each segment, so that it begins when somebody wants to know: congestion control, or
 * whoever asks for a connection's state.
 *
 * Without SACK a duplicate ACK stands for a segment that was delivered (§4.1.3.5.1), which the cumulative ACK does not count again.
 */
#include "tcp/snd/rate.h"

static void
stamp(const struct pln_rate *rate, const struct pln_scoreboard *board, struct pln_range *r,
      uint32_t flight)
{
	const uint8_t anew = PLN_RANGE_APP_LIMITED | PLN_RANGE_LOSSES_UNKNOWN;

	/* §4.1.2.2: "P.first_send_time = C.first_send_time, P.delivered_time = C.delivered_time, P.delivered = C.delivered,
	 * P.is_app_limited = (C.app_limited != 0), P.tx_in_flight = C.inflight, P.lost = C.lost". */
	r->since_first = pln_rate_pack(r->tx_ns - rate->first_sent_ns);
	r->since_delivery = pln_rate_pack(r->tx_ns - rate->delivered_ns);
	r->delivered_before = rate->delivered;
	r->flags &= (uint8_t)~anew;
	r->flags |= PLN_RANGE_RATED | (rate->bubble ? PLN_RANGE_APP_LIMITED : 0);
	r->in_flight = pln_rate_pack(flight);
	if ((r->flags & PLN_RANGE_LOST) == 0)
		r->lost_before = board->lost_ever;
}

/* §4.1.2.2: "if (C.inflight == 0) C.first_send_time = C.delivered_time = P.send_time". What rides on a SYN is the first, too. */
static void
begin_flight(struct pln_rate *rate, const struct pln_rate_tx *tx)
{
	if (tx->flight <= tx->bytes || rate->delivered_ns == 0)
		rate->first_sent_ns = rate->delivered_ns = tx->now;
}

void
pln_rate_sent(struct pln_rate *rate, struct pln_scoreboard *board, const struct pln_rate_tx *tx)
{
	begin_flight(rate, tx);
	/* Without a record to be had the last one grew, or there is none at all. */
	if (board->tail != NULL)
		stamp(rate, board, board->tail, tx->flight);
}

void
pln_rate_resent(struct pln_rate *rate, struct pln_scoreboard *board, const struct pln_rate_tx *tx,
                uint32_t end)
{
	struct pln_range *r = board->at != NULL ? board->at : board->head;

	begin_flight(rate, tx);
	for (; r != NULL && pln_seq_lt(r->start, end); r = r->next)
		if ((r->flags & PLN_RANGE_SACKED) == 0 && r->tx_ns == tx->now)
			stamp(rate, board, r, tx->flight);
}

/* C.delivered grows. Without SACK, by what duplicate ACKs stand for, and by what they did not stand for. */
static uint32_t
count_delivered(struct pln_rate *rate, const struct pln_rate_ack *ack)
{
	uint32_t bytes = ack->delivered, known;

	if (!ack->by_sack) {
		known = rate->by_dups < bytes ? rate->by_dups : bytes;
		rate->by_dups -= known;
		bytes -= known;
		if (ack->dup_bytes != 0 && rate->by_dups + ack->dup_bytes < ack->outstanding) {
			rate->by_dups += ack->dup_bytes;
			bytes += ack->dup_bytes;
		}
		if (ack->outstanding == 0)
			rate->by_dups = 0;
	}
	if (bytes > 0) {
		rate->delivered += bytes;
		rate->delivered_ns = ack->now;
	}
	return bytes;
}

/* What pln_rate_told answers. */
static void
tell(struct pln_rate *rate, const struct pln_rate_sample *rs)
{
	/* A sample that the application has held down says nothing of the path, unless it is above what was known (§5.5.4). */
	if (rs->app_limited && rate->told_ns != 0 &&
	    rs->delivered * rate->told_ns < rate->told_bytes * rs->ns)
		return;
	rate->told_bytes = rs->delivered;
	rate->told_ns = rs->ns;
	rate->told_app_limited = rs->app_limited;
}

void
pln_rate_ack(struct pln_rate *rate, const struct pln_delivered *got, const struct pln_rate_ack *ack,
             struct pln_rate_sample *out)
{
	uint64_t send_elapsed, ack_elapsed;

	*out = (struct pln_rate_sample){ .newly_acked = count_delivered(rate, ack) };
	/* §4.1.2.3: "Clear app-limited field if bubble is ACKed and gone." */
	if (rate->bubble && pln_seq_gt(rate->delivered, rate->bubble_end))
		rate->bubble = false;
	/* "if (RS.prior_time == 0) return": nothing that could be told from its first copy (§4.1.3.5), or that was marked. */
	if (got->tx_ns == 0 || (got->flags & PLN_RANGE_RATED) == 0)
		return;
	out->has_data = true;
	out->prior_delivered = got->delivered_before;
	out->app_limited = (got->flags & PLN_RANGE_APP_LIMITED) != 0;
	out->in_flight = (uint32_t)pln_rate_unpack(got->in_flight);
	out->rtt_ns = ack->now - got->tx_ns;
	rate->first_sent_ns = got->tx_ns;
	/* "Use the longer of the send_elapsed and ack_elapsed". */
	send_elapsed = pln_rate_unpack(got->since_first);
	ack_elapsed = out->rtt_ns + pln_rate_unpack(got->since_delivery);
	out->delivered = rate->delivered - got->delivered_before;
	/* "if (RS.interval < C.min_rtt) return: no reliable rate sample". */
	if (send_elapsed < ack->min_rtt_ns && ack_elapsed < ack->min_rtt_ns)
		return;
	out->ns = send_elapsed > ack_elapsed ? send_elapsed : ack_elapsed;
	if (out->ns != 0)
		tell(rate, out);
}

uint32_t
pln_rate_lost_since(uint8_t flags, uint32_t lost_before, uint32_t lost_ever)
{
	return (flags & (PLN_RANGE_LOST | PLN_RANGE_LOSSES_UNKNOWN)) != 0 ? 0
	                                                                  : lost_ever - lost_before;
}

void
pln_rate_app_limited(struct pln_rate *rate, uint32_t flight)
{
	/* "C.app_limited = max(C.delivered + C.inflight, 1)". */
	rate->bubble = true;
	rate->bubble_end = rate->delivered + flight;
}

uint64_t
pln_rate_told(const struct pln_rate *rate)
{
	return rate->told_ns == 0 ? 0 : rate->told_bytes * PLN_NS_PER_S / rate->told_ns;
}
