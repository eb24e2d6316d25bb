/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BBR's state machine (draft-ietf-ccwg-bbr-06 §5.3): when it sends faster than the path delivers, to find more, when slower, to leave
 * room and to see the path without a queue, and what a loss ends of that.
 *
 *     Startup -> Drain -> ProbeBW: DOWN -> CRUISE -> REFILL -> UP -+
 *                                   ^------------------------------+
 *     from everywhere, every five seconds at most: ProbeRTT -> CRUISE
 *
 * Startup doubles each round until three rounds have brought no quarter more, or until losses say that the path is full. In ProbeBW most of
 * the time is spent cruising at what is known; every two to three seconds, or as often as a Reno flow of this size would lose a segment,
 * UP sends a quarter more for as long as more is delivered.
 */
#include "tcp/cc/bbr.h"

#define HEADROOM_PERCENT      15U /* BBR.Headroom */
#define MIN_PIPE_SEGS         4U  /* BBR.MinPipeCwnd */
#define STARTUP_LOSSES        6U  /* BBRStartupFullLossCnt */
#define FULL_BW_ROUNDS        3U  /* §5.3.1.2 */
#define DRAIN_ROUNDS          3U  /* §5.3.2 */
#define PROBE_UP_ROUNDS_MAX   30U /* §5.3.3.9 */
#define RENO_ROUNDS_MAX       63U /* §5.3.3.8 */
#define PROBE_WAIT_MS         2000U
#define PROBE_WAIT_RANDOM_MS  1000U
#define PROBE_RTT_DURATION_MS 200U /* BBR.ProbeRTTDuration */
#define PROBE_RTT_PERCENT     50U  /* BBR.ProbeRTTCwndGain */

/* Which of several flows does the same at the same time is all that depends on it. */
static uint32_t
random_of(const struct pln_bbr *q, uint64_t now)
{
	uint64_t x =
		(now ^ (uint64_t)q->delivered << 32 ^ q->min_rtt) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)((x ^ x >> 29) * UINT64_C(0xbf58476d1ce4e5b9) >> 32);
}

void
pln_bbr_enter_startup(struct pln_bbr *q)
{
	q->state = PLN_BBR_STARTUP;
}

static void
enter_drain(struct pln_bbr *q)
{
	q->state = PLN_BBR_DRAIN;
	q->drain_start_round = q->rounds;
}

/* §5.3.3.9, StartProbeBW_DOWN, and §5.3.3.8, PickProbeWait. */
static void
start_down(struct pln_bbr *q, uint64_t now)
{
	uint32_t random = random_of(q, now);

	pln_bbr_reset_signals(q);
	q->probe_up_acked_per_inc = PLN_BBR_INFINITY;
	q->rounds_since_probe_up = random & 1;
	q->bw_probe_wait = (uint16_t)(PROBE_WAIT_MS + (random >> 1) % PROBE_WAIT_RANDOM_MS);
	q->cycle_stamp = pln_bbr_ms(now);
	q->ack_phase = PLN_BBR_ACKS_STOPPING;
	pln_bbr_start_round(q);
	q->state = PLN_BBR_DOWN;
}

static void
start_refill(struct pln_bbr *q)
{
	pln_bbr_reset_short_term(q);
	q->bw_probe_up_rounds = 0;
	q->probe_up_acked = 0;
	q->prev_probe_precautionary = false;
	q->ack_phase = PLN_BBR_ACKS_REFILLING;
	pln_bbr_start_round(q);
	q->state = PLN_BBR_REFILL;
}

/* §5.3.3.9, RaiseInflightLongtermSlope: by 1, 2, 4, … segments a round. */
static void
raise_slope(struct pln_bbr *q, uint32_t cwnd, uint32_t smss)
{
	uint32_t part = cwnd >> q->bw_probe_up_rounds;

	if (q->bw_probe_up_rounds < PROBE_UP_ROUNDS_MAX)
		q->bw_probe_up_rounds++;
	q->probe_up_acked_per_inc = part > smss ? part : smss;
}

static void
start_up(const struct pln_bbr_ack *a)
{
	a->q->ack_phase = PLN_BBR_ACKS_STARTING;
	pln_bbr_start_round(a->q);
	pln_bbr_reset_full_bw(a->q, a->bw);
	a->q->state = PLN_BBR_UP;
	raise_slope(a->q, a->cc->cwnd, a->smss);
}

/* §5.3.1.2, CheckFullBWReached: "three non-application-limited rounds" that brought less than a quarter more. */
static void
check_full_bw(const struct pln_bbr_ack *a)
{
	struct pln_bbr *q = a->q;

	if (q->full_bw_now || !q->round_start || a->rs->app_limited)
		return;
	if ((uint64_t)a->bw * 4 >= (uint64_t)q->full_bw * 5) {
		pln_bbr_reset_full_bw(q, a->bw);
		return;
	}
	q->full_bw_now = ++q->full_bw_count >= FULL_BW_ROUNDS;
	if (q->full_bw_now)
		q->full_bw_reached = true;
}

