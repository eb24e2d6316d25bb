/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BBR's model of the path (draft-ietf-ccwg-bbr-06 §5.5): the most bandwidth of the last two cycles of probing, the least round trip of
 * ten seconds, how much ACKs come in bunches, and what losses say of both. What is done by it stands in cc/bbr_cycle and cc/bbr.
 *
 * Theory: a path holds bandwidth times round trip without a queue. Neither can be measured while the other is: the bandwidth shows only
 * when the path is full, the round trip only when its queue is empty. So one is the maximum of recent rates, the other the minimum of
 * recent round trips, and each has moments at which it is looked for. A loss means that there may be less for the moment: the short-term
 * bounds follow what is delivered, by 0.7 a round at most, until the next probe asks anew.
 */
#include "tcp/cc/bbr.h"
#include "tcp/snd/pace.h"

#define LOSS_THRESH_PART      50U      /* 1 / BBR.LossThresh: 2 % */
#define MIN_PIPE_SEGS         4U       /* BBR.MinPipeCwnd */
#define EXTRA_ROUNDS          5U       /* half of BBR.ExtraAckedFilterLen */
#define MIN_RTT_FILTER_MS     10000U   /* BBR.MinRTTFilterLen */
#define PROBE_RTT_INTERVAL_MS 5000U    /* BBR.ProbeRTTInterval */
#define BYTES_PER_BW_RTT      7812500U /* s / 8 bytes a second / 16 ns */
#define EXTRA_TICK_SHIFT      10U
#define EXTRA_LONG_NS         (10 * PLN_NS_PER_S) /* no bunch of ACKs lasts so long */

uint32_t
pln_bbr_max_bw(const struct pln_bbr *q)
{
	return q->max_bw[0] > q->max_bw[1] ? q->max_bw[0] : q->max_bw[1];
}

/* §5.5.10.3, BoundBWForModel: "BBR.bw = min(BBR.max_bw, BBR.bw_shortterm)". */
uint32_t
pln_bbr_bw(const struct pln_bbr *q)
{
	uint32_t max_bw = pln_bbr_max_bw(q);

	return max_bw < q->bw_shortterm ? max_bw : q->bw_shortterm;
}

uint32_t
pln_bbr_bdp(const struct pln_cc *cc, uint32_t bw, uint32_t percent)
{
	const struct pln_bbr *q = (const struct pln_bbr *)cc->priv;
	uint64_t bytes;

	/* §5.6.4.2: "if (BBR.min_rtt == Infinity) return C.InitialCwnd". */
	if (q->min_rtt == PLN_BBR_INFINITY)
		return cc->iw;
	bytes = (uint64_t)bw * q->min_rtt / BYTES_PER_BW_RTT;
	bytes = bytes < PLN_CC_CWND_MAX ? bytes : PLN_CC_CWND_MAX;
	return (uint32_t)(bytes * percent / 100);
}

/* §5.6.4.2, QuantizationBudget; §5.5.8.1: "BBR.offload_budget = 3 * C.send_quantum". */
uint32_t
pln_bbr_quantization(const struct pln_bbr_ack *a, uint64_t bytes)
{
	uint32_t budget = 3 * pln_pace_quantum(a->cc->pacing_rate, a->smss);
	uint32_t least = MIN_PIPE_SEGS * a->smss;

	budget = budget > least ? budget : least;
	bytes = bytes > budget ? bytes : budget;
	if (a->q->state == PLN_BBR_UP)
		bytes += 2 * (uint64_t)a->smss;
	return bytes < PLN_CC_CWND_MAX ? (uint32_t)bytes : PLN_CC_CWND_MAX;
}

uint32_t
pln_bbr_inflight(const struct pln_bbr_ack *a, uint32_t bw, uint32_t percent)
{
	return pln_bbr_quantization(a, pln_bbr_bdp(a->cc, bw, percent));
}

/* §5.3.3.8: "Our estimated BDP, unless congestion cut C.cwnd." */
uint32_t
pln_bbr_target(struct pln_cc *cc)
{
	uint32_t bdp = pln_bbr_bdp(cc, pln_bbr_bw(pln_bbr_of(cc)), 100);

	return bdp < cc->cwnd ? bdp : cc->cwnd;
}

