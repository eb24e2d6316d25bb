/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BBR, version 3 (draft-ietf-ccwg-bbr-06): what it does on each event (§5.2), and the pacing rate and the window that follow from its
 * model of the path (§5.6). The model is cc/bbr_model, what it is up to cc/bbr_cycle.
 *
 * Theory: a loss tells that a queue has overflowed, which is late in a deep one and not true of a line that damages frames. BBR asks
 * instead how much the path delivers and how long it takes without a queue, and sends at that rate with about that much in flight. What
 * goes beyond the one stands in a queue, so it is tried for a round trip at a time only, and what goes below the other is given back to
 * those who share the path.
 *
 * Windows are bytes. Recovery says what is lost and what is sent again; the window is BBR's alone, in recovery too (§5.6.4.4).
 */
#include "tcp/cc/bbr.h"

#define PACING_MARGIN_PERCENT 1U /* BBR.PacingMarginPercent */
#define MIN_PIPE_SEGS         4U /* BBR.MinPipeCwnd */

static_assert(sizeof(struct pln_bbr) <= sizeof(((struct pln_cc *)NULL)->priv), "BBR fits pln_cc");

/* §5.6.1: of BBR.bw, %. */
static uint32_t
pacing_gain(const struct pln_bbr *q)
{
	static const uint8_t above_100[] = {
		[PLN_BBR_STARTUP] = 177, [PLN_BBR_UP] = 25, [PLN_BBR_PROBE_RTT] = 0
	};

	switch (q->state) {
	case PLN_BBR_DRAIN:
		return 50;
	case PLN_BBR_DOWN:
		return 90;
	default:
		return 100U + above_100[q->state];
	}
}

/* §5.6.1: of the bandwidth-delay product, %. */
static uint32_t
cwnd_gain(const struct pln_bbr *q)
{
	if (q->state == PLN_BBR_PROBE_RTT)
		return 50;
	return q->state == PLN_BBR_UP ? 225 : 200;
}

/* §5.2.1, OnInit; what needs the time or a round trip waits for the first sample. */
static void
init(struct pln_cc *cc)
{
	struct pln_bbr *q = pln_bbr_of(cc);

	*q = (struct pln_bbr){
		.min_rtt = PLN_BBR_INFINITY,
		.probe_rtt_min_delay = PLN_BBR_INFINITY,
		.inflight_longterm = PLN_BBR_INFINITY,
		.probe_up_acked_per_inc = PLN_BBR_INFINITY,
		.undo_state = PLN_BBR_NONE,
		.ack_phase = PLN_BBR_ACKS_INIT,
		.selective = true,
	};
	pln_bbr_reset_short_term(q);
	pln_bbr_enter_startup(q);
}

static void
begin(const struct pln_bbr_ack *a, const struct pln_ack *ack)
{
	struct pln_bbr *q = a->q;

	if (q->begun)
		return;
	q->begun = true;
	q->min_rtt_stamp = q->probe_rtt_min_stamp = a->ms;
	q->extra_start = (uint32_t)(a->now >> 10);
	q->next_round_delivered = q->loss_round_delivered =
		a->rs->has_data ? a->rs->prior_delivered : q->delivered;
	/* InitPacingRate: "nominal_bandwidth = C.InitialCwnd / (C.srtt ? C.srtt : 1ms)". */
	a->cc->pacing_rate = (uint64_t)a->cc->cwnd * 277 / 100 * PLN_NS_PER_S /
	                     (ack->srtt_ns != 0 ? ack->srtt_ns : PLN_NS_PER_MS);
}

/* §5.6.2, SetPacingRateWithGain. */
static void
set_pacing_rate(struct pln_cc *cc, uint32_t gain)
{
	const struct pln_bbr *q = pln_bbr_of(cc);
	uint64_t bw = (uint64_t)pln_bbr_bw(q) << PLN_BBR_BW_SHIFT;
	uint64_t rate = bw * gain / 100 * (100 - PACING_MARGIN_PERCENT) / 100;

	if (rate > 0 && (q->full_bw_reached || rate > cc->pacing_rate))
		cc->pacing_rate = rate;
}

/* §5.6.4.7, BoundCwndForModel. */
static uint32_t
bound(const struct pln_bbr_ack *a)
{
	const struct pln_bbr *q = a->q;
	uint32_t cap = PLN_BBR_INFINITY;

	if (q->state == PLN_BBR_PROBE_RTT || q->state == PLN_BBR_CRUISE)
		cap = pln_bbr_headroom(q, a->smss);
	else if (pln_bbr_in_probe_bw(q))
		cap = q->inflight_longterm;
	cap = cap < q->inflight_shortterm ? cap : q->inflight_shortterm;
	return cap > MIN_PIPE_SEGS * a->smss ? cap : MIN_PIPE_SEGS * a->smss;
}

