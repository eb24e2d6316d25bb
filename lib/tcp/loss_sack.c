/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Recovery by SACK. An ACK's blocks go to the scoreboard (RFC 2018); RACK (RFC 8985) or IsLost (RFC 6675) says what is lost by them; the
 * first loss of a window begins a recovery, which ends when everything sent before it is acknowledged. Meanwhile pipe, what is in the
 * network by all that is known, is kept at what PRR allows (RFC 9937), or at ssthresh (RFC 6675) where that is switched off. What is lost
 * is sent again in order, before anything new.
 */
#include "tcp/loss_sack.h"

#include "tcp/probe_mtu.h"
#include "tcp/rating.h"
#include "tcp/recovery.h"
#include "tcp/snd/dupthresh.h"
#include "tcp/tail_probe.h"

#define RANGES_FREE 64U /* ranges that blocks may always cut */

void
pln_loss_sack_begin(struct pln_tcp_conn *c)
{
	pln_rack_init(&c->loss.rack, c->snd.una);
	if (c->rtt.latest_ns != 0)
		pln_rack_sample(&c->loss.rack, c->rtt.latest_ns, pln_conn_now(c));
}

/* The end of the tick in which the segment was sent that this one echoes. */
static uint64_t
echoed_at(const struct pln_tcp_conn *c, const struct pln_seg *seg)
{
	uint64_t now = pln_conn_now(c), rtt;

	if (!c->ts.on || (seg->opts.present & PLN_TCP_OPT_TS) == 0)
		return PLN_NEVER;
	rtt = pln_ts_rtt(&c->ts, seg->opts.tsecr, now);
	return rtt == 0 ? PLN_NEVER : now - rtt + PLN_TS_TICK_NS - 1;
}

void
pln_loss_sack_expect(const struct pln_tcp_conn *c, const struct pln_seg *seg,
                     struct pln_delivered *got)
{
	*got = (struct pln_delivered){
		.resent_before =
			pln_rack_resent_before(&c->loss.rack, echoed_at(c, seg), pln_conn_now(c)),
		.fack = c->loss.rack.fack,
		.limit = c->snd.recover,
	};
}

/* RFC 2883 §4, steps 1 and 2: the first block lies below SEG.ACK, or within the second. */
static bool
is_dsack(const struct pln_seg *seg)
{
	const struct pln_sack_block *b = seg->opts.sack;

	if (seg->opts.n_sack == 0)
		return false;
	if (pln_seq_leq(b[0].end, seg->ack))
		return true;
	return seg->opts.n_sack > 1 && pln_seq_geq(b[0].start, b[1].start) &&
	       pln_seq_leq(b[0].end, b[1].end);
}

/* Blocks must name what was sent within the last window. */
static bool
is_sane(const struct pln_tcp_conn *c, const struct pln_sack_block *b)
{
	return pln_seq_lt(b->start, b->end) && pln_seq_leq(b->end, c->snd.nxt) &&
	       pln_seq_geq(b->start, c->snd.una - c->snd.w.max_wnd);
}

/* A block cuts a range at each of its ends at most. */
static void
take_spares(struct pln_tcp_conn *c, struct pln_spares *spares)
{
	for (int i = 0; i < 2; i++) {
		struct pln_range *r = pln_pool_alloc(&c->tcp->ranges);

		if (r == NULL)
			return;
		r->next = spares->head;
		spares->head = r;
	}
}

static void
give_back(struct pln_tcp_conn *c, struct pln_range *list)
{
	struct pln_retired retired = { .ranges = list };

	pln_conn_free_retired(c->tcp, &retired);
}

static void
take_block(struct pln_tcp_conn *c, const struct pln_seg *seg, const struct pln_sack_block *block,
           struct pln_delivered *got)
{
	const struct pln_sack_block b = { pln_seq_max(block->start, seg->ack),
		                          pln_seq_min(block->end, c->sendq.sent) };
	uint32_t outstanding = c->sendq.sent - c->sendq.una;
	struct pln_spares spares = {
		.max_ranges = 2 * (outstanding / c->smss) + RANGES_FREE,
		.smss = c->smss,
	};

	if (!pln_seq_lt(b.start, b.end) || pln_scoreboard_is_seen(&c->sendq.board, block))
		return;
	take_spares(c, &spares);
	pln_scoreboard_sack(&c->sendq.board, &b, &spares, got);
	give_back(c, spares.head);
}