void
pln_bbr_start_round(struct pln_bbr *q)
{
	q->next_round_delivered = q->delivered;
}

/* ResetCongestionSignals. */
void
pln_bbr_reset_signals(struct pln_bbr *q)
{
	q->loss_in_round = false;
	q->bw_latest = 0;
	q->inflight_latest = 0;
}

void
pln_bbr_reset_short_term(struct pln_bbr *q)
{
	q->bw_shortterm = PLN_BBR_INFINITY;
	q->inflight_shortterm = PLN_BBR_INFINITY;
}

/* ResetFullBW, and the baseline to begin with. */
void
pln_bbr_reset_full_bw(struct pln_bbr *q, uint32_t bw)
{
	q->full_bw = bw;
	q->full_bw_count = 0;
	q->full_bw_now = false;
}

/* §5.6.4.4: "the latest C.cwnd unmodulated by loss recovery or ProbeRTT". */
void
pln_bbr_save_cwnd(struct pln_cc *cc)
{
	struct pln_bbr *q = pln_bbr_of(cc);

	if ((!q->recovering && q->state != PLN_BBR_PROBE_RTT) || cc->cwnd > q->prior_cwnd)
		q->prior_cwnd = cc->cwnd;
}

/* §5.5.11.1, SaveStateUponLoss. */
void
pln_bbr_save_state(struct pln_cc *cc)
{
	struct pln_bbr *q = pln_bbr_of(cc);

	pln_bbr_save_cwnd(cc);
	q->undo_state = PLN_BBR_NONE;
	q->undo_bw_shortterm = q->bw_shortterm;
	q->undo_shortterm = q->inflight_shortterm;
	q->undo_longterm = q->inflight_longterm;
}

/* §5.5.10.2, NoteLoss. */
void
pln_bbr_note_loss(struct pln_cc *cc)
{
	struct pln_bbr *q = pln_bbr_of(cc);

	if (!q->loss_in_round) {
		q->loss_round_delivered = q->delivered;
		pln_bbr_save_state(cc);
	}
	q->loss_in_round = true;
}

/* §5.5.10.2, IsInflightTooHigh. */
bool
pln_bbr_too_high(const struct pln_bbr *q, uint32_t lost, uint32_t in_flight)
{
	return (uint64_t)lost * LOSS_THRESH_PART > in_flight || (lost > 0 && !q->selective);
}

/* §5.5.1, UpdateRound. */
static void
update_round(const struct pln_bbr_ack *a)
{
	struct pln_bbr *q = a->q;

	q->round_start =
		a->rs->has_data && pln_seq_geq(a->rs->prior_delivered, q->next_round_delivered);
	if (!q->round_start)
		return;
	pln_bbr_start_round(q);
	q->rounds++;
	q->extra_rounds++;
	if (q->rounds_since_probe_up < UINT8_MAX)
		q->rounds_since_probe_up++;
	q->cwnd_limited_before = q->cwnd_limited;
	q->cwnd_limited = false;
}

/* §5.5.5, UpdateMaxBw: a sample of the application's counts only where it is more than is known. */
static void
update_max_bw(const struct pln_bbr_ack *a)
{
	update_round(a);
	if (a->bw == 0 || (a->rs->app_limited && a->bw < pln_bbr_max_bw(a->q)))
		return;
	if (a->bw > a->q->max_bw[0])
		a->q->max_bw[0] = a->bw;
}

/* §5.5.10.3, AdaptLowerBoundsFromCongestion: not while it is probing for more, for losses are expected then. */
static void
adapt_lower_bounds(const struct pln_bbr_ack *a)
{
	struct pln_bbr *q = a->q;
	uint32_t bound;

	if (q->state == PLN_BBR_STARTUP || q->state == PLN_BBR_REFILL || q->state == PLN_BBR_UP ||
	    !q->loss_in_round)
		return;
	if (q->bw_shortterm == PLN_BBR_INFINITY)
		q->bw_shortterm = pln_bbr_max_bw(q);
	if (q->inflight_shortterm == PLN_BBR_INFINITY)
		q->inflight_shortterm = a->cc->cwnd;
	/* "bw_shortterm = max(bw_latest, BBR.Beta * BBR.bw_shortterm)". */
	bound = (uint32_t)((uint64_t)q->bw_shortterm * PLN_BBR_BETA / 100);
	q->bw_shortterm = q->bw_latest > bound ? q->bw_latest : bound;
	bound = (uint32_t)((uint64_t)q->inflight_shortterm * PLN_BBR_BETA / 100);
	q->inflight_shortterm = q->inflight_latest > bound ? q->inflight_latest : bound;
}