/* §5.3.1.3: "It sets BBR.inflight_longterm to ... max(BBR.bdp, BBR.inflight_latest)". */
static void
startup_is_full(struct pln_cc *cc)
{
	struct pln_bbr *q = pln_bbr_of(cc);
	uint32_t bdp = pln_bbr_bdp(cc, pln_bbr_bw(q), 100);

	q->undo_state = PLN_BBR_STARTUP;
	q->full_bw_reached = true;
	q->inflight_longterm = bdp > q->inflight_latest ? bdp : q->inflight_latest;
}

/* §5.3.1.3: six stretches, and more than 2 %, lost within one round of a recovery; without SACK any loss. */
static void
check_startup(const struct pln_bbr_ack *a)
{
	struct pln_bbr *q = a->q;
	bool many = q->selective ? q->losses >= STARTUP_LOSSES : q->losses > 0;

	if (q->state == PLN_BBR_STARTUP && !q->full_bw_reached && q->loss_round_start &&
	    q->recovering && many && pln_bbr_too_high(q, a->rs->lost, a->rs->in_flight))
		startup_is_full(a->cc);
	if (q->loss_round_start)
		q->losses = 0;
	if (q->state == PLN_BBR_STARTUP && q->full_bw_reached)
		enter_drain(q);
}

static void
check_drain(const struct pln_bbr_ack *a)
{
	struct pln_bbr *q = a->q;

	if (q->state == PLN_BBR_DRAIN &&
	    (a->flight <= pln_bbr_inflight(a, pln_bbr_bw(q), 100) ||
	     (uint8_t)(q->rounds - q->drain_start_round) > DRAIN_ROUNDS))
		start_down(q, a->now);
}

/* §5.3.3.8, IsTimeToProbeBW. */
static bool
is_time_to_probe(const struct pln_bbr_ack *a)
{
	struct pln_bbr *q = a->q;
	uint32_t rounds = pln_bbr_target(a->cc) / a->smss;

	rounds = rounds < RENO_ROUNDS_MAX ? rounds : RENO_ROUNDS_MAX;
	return pln_bbr_passed(a->ms, q->cycle_stamp + q->bw_probe_wait) ||
	       q->rounds_since_probe_up >= rounds;
}

uint32_t
pln_bbr_headroom(const struct pln_bbr *q, uint32_t smss)
{
	uint32_t room, most = q->inflight_longterm;

	if (most == PLN_BBR_INFINITY)
		return most;
	room = (uint32_t)((uint64_t)most * HEADROOM_PERCENT / 100);
	room = room > smss ? room : smss;
	most = most > room ? most - room : 0;
	return most > MIN_PIPE_SEGS * smss ? most : MIN_PIPE_SEGS * smss;
}

static bool
is_time_to_cruise(const struct pln_bbr_ack *a)
{
	return a->flight <= pln_bbr_headroom(a->q, a->smss) &&
	       a->flight <= pln_bbr_inflight(a, pln_bbr_max_bw(a->q), 100);
}

/* §5.3.3.7. */
static bool
is_time_to_go_down(const struct pln_bbr_ack *a)
{
	struct pln_bbr *q = a->q;
	bool limited = q->cwnd_limited || q->cwnd_limited_before;

	if (q->prev_probe_too_high && a->flight >= q->inflight_longterm) {
		q->prev_probe_precautionary = true;
		return true;
	}
	if (limited && a->cc->cwnd >= q->inflight_longterm) {
		pln_bbr_reset_full_bw(q, a->bw);
		return false;
	}
	return q->full_bw_now;
}

/* §5.3.3.9, ProbeInflightLongtermUpward. */
static void
probe_upward(const struct pln_bbr_ack *a)
{
	struct pln_bbr *q = a->q;
	uint32_t n;

	if (!(q->cwnd_limited || q->cwnd_limited_before) || a->cc->cwnd < q->inflight_longterm)
		return;
	q->probe_up_acked += a->rs->newly_acked;
	if (q->probe_up_acked >= q->probe_up_acked_per_inc) {
		n = q->probe_up_acked / q->probe_up_acked_per_inc;
		q->probe_up_acked -= n * q->probe_up_acked_per_inc;
		q->inflight_longterm += n * a->smss;
	}
	if (q->round_start)
		raise_slope(q, a->cc->cwnd, a->smss);
}