/* §5.6.4.6, SetCwnd. */
static void
set_cwnd(const struct pln_bbr_ack *a)
{
	struct pln_cc *cc = a->cc;
	uint64_t bdp = pln_bbr_bdp(cc, pln_bbr_bw(a->q), cwnd_gain(a->q));
	uint32_t extra = a->q->extra[0] > a->q->extra[1] ? a->q->extra[0] : a->q->extra[1];
	/* §5.6.4.2, UpdateMaxInflight. */
	uint32_t most = pln_bbr_quantization(a, bdp + extra), cap;

	if (a->q->full_bw_reached) {
		pln_cc_grow(cc, a->rs->newly_acked);
		cc->cwnd = cc->cwnd < most ? cc->cwnd : most;
	} else if (cc->cwnd < most || a->q->delivered < cc->iw) {
		pln_cc_grow(cc, a->rs->newly_acked);
	}
	if (cc->cwnd < MIN_PIPE_SEGS * a->smss)
		cc->cwnd = MIN_PIPE_SEGS * a->smss;
	cap = bound(a);
	if (a->q->state == PLN_BBR_PROBE_RTT && cap > pln_bbr_probe_rtt_cwnd(a))
		cap = pln_bbr_probe_rtt_cwnd(a);
	cc->cwnd = cc->cwnd < cap ? cc->cwnd : cap;
}

/* §5.6.4.4: "Upon exiting loss recovery ... RestoreCwnd()". */
static void
follow_recovery(struct pln_cc *cc, bool recovering)
{
	struct pln_bbr *q = pln_bbr_of(cc);

	if (q->recovering && !recovering && cc->cwnd < q->prior_cwnd)
		cc->cwnd = q->prior_cwnd;
	if (!q->recovering && recovering)
		pln_bbr_save_cwnd(cc);
	q->recovering = recovering;
}

static uint32_t
bandwidth(const struct pln_rate_sample *rs)
{
	uint64_t bw;

	if (rs->ns == 0 || rs->delivered == 0)
		return 0;
	bw = rs->delivered * (PLN_NS_PER_S >> PLN_BBR_BW_SHIFT) / rs->ns;
	bw = bw < PLN_BBR_INFINITY ? bw : PLN_BBR_INFINITY - 1;
	return bw > 0 ? (uint32_t)bw : 1;
}

/* §5.2.3, UpdateOnACK. */
static void
on_rate(struct pln_cc *cc, const struct pln_ack *ack, const struct pln_rate_sample *rs)
{
	struct pln_bbr *q = pln_bbr_of(cc);
	const struct pln_bbr_ack a = {
		.cc = cc,
		.q = q,
		.rs = rs,
		.now = ack->now,
		.ms = pln_bbr_ms(ack->now),
		.bw = bandwidth(rs),
		.flight = rs->flight,
		.smss = ack->smss,
	};

	q->delivered = rs->total;
	q->selective = rs->by_sack;
	if (ack->flight_before + ack->smss > cc->cwnd)
		q->cwnd_limited = true;
	begin(&a, ack);
	pln_bbr_step(&a);
	follow_recovery(cc, rs->recovering);
	set_pacing_rate(cc, pacing_gain(q));
	set_cwnd(&a);
}

/* Growth follows from samples. */
static void
nothing(struct pln_cc *cc, const struct pln_ack *ack)
{
	(void)cc;
	(void)ack;
}

/* §5.5.10.3: "This applies generally: whether in fast recovery, RTO recovery, TLP recovery". */
static void
on_loss(struct pln_cc *cc, const struct pln_ack *ack)
{
	(void)ack;
	pln_bbr_note_loss(cc);
}

/* §5.6.4.4: "OnEnterRTO ... a value that will allow 1 C.SMSS to be transmitted". */
static void
on_rto(struct pln_cc *cc, uint32_t flight, uint32_t smss, bool first)
{
	(void)flight;
	(void)first;
	pln_bbr_save_state(cc);
	pln_bbr_of(cc)->recovering = true;
	cc->cwnd = smss;
}

/* §5.4.1, HandleRestartFromIdle. */
static void
on_restart(struct pln_cc *cc, uint64_t now)
{
	struct pln_bbr *q = pln_bbr_of(cc);

	q->idle_restart = true;
	q->extra_start = (uint32_t)(now >> 10);
	q->extra_delivered = 0;
	if (pln_bbr_in_probe_bw(q))
		set_pacing_rate(cc, 100);
	else if (q->state == PLN_BBR_PROBE_RTT)
		pln_bbr_check_probe_rtt_done(cc, now);
}

const struct pln_cc_ops pln_bbr_ops = {
	.name = "bbr",
	.init = init,
	.on_ack = nothing,
	.on_loss = on_loss,
	.on_ecn = pln_bbr_marked,
	.on_rto = on_rto,
	.on_recovered = nothing,
	.on_undo = pln_bbr_undo,
	.on_rate = on_rate,
	.on_lost = pln_bbr_lost,
	.on_restart = on_restart,
};