/* What was refused is looked at again when it is said again. */
static void
remember(struct pln_tcp_conn *c, const struct pln_seg *seg, const struct pln_delivered *got)
{
	struct pln_sack_block *seen = c->sendq.board.seen;

	if (got->refused > 0) {
		pln_counters_add(&c->tcp->env->counters, PLN_TCP_SACK_LIMITED, got->refused);
		return;
	}
	memset(seen, 0, sizeof(c->sendq.board.seen));
	memcpy(seen, seg->opts.sack, seg->opts.n_sack * sizeof(*seen));
}

void
pln_loss_sack_blocks(struct pln_tcp_conn *c, const struct pln_seg *seg, struct pln_ack *ack,
                     struct pln_delivered *got)
{
	bool dsack = is_dsack(seg);

	if (seg->opts.n_sack == 0)
		return;
	for (unsigned int i = 0; i < seg->opts.n_sack; i++) {
		const struct pln_sack_block *b = &seg->opts.sack[i];

		if (!is_sane(c, b)) {
			pln_conn_count(c, PLN_TCP_SACK_BAD);
		} else if (i == 0 && dsack) {
			ack->dsack = true;
			ack->twice = *b;
			c->loss.dsacks++;
			pln_conn_count(c, PLN_TCP_DSACK_RX);
		} else {
			take_block(c, seg, b, got);
		}
	}
	remember(c, seg, got);
}

struct pln_rack_now
pln_loss_sack_rack_now(const struct pln_tcp_conn *c)
{
	return (struct pln_rack_now){
		.now = pln_conn_now(c),
		.srtt_ns = c->rtt.srtt_ns,
		.sacked_segs = c->sendq.board.sacked_segs,
		.recovering = c->ca_state == PLN_TCP_CA_RECOVERY || c->ca_state == PLN_TCP_CA_LOSS,
	};
}

/* Mark what is lost by now; the reordering timer waits for what may be. */
static void
mark_lost(struct pln_tcp_conn *c)
{
	struct pln_scoreboard *board = &c->sendq.board;
	uint32_t again = board->lost_again;
	struct pln_rack_now now;

	if (!c->opts.rack) {
		pln_dupthresh_detect(board, c->smss);
		return;
	}
	now = pln_loss_sack_rack_now(c);
	pln_conn_set_timer(c, PLN_TIMER_REORDER, pln_rack_detect(&c->loss.rack, board, &now));
	if (board->lost_again != again)
		pln_counters_add(&c->tcp->env->counters, PLN_TCP_LOST_AGAIN,
		                 board->lost_again - again);
}

static void
detect(struct pln_tcp_conn *c)
{
	struct pln_rating_ear ear;

	if (pln_cc_models(&c->cc))
		pln_rating_listen(c, &ear);
	mark_lost(c);
	c->sendq.board.ear = NULL;
}

/* RFC 2018 §8: the first byte missing was held once: the peer has thrown away what it held. */
static void
check_reneging(struct pln_tcp_conn *c)
{
	const struct pln_range *first = c->sendq.board.head;

	if (first == NULL || (first->flags & PLN_RANGE_SACKED) == 0)
		return;
	pln_scoreboard_renege(&c->sendq.board);
	pln_recovery_say(c, PLN_TCP_SACK_RENEGED, "the peer reneged: what it held is lost");
}

static void
leave(struct pln_tcp_conn *c, const struct pln_ack *ack)
{
	pln_recovery_left(c, ack);
	pln_rack_recovered(&c->loss.rack);
	pln_recovery_say(c, PLN_TCP_RECOVERED, "recovery is over");
}

/* RFC 6675 §5 (4), one reduction; RFC 9937 §6. `flight`: FlightSize without what limited transmit has added. */
static void
enter(struct pln_tcp_conn *c, const struct pln_ack *ack)
{
	struct pln_ack lossy = *ack;

	lossy.flight_before = c->loss.flight;
	pln_recovery_enter(c, &lossy, c->opts.rack ? "loss by RACK" : "loss by SACK");
	pln_prr_begin(&c->loss.prr, ack->flight_before);
	if (!pln_cc_models(&c->cc))
		c->cc.cwnd = c->cc.ssthresh;
	/* "(4.3) Retransmit the first data segment presumed dropped" whatever pipe says. "set both HighRxt and RescueRxt to the highest
	 * sequence number in the retransmitted segment". */
	c->loss.rescue = c->snd.una + c->smss;
	pln_conn_owe(c, PLN_OWE_RETRANSMIT);
}