/* §5.3.3.9, AdaptLongTermModel; true: a transition has been decided. */
static bool
adapt_long_term(const struct pln_bbr_ack *a)
{
	struct pln_bbr *q = a->q;

	if (q->ack_phase == PLN_BBR_ACKS_STARTING && q->round_start)
		q->ack_phase = PLN_BBR_ACKS_FEEDBACK;
	if (q->ack_phase == PLN_BBR_ACKS_STOPPING && q->round_start) {
		q->bw_probe_sample = false;
		q->ack_phase = PLN_BBR_ACKS_INIT;
		/* §5.5.6, AdvanceMaxBwFilter: the cycle before this one is forgotten. */
		if (pln_bbr_in_probe_bw(q) && !a->rs->app_limited && q->max_bw[0] > 0) {
			q->max_bw[1] = q->max_bw[0];
			q->max_bw[0] = 0;
		}
		/* "Precautionary Bandwidth Probing: Acceleration". */
		if (pln_bbr_in_probe_bw(q) && q->prev_probe_precautionary &&
		    !q->prev_probe_too_high) {
			start_refill(q);
			return true;
		}
	}
	if (pln_bbr_too_high(q, a->rs->lost, a->rs->in_flight) ||
	    q->inflight_longterm == PLN_BBR_INFINITY)
		return false;
	/* "Loss rate is safe. Adjust upper bounds upward." */
	if (a->rs->in_flight > q->inflight_longterm)
		q->inflight_longterm = a->rs->in_flight;
	if (q->state == PLN_BBR_UP)
		probe_upward(a);
	return false;
}

/* §5.3.3.9, UpdateProbeBWCyclePhase. */
static void
update_cycle(const struct pln_bbr_ack *a)
{
	struct pln_bbr *q = a->q;

	if (!q->full_bw_reached || adapt_long_term(a))
		return;
	switch ((enum pln_bbr_state)q->state) {
	case PLN_BBR_DOWN:
	case PLN_BBR_CRUISE:
		if (is_time_to_probe(a))
			start_refill(q);
		else if (q->state == PLN_BBR_DOWN && is_time_to_cruise(a))
			q->state = PLN_BBR_CRUISE;
		return;
	case PLN_BBR_REFILL:
		if (q->round_start) {
			q->bw_probe_sample = true;
			start_up(a);
		}
		return;
	case PLN_BBR_UP:
		if (is_time_to_go_down(a)) {
			q->prev_probe_too_high = false;
			start_down(q, a->now);
		}
		return;
	case PLN_BBR_STARTUP:
	case PLN_BBR_DRAIN:
	case PLN_BBR_PROBE_RTT:
	case PLN_BBR_NONE:
		return;
	}
}

/* §5.6.4.5: half of what the path holds, four segments at least. */
uint32_t
pln_bbr_probe_rtt_cwnd(const struct pln_bbr_ack *a)
{
	uint32_t cwnd = pln_bbr_bdp(a->cc, pln_bbr_bw(a->q), PROBE_RTT_PERCENT);

	return cwnd > MIN_PIPE_SEGS * a->smss ? cwnd : MIN_PIPE_SEGS * a->smss;
}

/* §5.3.4.4, ExitProbeRTT. */
static void
exit_probe_rtt(struct pln_bbr *q, uint64_t now)
{
	pln_bbr_reset_short_term(q);
	if (!q->full_bw_reached) {
		pln_bbr_enter_startup(q);
		return;
	}
	start_down(q, now);
	q->state = PLN_BBR_CRUISE;
}

void
pln_bbr_check_probe_rtt_done(struct pln_cc *cc, uint64_t now)
{
	struct pln_bbr *q = pln_bbr_of(cc);
	uint32_t ms = pln_bbr_ms(now);

	if (q->probe_rtt_done_stamp == 0 || !pln_bbr_passed(ms, q->probe_rtt_done_stamp))
		return;
	q->probe_rtt_min_stamp = ms;
	cc->cwnd = cc->cwnd > q->prior_cwnd ? cc->cwnd : q->prior_cwnd;
	cc->holds_back = false;
	exit_probe_rtt(q, now);
}

/* §5.3.4.3, HandleProbeRTT. */
static void
handle_probe_rtt(const struct pln_bbr_ack *a)
{
	struct pln_bbr *q = a->q;

	/* "Ignore low rate samples during ProbeRTT". */
	a->cc->holds_back = true;
	if (q->probe_rtt_done_stamp == 0) {
		if (a->flight > pln_bbr_probe_rtt_cwnd(a))
			return;
		q->probe_rtt_done_stamp = (a->ms + PROBE_RTT_DURATION_MS) | 1;
		q->probe_rtt_round_done = false;
		pln_bbr_start_round(q);
		return;
	}
	if (q->round_start)
		q->probe_rtt_round_done = true;
	if (q->probe_rtt_round_done)
		pln_bbr_check_probe_rtt_done(a->cc, a->now);
}

