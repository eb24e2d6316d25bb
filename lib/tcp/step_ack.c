/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Step 5 of SEGMENT ARRIVES in the synchronized states (RFC 9293 §3.10.7.4, RFC 5961 §5.2): what the ACK field means. Acknowledged data
 * is retired, a round trip measured, loss recovery and congestion control told, the send window taken.
 */
#include "tcp/judge.h"
#include "tcp/loss_sack.h"
#include "tcp/rating.h"
#include "tcp/recovery.h"

/* RFC 5961 §5.2: SND.UNA − MAX.SND.WND =< SEG.ACK =< SND.NXT. */
static enum pln_verdict
check_range(struct pln_judge *j)
{
	const struct pln_tcp_conn *c = j->c;

	if (pln_seq_gt(j->seg->ack, c->snd.nxt)) {
		j->reason = PLN_TCP_ACK_UNSENT;
		return PLN_VERDICT_CHALLENGE;
	}
	if (pln_seq_lt(j->seg->ack, c->snd.una - c->snd.w.max_wnd)) {
		j->reason = PLN_TCP_ACK_TOO_OLD;
		return PLN_VERDICT_CHALLENGE;
	}
	return PLN_VERDICT_CONTINUE;
}

/* log2 of the RTT samples a round trip gives: one for every second segment in flight (RFC 7323 appendix G). */
static unsigned int
sample_shift(const struct pln_tcp_conn *c, uint32_t flight)
{
	uint32_t samples = flight / (2U * c->smss);

	return samples < 2 ? 0 : 31U - (unsigned int)__builtin_clz(samples);
}

static void
take_sample(struct pln_tcp_conn *c, struct pln_ack *ack, uint64_t rtt_ns)
{
	ack->rtt_ns = rtt_ns;
	pln_rtt_sample(&c->rtt, rtt_ns, sample_shift(c, ack->flight_before));
	pln_rto_update(&c->rto, &c->rtt);
	pln_rack_sample(&c->loss.rack, rtt_ns, ack->now);
	c->loss.tlp.unmeasured = false;
	ack->srtt_ns = c->rtt.srtt_ns;
}

/* A sample from data sent once (Karn), else from the echoed timestamp. */
static void
measure(struct pln_tcp_conn *c, const struct pln_retired *retired, const struct pln_seg *seg,
        struct pln_ack *ack)
{
	uint64_t rtt_ns = 0;

	if (!retired->any_retransmitted && retired->newest_tx_ns != 0)
		rtt_ns = ack->now - retired->newest_tx_ns;
	else if (c->ts.on && (seg->opts.present & PLN_TCP_OPT_TS) != 0)
		rtt_ns = pln_ts_rtt(&c->ts, seg->opts.tsecr, ack->now);
	if (rtt_ns != 0)
		take_sample(c, ack, rtt_ns);
}

/* Take acknowledged bytes off the send queue. */
static void
retire(struct pln_tcp_conn *c, const struct pln_seg *seg, struct pln_ack *ack,
       struct pln_delivered *got)
{
	struct pln_retired retired = { 0 };
	uint32_t upto = pln_seq_min(
		seg->ack, c->sendq.sent); /* SEG.ACK may cover our FIN, which is not data */
	uint32_t bytes = upto - c->sendq.una;

	pln_sendq_retire(&c->sendq, upto, &retired, got);
	measure(c, &retired, seg, ack);
	c->stats.bytes_acked += bytes;
	pln_conn_free_retired(c->tcp, &retired);
}

/* RFC 6298 §5.2, §5.3: off when nothing is outstanding, restarted by an ACK of new data. */
static void
restart_rto(struct pln_tcp_conn *c, uint64_t now)
{
	c->retries = 0;
	c->flags &= ~(uint32_t)(PLN_CONN_R1 | PLN_CONN_SOFT_ERROR);
	if (c->snd.una == c->snd.nxt)
		pln_conn_stop_timer(c, PLN_TIMER_RTO);
	else if (c->deadline[PLN_TIMER_PERSIST] == PLN_NEVER)
		pln_conn_set_timer(c, PLN_TIMER_RTO, now + pln_rto_get(&c->rto));
}