/* What an ACK lets out during recovery. */
static void
pace(struct pln_tcp_conn *c, const struct pln_ack *ack, bool more_lost)
{
	const struct pln_prr_ack a = {
		.delivered = ack->delivered_bytes,
		.pipe = pln_conn_flight(c),
		.ssthresh = c->cc.ssthresh,
		.smss = c->smss,
		.safe = ack->acked_bytes > 0 && !more_lost,
	};

	if (c->opts.prr && !pln_cc_models(&c->cc))
		c->cc.cwnd = a.pipe + pln_prr_allow(&c->loss.prr, &a);
}

/*
 * What lets the window grow. Where segments overtake each other, SEG.ACK stands still until the late one arrives, and then jumps: counted
 * by it, slow start would lose what is beyond its limit for one ACK (RFC 9406 §4.2: L). By what is delivered, in order or not, each byte
 * counts once, and when it comes. Until reordering has been seen a block means a loss, and nothing grows by it (RFC 3042 §2).
 */
static void
grow(struct pln_tcp_conn *c, const struct pln_ack *ack)
{
	struct pln_ack delivered;

	if (!c->loss.rack.reordering_seen || c->ca_state == PLN_TCP_CA_LOSS) {
		if (ack->acked_bytes > 0)
			pln_recovery_grow(c, ack);
		return;
	}
	delivered = *ack;
	delivered.acked_bytes = ack->delivered_bytes;
	pln_recovery_grow(c, &delivered);
}

/* A loss outside of a recovery begins one; what the window becomes follows from the state. */
static void
react(struct pln_tcp_conn *c, const struct pln_ack *ack, bool left, bool more_lost)
{
	bool open = c->ca_state == PLN_TCP_CA_OPEN || c->ca_state == PLN_TCP_CA_DISORDER;

	if (open && c->sendq.board.lost_bytes > 0 && !pln_probe_mtu_lost(c))
		enter(c, ack);
	else if (open)
		c->ca_state =
			c->sendq.board.sacked_bytes > 0 ? PLN_TCP_CA_DISORDER : PLN_TCP_CA_OPEN;
	if (c->ca_state == PLN_TCP_CA_RECOVERY) {
		if (ack->delivered_bytes > 0 || open)
			pace(c, ack, more_lost);
	} else if (!left) {
		grow(c, ack);
	}
}

/* A part of what is outstanding has no range: there was no record for it. It is sent again a segment at a time. */
static bool
is_untracked(const struct pln_tcp_conn *c)
{
	const struct pln_range *first = c->sendq.board.head;

	return c->snd.una != c->snd.nxt && (first == NULL || first->start != c->snd.una);
}

static void
note_reordering(struct pln_tcp_conn *c, const struct pln_delivered *got)
{
	c->loss.reordered++;
	if (got->distance > c->loss.distance)
		c->loss.distance = got->distance;
	pln_conn_count(c, PLN_TCP_REORDERED);
}

void
pln_loss_sack_ack(struct pln_tcp_conn *c, const struct pln_ack *ack,
                  const struct pln_delivered *got)
{
	bool recovering = c->ca_state == PLN_TCP_CA_RECOVERY || c->ca_state == PLN_TCP_CA_LOSS;
	bool left = recovering && pln_seq_geq(c->snd.una, c->snd.recover);
	struct pln_rack *rack = &c->loss.rack;
	bool was_seen = rack->reordering_seen;
	uint32_t lost;

	if (ack->acked_bytes > 0)
		c->dup_acks = 0;
	if (!recovering && (c->ca_state == PLN_TCP_CA_OPEN || ack->acked_bytes > 0))
		c->loss.flight = ack->flight_before;
	pln_rack_delivered(rack, got, ack->now);
	rack->fack = pln_seq_max(rack->fack, c->snd.una);
	if (pln_rack_ack(rack, ack->dsack && !pln_tail_probe_is(c, &ack->twice), c->snd.una,
	                 c->snd.nxt))
		pln_recovery_say(c, PLN_TCP_REO_WND, "more patience with reordering");
	if (got->reordered)
		note_reordering(c, got);
	if (rack->reordering_seen && !was_seen)
		pln_recovery_say(c, PLN_TCP_REORDERING, "reordering seen");
	check_reneging(c);
	pln_tail_probe_ack(c, ack);
	if (left)
		leave(c, ack);
	lost = c->sendq.board.lost_bytes;
	detect(c);
	react(c, ack, left, c->sendq.board.lost_bytes > lost);
	if (c->ca_state == PLN_TCP_CA_LOSS && ack->acked_bytes > 0 && is_untracked(c))
		pln_conn_owe(c, PLN_OWE_RETRANSMIT);
	pln_tail_probe_schedule(c);
	pln_conn_owe(c, 0);
}