/* §5.3.4.3, CheckProbeRTT. */
static void
check_probe_rtt(const struct pln_bbr_ack *a)
{
	struct pln_bbr *q = a->q;

	if (q->state != PLN_BBR_PROBE_RTT && q->probe_rtt_expired && !q->idle_restart) {
		q->state = PLN_BBR_PROBE_RTT;
		pln_bbr_save_cwnd(a->cc);
		q->probe_rtt_done_stamp = 0;
		q->ack_phase = PLN_BBR_ACKS_STOPPING;
		pln_bbr_start_round(q);
	}
	if (q->state == PLN_BBR_PROBE_RTT)
		handle_probe_rtt(a);
	if (a->rs->delivered > 0)
		q->idle_restart = false;
}

/* §5.2.3, UpdateModelAndState. */
void
pln_bbr_step(const struct pln_bbr_ack *a)
{
	pln_bbr_signals(a);
	check_full_bw(a);
	check_startup(a);
	check_drain(a);
	update_cycle(a);
	pln_bbr_update_min_rtt(a);
	check_probe_rtt(a);
	pln_bbr_advance(a);
}

/* §5.5.10.2, HandleInflightTooHigh. */
void
pln_bbr_too_high_now(struct pln_cc *cc, uint32_t in_flight, uint64_t now)
{
	struct pln_bbr *q = pln_bbr_of(cc);
	uint32_t bound = (uint32_t)((uint64_t)pln_bbr_target(cc) * PLN_BBR_BETA / 100);

	q->prev_probe_too_high = true;
	q->bw_probe_sample = false; /* "only react once per bw probe" */
	if (in_flight > 0)
		q->inflight_longterm = in_flight > bound ? in_flight : bound;
	if (q->state != PLN_BBR_UP)
		return;
	q->undo_state = PLN_BBR_UP;
	start_down(q, now);
}

/* §5.5.10.2, InflightAtLoss: how much of this burst went through before losses passed 2 %. */
static uint32_t
inflight_at_loss(const struct pln_cc_lost *p)
{
	int64_t before = (int64_t)p->in_flight - p->bytes,
		lost_before = (int64_t)p->lost - p->bytes;
	/* "lost_prefix = (BBR.LossThresh * inflight_prev - lost_prev) / (1 - BBR.LossThresh)". */
	int64_t at = before + (2 * before - 100 * lost_before) / 98;

	return at > 1 ? (uint32_t)at : 1;
}

/* §5.5.10.2, HandleLostPacket. */
void
pln_bbr_lost(struct pln_cc *cc, const struct pln_cc_lost *lost)
{
	struct pln_bbr *q = pln_bbr_of(cc);

	pln_bbr_note_loss(cc);
	if ((lost->start != q->lost_end || q->losses == 0) && q->losses < UINT8_MAX)
		q->losses++;
	q->lost_end = lost->start + lost->bytes;
	if (!q->bw_probe_sample || !pln_bbr_too_high(q, lost->lost, lost->in_flight))
		return;
	/* "if (!RS.is_app_limited) BBR.inflight_longterm = ...". */
	pln_bbr_too_high_now(cc, lost->app_limited ? 0 : inflight_at_loss(lost), lost->now);
}

/* §3.7: "the congestion controller response MUST treat any CE marks as congestion": as losses above the threshold. */
void
pln_bbr_marked(struct pln_cc *cc, const struct pln_ack *ack)
{
	struct pln_bbr *q = pln_bbr_of(cc);

	pln_bbr_note_loss(cc);
	if (q->state == PLN_BBR_STARTUP && !q->full_bw_reached)
		startup_is_full(cc);
	else if (q->bw_probe_sample)
		pln_bbr_too_high_now(cc, ack->flight_before, ack->now);
}

/* §5.5.11.2, HandleSpuriousLossDetection. */
void
pln_bbr_undo(struct pln_cc *cc)
{
	struct pln_bbr *q = pln_bbr_of(cc);
	bool probing_rtt = q->state == PLN_BBR_PROBE_RTT;

	cc->cwnd = cc->cwnd > q->prior_cwnd ? cc->cwnd : q->prior_cwnd;
	q->loss_in_round = false;
	pln_bbr_reset_full_bw(q, 0);
	if (q->bw_shortterm < q->undo_bw_shortterm)
		q->bw_shortterm = q->undo_bw_shortterm;
	if (q->inflight_shortterm < q->undo_shortterm)
		q->inflight_shortterm = q->undo_shortterm;
	if (q->inflight_longterm < q->undo_longterm)
		q->inflight_longterm = q->undo_longterm;
	if (q->undo_state == PLN_BBR_STARTUP && q->state != PLN_BBR_STARTUP) {
		q->full_bw_reached = false;
		if (!probing_rtt)
			pln_bbr_enter_startup(q);
	} else if (q->undo_state == PLN_BBR_UP && q->state != PLN_BBR_UP && !probing_rtt) {
		start_refill(q);
	}
	q->undo_state = PLN_BBR_NONE;
}