/* As below, and a sample of the delivery rate is taken. */
static void
recover_rated(struct pln_tcp_conn *c, const struct pln_ack *ack, const struct pln_delivered *got)
{
	struct pln_rate_sample sample;

	pln_rating_ack(c, ack, got, &sample);
	pln_recovery_ack(c, ack, got);
	if (pln_cc_models(&c->cc))
		pln_rating_model(c, ack, &sample);
}

/* Loss recovery hears of it, and congestion control by way of it. */
static void
recover(struct pln_tcp_conn *c, struct pln_ack *ack, const struct pln_delivered *got)
{
	/* Without SACK, a FIN counts too. */
	ack->delivered_bytes = c->sack_ok ? got->bytes : ack->acked_bytes;
	ack->flight = pln_conn_flight(c);
	c->stats.delivered += (ack->delivered_bytes + c->smss - 1) / c->smss;
	if (c->rate.on)
		recover_rated(c, ack, got);
	else
		pln_recovery_ack(c, ack, got);
}

static void
take_new_ack(struct pln_tcp_conn *c, const struct pln_seg *seg, struct pln_ack *ack,
             struct pln_delivered *got)
{
	ack->acked_bytes = seg->ack - c->snd.una;
	c->snd.una = seg->ack;
	c->flags &= ~(uint32_t)PLN_CONN_PROBED;
	retire(c, seg, ack, got);
	if (ack->ece)
		c->stats.delivered_ce += (ack->acked_bytes + c->smss - 1) / c->smss;
	restart_rto(c, ack->now);
	recover(c, ack, got);
	pln_neigh_confirm(&c->tcp->ip->neighs, c->path.neigh);
	pln_conn_owe(c, 0);
	pln_conn_writable(c);
}

/* RFC 5681 §2: outstanding data, no payload, no SYN or FIN, SEG.ACK = SND.UNA, the window as last time. */
static bool
is_duplicate(const struct pln_tcp_conn *c, const struct pln_seg *seg, bool window_changed)
{
	return seg->ack == c->snd.una && c->snd.nxt != c->snd.una && seg->len == 0 &&
	       !window_changed && c->snd.w.wnd != 0;
}

/* The peer's window has opened: probing is over, what the closed window swallowed is sent again. */
static void
window_opened(struct pln_tcp_conn *c)
{
	if (c->deadline[PLN_TIMER_PERSIST] == PLN_NEVER || c->snd.w.wnd == 0)
		return;
	pln_conn_stop_timer(c, PLN_TIMER_PERSIST);
	c->owe &= (uint8_t)~PLN_OWE_PROBE;
	c->rto.backoff = 0;
	c->retries = 0;
	/* The byte of a probe goes with what follows it; only data that was there before the window closed has to come again. */
	if (c->snd.nxt - c->snd.una > (pln_conn_has(c, PLN_CONN_PROBED) ? 1U : 0U))
		pln_recovery_rewind(c);
}

static bool
take_window(struct pln_tcp_conn *c, const struct pln_seg *seg)
{
	/* A SYN's window is not scaled, and was taken when it opened the connection. */
	bool changed = (seg->flags & PLN_TCP_SYN) == 0 &&
	               pln_swnd_update(&c->snd.w, seg->seq, seg->ack, seg->wnd);

	if (c->deadline[PLN_TIMER_PERSIST] != PLN_NEVER)
		c->retries =
			0; /* probes are answered: the connection may wait for ever (MUST-37) */
	if (changed)
		pln_conn_owe(c, 0);
	window_opened(c);
	return changed;
}