void
pln_loss_sack_timeout(struct pln_tcp_conn *c)
{
	const struct pln_rack_now now = pln_loss_sack_rack_now(c);
	struct pln_rating_ear ear;

	check_reneging(c);
	if (pln_cc_models(&c->cc))
		pln_rating_listen(c, &ear);
	if (c->opts.rack)
		pln_rack_timeout(&c->loss.rack, &c->sendq.board, &now);
	else
		pln_scoreboard_lose_all(&c->sendq.board);
	c->sendq.board.ear = NULL;
	pln_conn_stop_timer(c, PLN_TIMER_REORDER);
	pln_tail_probe_stop(c);
	/* RFC 2018 §5: "The data sender MUST retransmit the segment at the left edge of the window after a retransmit timeout, whether or not
	 * the SACKed bit is on for that segment". */
	pln_conn_owe(c, PLN_OWE_RETRANSMIT);
}

void
pln_loss_sack_rewind(struct pln_tcp_conn *c)
{
	pln_scoreboard_lose_all(&c->sendq.board);
	pln_conn_stop_timer(c, PLN_TIMER_REORDER);
	pln_tail_probe_stop(c);
	pln_conn_owe(c, PLN_OWE_RETRANSMIT);
}

void
pln_loss_sack_reorder_timeout(struct pln_tcp_conn *c)
{
	const struct pln_ack nothing = {
		.now = pln_conn_now(c),
		.srtt_ns = c->rtt.srtt_ns,
		.flight_before = pln_conn_flight(c),
		.flight = pln_conn_flight(c),
		.seq = c->snd.una,
		.smss = c->smss,
	};

	detect(c);
	react(c, &nothing, false, true);
	pln_conn_owe(c, 0);
}

void
pln_loss_sack_sent(struct pln_tcp_conn *c, bool again)
{
	uint64_t now = pln_conn_now(c);

	/* RFC 6675 §6: "a more careful variant that re-arms the RTO timer on each retransmission that is sent during recovery MAY be used". */
	if (again && c->ca_state == PLN_TCP_CA_RECOVERY)
		pln_conn_set_timer(c, PLN_TIMER_RTO, now + pln_rto_get(&c->rto));
	if (!again)
		pln_tail_probe_schedule(c);
}

/* From `r` on, as far as what follows is lost too: small segments go together. */
static uint32_t
end_of_lost(const struct pln_tcp_conn *c, const struct pln_range *r, uint32_t seq)
{
	uint32_t end = r->end;

	for (r = r->next; r != NULL && end - seq < c->smss; r = r->next) {
		if ((r->flags & PLN_RANGE_LOST) == 0 || r->resent > 0)
			break;
		end = r->end;
	}
	return end;
}

/* RFC 6675 §4, NextSeg rules 3 and 4: what is not known to be lost, when there is nothing else to send. */
static bool
next_late(struct pln_tcp_conn *c, uint32_t *seq, uint32_t *end)
{
	struct pln_range *r;

	if (c->opts.rack || c->ca_state != PLN_TCP_CA_RECOVERY)
		return false;
	r = pln_dupthresh_next(&c->sendq.board);
	if (r != NULL) {
		*seq = r->start;
		*end = r->end;
		return true;
	}
	/* "(4) ... If HighACK is greater than RescueRxt (or RescueRxt is undefined), then one segment of up to SMSS octets that MUST include
	 * the highest outstanding unSACKed sequence number SHOULD be returned, and RescueRxt set to RecoveryPoint." */
	r = pln_dupthresh_last(&c->sendq.board);
	if (r == NULL || !pln_seq_gt(c->snd.una, c->loss.rescue))
		return false;
	c->loss.rescue = c->snd.recover;
	*seq = r->end - r->start > c->smss ? r->end - c->smss : r->start;
	*end = r->end;
	pln_recovery_say(c, PLN_TCP_RESCUE, "rescue retransmission");
	return true;
}

bool
pln_loss_sack_next(struct pln_tcp_conn *c, bool late, uint32_t *seq, uint32_t *end)
{
	const struct pln_range *r = c->sendq.board.lost.head;

	if (late)
		return next_late(c, seq, end);
	if (r == NULL)
		return false;
	*seq = r->start + r->resent;
	*end = end_of_lost(c, r, *seq);
	return true;
}