/* §5.5.9, UpdateACKAggregation. The windowed maximum is kept in two halves: of five to ten rounds; in Startup of the last one. */
static void
update_aggregation(const struct pln_bbr_ack *a)
{
	struct pln_bbr *q = a->q;
	uint32_t ticks = (uint32_t)(a->now >> EXTRA_TICK_SHIFT), extra, span;
	uint64_t ns = (uint64_t)(ticks - q->extra_start) << EXTRA_TICK_SHIFT;
	uint64_t us = (ns < EXTRA_LONG_NS ? ns : EXTRA_LONG_NS) / PLN_NS_PER_US;
	uint64_t expected =
		((uint64_t)pln_bbr_bw(q) << PLN_BBR_BW_SHIFT) * us / (PLN_NS_PER_S / PLN_NS_PER_US);

	/* "Reset interval if ACK rate is below expected rate". */
	if (q->extra_delivered <= expected) {
		q->extra_delivered = 0;
		q->extra_start = ticks;
		expected = 0;
	}
	q->extra_delivered += a->rs->newly_acked;
	extra = q->extra_delivered > expected ? q->extra_delivered - (uint32_t)expected : 0;
	extra = extra < a->cc->cwnd ? extra : a->cc->cwnd;
	span = q->full_bw_reached ? EXTRA_ROUNDS : 1;
	if (q->round_start && q->extra_rounds >= span) {
		q->extra[1] = q->full_bw_reached ? q->extra[0] : 0;
		q->extra[0] = 0;
		q->extra_rounds = 0;
	}
	if (extra > q->extra[0])
		q->extra[0] = extra;
}

/* UpdateLatestDeliverySignals and UpdateCongestionSignals (§5.5.10.3), UpdateACKAggregation. */
void
pln_bbr_signals(const struct pln_bbr_ack *a)
{
	const struct pln_rate_sample *rs = a->rs;
	struct pln_bbr *q = a->q;

	q->bw_latest = a->bw > q->bw_latest ? a->bw : q->bw_latest;
	q->inflight_latest =
		rs->delivered > q->inflight_latest ? rs->delivered : q->inflight_latest;
	q->loss_round_start =
		rs->has_data && pln_seq_geq(rs->prior_delivered, q->loss_round_delivered);
	if (q->loss_round_start)
		q->loss_round_delivered = q->delivered;
	update_max_bw(a);
	if (q->loss_round_start) {
		adapt_lower_bounds(a);
		q->loss_in_round = false;
	}
	update_aggregation(a);
}

/* AdvanceLatestDeliverySignals. */
void
pln_bbr_advance(const struct pln_bbr_ack *a)
{
	if (!a->q->loss_round_start)
		return;
	a->q->bw_latest = a->bw;
	a->q->inflight_latest = a->rs->delivered;
}

/* §5.3.4.3, UpdateMinRTT. */
void
pln_bbr_update_min_rtt(const struct pln_bbr_ack *a)
{
	struct pln_bbr *q = a->q;
	uint64_t rtt = a->rs->rtt_ns >> PLN_BBR_RTT_SHIFT;

	q->probe_rtt_expired =
		pln_bbr_passed(a->ms, q->probe_rtt_min_stamp + PROBE_RTT_INTERVAL_MS);
	if (a->rs->has_data && (rtt < q->probe_rtt_min_delay || q->probe_rtt_expired)) {
		rtt = rtt > 0 ? rtt : 1;
		q->probe_rtt_min_delay =
			rtt < PLN_BBR_INFINITY ? (uint32_t)rtt : PLN_BBR_INFINITY - 1;
		q->probe_rtt_min_stamp = a->ms;
	}
	if (q->probe_rtt_min_delay < q->min_rtt ||
	    pln_bbr_passed(a->ms, q->min_rtt_stamp + MIN_RTT_FILTER_MS)) {
		q->min_rtt = q->probe_rtt_min_delay;
		q->min_rtt_stamp = q->probe_rtt_min_stamp;
	}
}