/* What follows from the acknowledgment of our FIN. */
static enum pln_verdict
fin_acknowledged(struct pln_tcp_conn *c)
{
	switch ((enum pln_tcp_state)c->state) {
	case PLN_TCP_FIN_WAIT_1:
		pln_conn_set_state(c, PLN_TCP_FIN_WAIT_2, "our FIN is acknowledged");
		if (pln_conn_has(c, PLN_CONN_ORPHAN))
			pln_conn_set_timer(c, PLN_TIMER_ORPHAN,
			                   pln_conn_now(c) + c->tcp->cfg.fin_timeout_ns);
		return PLN_VERDICT_CONTINUE;
	case PLN_TCP_CLOSING:
		pln_conn_to_time_wait(c);
		return PLN_VERDICT_GONE;
	case PLN_TCP_LAST_ACK:
		pln_conn_closed(c, 0, "our FIN is acknowledged");
		return PLN_VERDICT_GONE;
	case PLN_TCP_CLOSED:
	case PLN_TCP_LISTEN:
	case PLN_TCP_SYN_SENT:
	case PLN_TCP_SYN_RECEIVED:
	case PLN_TCP_ESTABLISHED:
	case PLN_TCP_FIN_WAIT_2:
	case PLN_TCP_CLOSE_WAIT:
	case PLN_TCP_TIME_WAIT:
	case PLN_TCP_STATE_COUNT:
		break;
	}
	return PLN_VERDICT_CONTINUE;
}

static void
heard(struct pln_tcp_conn *c, const struct pln_seg *seg, uint64_t now)
{
	c->stats.last_ack_rx = now;
	/* The timer waits for the next probe's turn, which may be later than the next silence's end. */
	if (c->keepalive.sent > 0) {
		pln_keepalive_heard(&c->keepalive);
		pln_conn_set_timer(c, PLN_TIMER_KEEPALIVE,
		                   pln_keepalive_deadline(&c->keepalive, now));
	}
	if ((seg->opts.present & PLN_TCP_OPT_UTIMEOUT) != 0)
		pln_conn_user_timeout(c, seg);
	if (c->ts.on && (seg->opts.present & PLN_TCP_OPT_TS) != 0)
		pln_ts_update(&c->ts, seg->opts.tsval, seg->seq, now);
}

enum pln_verdict
pln_judge_ack(struct pln_judge *j)
{
	struct pln_tcp_conn *c = j->c;
	const struct pln_seg *seg = j->seg;
	uint32_t flight = pln_conn_flight(c);
	struct pln_ack ack = {
		.now = pln_conn_now(c),
		.srtt_ns = c->rtt.srtt_ns,
		.flight_before = flight,
		.flight = flight,
		.seq = seg->ack,
		.nxt = c->snd.nxt,
		.smss = c->smss,
		.in_recovery = c->ca_state == PLN_TCP_CA_RECOVERY,
		.tsecr = seg->opts.tsecr,
		.echoes = c->ts.on && (seg->opts.present & PLN_TCP_OPT_TS) != 0,
		.sacks = c->sack_ok && seg->opts.n_sack > 0,
		.ece = c->ecn.on && (seg->flags & (PLN_TCP_ECE | PLN_TCP_SYN)) == PLN_TCP_ECE,
		.app_limited = c->validate.since_ns != 0,
	};
	enum pln_verdict v = check_range(j);
	struct pln_delivered got;
	bool changed;

	if (v != PLN_VERDICT_CONTINUE)
		return v;
	heard(c, seg, ack.now);
	if (pln_seq_lt(seg->ack, c->snd.una))
		return PLN_VERDICT_CONTINUE; /* a duplicate of the past: "it can be ignored" */
	if (c->rate.on)
		pln_rating_check(c);
	pln_loss_sack_expect(c, seg, &got);
	if (ack.sacks)
		pln_loss_sack_blocks(c, seg, &ack, &got);
	if (ack.ece)
		pln_recovery_ece(c, &ack);
	if (pln_seq_gt(seg->ack, c->snd.una)) {
		take_new_ack(c, seg, &ack, &got);
		take_window(c, seg);
	} else {
		changed = take_window(c, seg);
		ack.dup = is_duplicate(c, seg, changed);
		if (got.sample_tx_ns != 0)
			take_sample(c, &ack, ack.now - got.sample_tx_ns);
		if (ack.dup || got.bytes > 0 || ack.dsack)
			recover(c, &ack, &got);
	}
	if (pln_conn_has(c, PLN_CONN_FIN_SENT) && c->snd.una == c->snd.nxt)
		return fin_acknowledged(c);
	return PLN_VERDICT_CONTINUE;
}
