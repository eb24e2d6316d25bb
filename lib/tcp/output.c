/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * THE EXIT: what a connection sends, and when. It asks in this order: a reset? a SYN? a retransmission? a probe? new data? a FIN? a bare
 * ACK? It runs once a turn for every dirty connection, for at most a quantum of segments; who has more goes to the back of the list.
 */
#include "tcp/output.h"

#include "tcp/emit.h"
#include "tcp/fastopen.h"
#include "tcp/loss_dupack.h"
#include "tcp/pacing.h"
#include "tcp/probe_mtu.h"
#include "tcp/rating.h"
#include "tcp/recovery.h"
#include "tcp/resend.h"
#include "tcp/tail_probe.h"
#include "tcp/urgent.h"

#define QUANTUM     16U /* segments a run */
#define TXQ_RESERVE 32U /* frames left free for replies without a queue of their own */
#define TSO_CHAINS  (PLN_LINK_TX_TSO | PLN_LINK_TX_MULTI_SEGS) /* no single buffer holds that much */
#define PUSH_WAIT_NS                                                                               \
	(200 * PLN_NS_PER_MS) /* RFC 9293 §3.8.6.2.1: override 0.1 to 1 s; Linux corks for 200 ms */

static bool
has_room(const struct pln_tcp_conn *c)
{
	return pln_txq_room(c->tcp->txq) > TXQ_RESERVE;
}

/* A segment left: the retransmission timer runs while anything is outstanding (RFC 6298 §5.1). */
void
pln_output_outstanding(struct pln_tcp_conn *c)
{
	uint64_t now = pln_conn_now(c);

	c->stats.last_tx = now;
	if (c->deadline[PLN_TIMER_RTO] == PLN_NEVER && c->deadline[PLN_TIMER_PERSIST] == PLN_NEVER)
		pln_conn_set_timer(c, PLN_TIMER_RTO, now + pln_rto_get(&c->rto));
}

/* Mark new data as sent; without a range record to spare, the last one grows. */
static void
mark_sent(struct pln_tcp_conn *c, uint32_t len)
{
	struct pln_range *range = len > 0 ? pln_pool_alloc(&c->tcp->ranges) : NULL;

	if (len > 0)
		pln_sendq_mark_sent(&c->sendq, len, pln_conn_now(c), range);
	c->snd.nxt = c->sendq.sent + (pln_conn_has(c, PLN_CONN_FIN_SENT) ? 1 : 0);
	if (c->rate.on && len > 0)
		pln_rating_sent(c, len);
	if (c->pace.on)
		pln_pacing_sent(c, len);
	pln_output_outstanding(c);
	pln_recovery_sent(c, len, false);
}

/* What a probe has carried goes again. */
static void
mark_resent(struct pln_tcp_conn *c, uint32_t seq, uint32_t len)
{
	pln_sendq_mark_resent(&c->sendq, seq, seq + len, pln_conn_now(c));
	if (c->rate.on)
		pln_rating_resent(c, seq, seq + len);
}

static enum pln_output
send_syn(struct pln_tcp_conn *c)
{
	struct pln_emit want = { .seq = c->snd.iss,
		                 .flags = PLN_TCP_SYN,
		                 .retransmission = c->snd.nxt != c->snd.iss };

	int sent;

	if ((c->owe & PLN_OWE_SYN) == 0)
		return PLN_OUTPUT_NOTHING;
	if (want.retransmission)
		pln_fastopen_again(c);
	else
		want.len = pln_fastopen_ask(c);
	sent = pln_emit_segment(c, &want);
	if (sent < 0)
		return PLN_OUTPUT_BLOCKED;
	c->owe &= (uint8_t)~PLN_OWE_SYN;
	if (want.retransmission)
		c->flags |= PLN_CONN_SYN_AGAIN;
	else
		c->snd.nxt = c->snd.iss + 1;
	if (sent > 0)
		mark_sent(c, (uint32_t)sent);
	pln_output_outstanding(c);
	return PLN_OUTPUT_SENT;
}

/* FIN goes on the segment that carries the last byte. */
static bool
fin_follows(const struct pln_tcp_conn *c, uint32_t end)
{
	return pln_conn_has(c, PLN_CONN_FIN_QUEUED) && end == c->sendq.end;
}

uint8_t
pln_output_data_flags(const struct pln_tcp_conn *c, uint32_t seq, uint32_t len)
{
	uint32_t end = seq + len;
	uint8_t flags = fin_follows(c, end) ? PLN_TCP_FIN : 0;

	/* MUST-61: PSH where the user's data ends, or at least where the queue does. */
	if (len > 0 && (end == c->sendq.end || pln_seq_in(c->sendq.pushed - 1, seq, end)))
		flags |= PLN_TCP_PSH;
	return flags;
}

/* Bytes cwnd leaves open. */
uint32_t
pln_output_cwnd_room(const struct pln_tcp_conn *c)
{
	uint32_t flight = pln_conn_flight(c), limit = c->cc.cwnd;

	if (!c->sack_ok)
		limit += pln_cc_models(&c->cc) ? c->rate.by_dups
		                               : pln_loss_dupack_limited_transmit(c);
	return limit > flight ? limit - flight : 0;
}

/* Zero-window probe: one byte: a new one when none is in flight, else the oldest again (RFC 9293 §3.8.6.1). */
static enum pln_output
send_probe(struct pln_tcp_conn *c)
{
	struct pln_emit want = { .seq = c->snd.una, .len = 1, .probe = true };
	bool again = c->snd.una != c->snd.nxt;

	if ((c->owe & PLN_OWE_PROBE) == 0)
		return PLN_OUTPUT_NOTHING;
	c->owe &= (uint8_t)~PLN_OWE_PROBE;
	if (pln_sendq_bytes(&c->sendq) == 0)
		want.len = 0; /* only our FIN is left */
	want.probed = again ? want.len : 0;
	if (fin_follows(c, want.seq + want.len) && pln_conn_has(c, PLN_CONN_FIN_SENT))
		want.flags = PLN_TCP_FIN;
	if (want.len == 0 && want.flags == 0)
		return PLN_OUTPUT_NOTHING;
	if (pln_emit_segment(c, &want) < 0) {
		c->owe |= PLN_OWE_PROBE;
		return PLN_OUTPUT_BLOCKED;
	}
	pln_conn_count(c, PLN_TCP_ZERO_WINDOW_PROBE);
	if (again) {
		mark_resent(c, want.seq, want.len);
	} else {
		mark_sent(c, want.len);
		c->flags |= PLN_CONN_PROBED;
	}
	return PLN_OUTPUT_SENT;
}

/* Bytes at SND.UNA that only a probe has carried, and which the peer did not take before it opened its window: 1 or 0. */
static uint32_t
refused_probe(const struct pln_tcp_conn *c)
{
	bool refused = pln_conn_has(c, PLN_CONN_PROBED) && c->snd.nxt - c->snd.una == 1 &&
	               c->deadline[PLN_TIMER_PERSIST] == PLN_NEVER;

	return refused ? 1 : 0;
}

/* Bytes the peer's window leaves open behind `seq`; none when it has been shrunk below (SHLD-15). */
static uint32_t
wnd_room(const struct pln_tcp_conn *c, uint32_t seq)
{
	uint32_t edge = c->snd.una + c->snd.w.wnd;

	return pln_seq_gt(edge, seq) ? edge - seq : 0;
}

static bool
may_send_data(const struct pln_tcp_conn *c)
{
	return pln_fastopen_is_early(c) || c->state == PLN_TCP_ESTABLISHED ||
	       c->state == PLN_TCP_CLOSE_WAIT || c->state == PLN_TCP_FIN_WAIT_1 ||
	       c->state == PLN_TCP_CLOSING || c->state == PLN_TCP_LAST_ACK;
}

/* How many bytes may go in one frame now, `probed` of them for the second time; 0: wait. */
static uint32_t
decide_len(struct pln_tcp_conn *c, uint32_t probed)
{
	const struct pln_link *link = &c->tcp->txq->link;
	uint32_t cwnd = pln_output_cwnd_room(c) + probed, wnd = wnd_room(c, c->sendq.sent - probed),
		 most;
	struct pln_swnd_ask ask = {
		.queued = pln_sendq_unsent(&c->sendq) + probed,
		.usable = cwnd < wnd ? cwnd : wnd,
		.mss = pln_emit_full(c),
		.max_wnd = c->snd.w.max_wnd,
		.nagle = !c->opts.nodelay,
		.unacked = c->sendq.una + probed != c->sendq.sent,
		.more = c->opts.cork || pln_conn_has(c, PLN_CONN_MORE),
		.push = (c->owe & PLN_OWE_PUSH) != 0 || pln_conn_has(c, PLN_CONN_FIN_QUEUED),
	};
	uint32_t len = pln_swnd_allow(&ask), room = UINT32_MAX;

	PLN_ASSERT(ask.mss > 0);
	if (len == 0)
		return 0;
	/* Only now is there something that may have to wait for its time. */
	if (c->pace.on)
		room = pln_pacing_room(c);
	if (room == 0)
		return 0;
	/* A device that cuts a frame would leave urgent pointer and CWR of each segment as they are. */
	if (len < ask.mss || (link->capabilities & TSO_CHAINS) != TSO_CHAINS ||
	    pln_urgent_sending(c) || c->ecn.owes_cwr)
		return len;
	most = ask.queued < ask.usable ? ask.queued : ask.usable;
	most = most < link->tso_max ? most : link->tso_max;
	most = most < room ? most : room;
	most -= most % ask.mss;
	return most > len ? most : len;
}

/* Nothing has been in flight since the last segment left. */
static void
after_idle(struct pln_tcp_conn *c)
{
	uint64_t now = pln_conn_now(c), since = c->stats.last_tx;

	/* Its rate is bounded, whatever the window. */
	if (pln_cc_models(&c->cc)) {
		if (c->rate.bubble)
			c->cc.ops->on_restart(&c->cc, now);
		return;
	}
	/* RFC 5681 §4.1: after an idle time-out begin again from the restart window; or with the window as it is, and RFC 7661. */
	if (c->tcp->cfg.slow_start_after_idle && now - since > pln_rto_get(&c->rto)) {
		pln_cc_idle(&c->cc);
		pln_validate_begin(&c->validate, c->snd.una);
	} else {
		pln_validate_idle(&c->validate, &c->cc, since, now);
	}
}

/* RFC 4821 §7: new data in a segment that is larger than what is known to get through, with enough behind it to tell what became of it.
 * Where acknowledgments open the window by less than that, nothing leaves until they have opened it by as much. */
static enum pln_output
send_larger(struct pln_tcp_conn *c)
{
	uint32_t len, need;
	int sent;

	c->probe.waits = false;
	if (pln_urgent_sending(c) || (len = pln_probe_mtu_due(c)) == 0)
		return PLN_OUTPUT_NOTHING;
	need = len + PLN_PROBE_MTU_BEHIND * c->smss;
	if (pln_sendq_unsent(&c->sendq) < need || c->cc.cwnd < need || c->snd.w.wnd < need ||
	    refused_probe(c) != 0)
		return PLN_OUTPUT_NOTHING;
	c->probe.waits = pln_output_cwnd_room(c) < len || wnd_room(c, c->sendq.sent) < len;
	if (c->probe.waits || pln_pacing_room(c) == 0)
		return PLN_OUTPUT_NOTHING;
	sent = pln_probe_mtu_emit(c, c->sendq.sent, len);
	if (sent < 0)
		return PLN_OUTPUT_BLOCKED;
	mark_sent(c, (uint32_t)sent);
	return PLN_OUTPUT_SENT;
}

static enum pln_output
send_new(struct pln_tcp_conn *c)
{
	uint32_t probed = refused_probe(c);
	struct pln_emit want = { .seq = c->sendq.sent - probed, .probed = probed };
	int sent;

	if (!may_send_data(c) || pln_sendq_unsent(&c->sendq) + probed == 0)
		return PLN_OUTPUT_NOTHING;
	if (c->snd.una == c->snd.nxt)
		after_idle(c);
	if (c->probe.search.on && (send_larger(c) == PLN_OUTPUT_SENT || c->probe.waits))
		return c->probe.waits ? PLN_OUTPUT_NOTHING : PLN_OUTPUT_SENT;
	want.len = decide_len(c, probed);
	if (want.len == 0)
		return PLN_OUTPUT_NOTHING;
	want.flags = pln_output_data_flags(c, want.seq, want.len);
	sent = pln_emit_segment(c, &want);
	if (sent < 0)
		return PLN_OUTPUT_BLOCKED;
	if ((want.flags & PLN_TCP_FIN) != 0 && (uint32_t)sent == want.len)
		c->flags |= PLN_CONN_FIN_SENT;
	if (probed > 0)
		mark_resent(c, want.seq, probed);
	c->flags &= ~(uint32_t)PLN_CONN_PROBED;
	mark_sent(c, (uint32_t)sent - probed);
	return PLN_OUTPUT_SENT;
}

/* RFC 8985 §7.3: "the sender SHOULD transmit a previously unsent data segment, if one exists and the receive window allows", else "retransmit
 * the highest-sequence segment sent so far". cwnd does not hold a probe back. */
static enum pln_output
send_tail_probe(struct pln_tcp_conn *c)
{
	uint32_t len = pln_sendq_unsent(&c->sendq), wnd = wnd_room(c, c->sendq.sent);
	struct pln_emit want = { .seq = c->sendq.sent };
	int sent;

	if ((c->owe & PLN_OWE_TAIL_PROBE) == 0)
		return PLN_OUTPUT_NOTHING;
	c->owe &= (uint8_t)~PLN_OWE_TAIL_PROBE;
	if (c->snd.una == c->snd.nxt)
		return PLN_OUTPUT_NOTHING;
	len = len < wnd ? len : wnd;
	len = len < pln_emit_full(c) ? len : pln_emit_full(c);
	if (len == 0 || !may_send_data(c))
		return pln_resend_last(c);
	want.len = len;
	want.flags = pln_output_data_flags(c, want.seq, len);
	sent = pln_emit_segment(c, &want);
	if (sent < 0)
		return PLN_OUTPUT_BLOCKED;
	if ((want.flags & PLN_TCP_FIN) != 0 && (uint32_t)sent == len)
		c->flags |= PLN_CONN_FIN_SENT;
	mark_sent(c, (uint32_t)sent);
	pln_tail_probe_sent(c, false);
	return PLN_OUTPUT_SENT;
}

/* FIN alone, behind data sent before. The window does not hold it back: it carries no data, and the peer must learn of it. */
static enum pln_output
send_fin(struct pln_tcp_conn *c)
{
	struct pln_emit want = { .seq = c->sendq.sent, .flags = PLN_TCP_FIN };

	if (!pln_conn_has(c, PLN_CONN_FIN_QUEUED) || pln_conn_has(c, PLN_CONN_FIN_SENT) ||
	    !may_send_data(c) || pln_sendq_unsent(&c->sendq) > 0)
		return PLN_OUTPUT_NOTHING;
	if (pln_emit_segment(c, &want) < 0)
		return PLN_OUTPUT_BLOCKED;
	c->flags |= PLN_CONN_FIN_SENT;
	mark_sent(c, 0);
	return PLN_OUTPUT_SENT;
}

/* RFC 9293 §3.8.4: SEG.SEQ = SND.NXT − 1, no payload: the peer must answer. */
static enum pln_output
send_keepalive(struct pln_tcp_conn *c)
{
	struct pln_emit want = { .seq = c->snd.nxt - 1 };

	if ((c->owe & PLN_OWE_KEEPALIVE) == 0)
		return PLN_OUTPUT_NOTHING;
	if (pln_emit_segment(c, &want) < 0)
		return PLN_OUTPUT_BLOCKED;
	c->owe &= (uint8_t)~PLN_OWE_KEEPALIVE;
	pln_conn_count(c, PLN_TCP_KEEPALIVE);
	return PLN_OUTPUT_SENT;
}

/*
 * Where a segment without length stands: SND.NXT, but not behind the window. What lies there already, a probe or what the peer has
 * shrunk its window below, would make it unacceptable to the peer.
 */
static uint32_t
acceptable_seq(const struct pln_tcp_conn *c)
{
	if (!pln_state_synchronized((enum pln_tcp_state)c->state))
		return c->snd.nxt;
	return pln_seq_min(c->snd.nxt, c->snd.una + c->snd.w.wnd);
}

/* RFC 5681 §4.2: an ACK for every segment that came out of order, however many came in this turn; one for all others. */
static enum pln_output
send_ack(struct pln_tcp_conn *c)
{
	struct pln_emit want = { .seq = acceptable_seq(c) };
	bool repeated = c->ts.last_ack_sent == c->rcv.nxt;

	if ((c->owe & PLN_OWE_ACK) == 0)
		return PLN_OUTPUT_NOTHING;
	if (pln_emit_segment(c, &want) < 0)
		return PLN_OUTPUT_BLOCKED;
	if (repeated && c->dup_acks_owed > 0 && --c->dup_acks_owed == 0)
		c->owe &= (uint8_t)~PLN_OWE_ACK;
	return PLN_OUTPUT_SENT;
}

/* RFC 8257 §3.2: what came before the marks began, or ended, is acknowledged as it came, before any newer ACK leaves. */
static enum pln_output
send_past(struct pln_tcp_conn *c)
{
	struct pln_emit want = { .seq = acceptable_seq(c), .past = c->ecn.past };

	if (pln_emit_segment(c, &want) < 0)
		return PLN_OUTPUT_BLOCKED;
	pln_ecn_told(&c->ecn);
	return PLN_OUTPUT_SENT;
}

/* In the order of the question. Each sends at most one frame. */
static enum pln_output (*const questions[])(struct pln_tcp_conn *c) = {
	send_syn, pln_resend_first, pln_resend_lost, send_tail_probe, send_probe,
	send_new, pln_resend_late,  send_fin,        send_keepalive,  send_ack,
};

static enum pln_output
send_one(struct pln_tcp_conn *c)
{
	enum pln_output r;

	if (c->ecn.n_past > 0)
		return send_past(c);
	for (size_t i = 0; i < PLN_ARRAY_LEN(questions); i++) {
		r = questions[i](c);
		if (r != PLN_OUTPUT_NOTHING)
			return r;
	}
	return PLN_OUTPUT_NOTHING;
}

/* What to wait for when data stays behind: a window (probe), or the end of patience (push). */
static void
arm_waiting(struct pln_tcp_conn *c)
{
	uint64_t now = pln_conn_now(c);
	uint32_t probed = refused_probe(c), unsent = pln_sendq_unsent(&c->sendq) + probed;
	bool idle = c->snd.una + probed == c->snd.nxt;

	if (unsent == 0 && !pln_conn_has(c, PLN_CONN_WANT_WRITE))
		pln_conn_stop_timer(c, PLN_TIMER_PUSH);
	if (unsent == 0 || !may_send_data(c) || pln_pacing_waits(c))
		return;
	if (idle && wnd_room(c, c->sendq.sent - probed) == 0) {
		if (c->deadline[PLN_TIMER_PERSIST] == PLN_NEVER)
			pln_conn_set_timer(c, PLN_TIMER_PERSIST,
			                   now + pln_rto_get(&c->rto)); /* SHLD-29 */
		return;
	}
	if ((idle || c->opts.cork || pln_conn_has(c, PLN_CONN_MORE)) &&
	    c->deadline[PLN_TIMER_PUSH] == PLN_NEVER)
		pln_conn_set_timer(c, PLN_TIMER_PUSH, now + PUSH_WAIT_NS);
}

bool
pln_conn_reset(struct pln_tcp_conn *c, int error, const char *why)
{
	struct pln_emit want = { .seq = acceptable_seq(c), .flags = PLN_TCP_RST };

	if (pln_emit_segment(c, &want) < 0)
		return false;
	pln_conn_count(c, PLN_TCP_TX_RST);
	pln_conn_closed(c, error, why);
	return true;
}

/* Runs one connection off the dirty list. Returns false when it had to stop for want of buffers or room. */
static bool
run(struct pln_tcp_conn *c)
{
	enum pln_output r = PLN_OUTPUT_SENT;
	unsigned int n = 0;

	if ((c->owe & PLN_OWE_RST) != 0) {
		pln_conn_clean(c);
		if (pln_conn_reset(c, -ECONNRESET, "we reset it"))
			return true;
		pln_conn_owe(c, 0);
		return false;
	}
	while (r == PLN_OUTPUT_SENT && n < QUANTUM && has_room(c)) {
		r = send_one(c);
		n += r == PLN_OUTPUT_SENT ? 1 : 0;
	}
	pln_conn_clean(c);
	if (r != PLN_OUTPUT_NOTHING) {
		pln_conn_owe(c, 0); /* there may be more: to the back of the list */
		return r == PLN_OUTPUT_SENT;
	}
	if (!pln_pacing_waits(c))
		c->owe &= (uint8_t)~PLN_OWE_PUSH;
	arm_waiting(c);
	pln_conn_chrono(c);
	return true;
}

void
pln_tcp_flush(struct pln_tcp *tcp)
{
	while (tcp->dirty.head != NULL && pln_txq_room(tcp->txq) > TXQ_RESERVE) {
		if (!run(tcp->dirty.head))
			return;
	}
}

bool
pln_tcp_busy(const struct pln_tcp *tcp)
{
	return tcp->dirty.head != NULL;
}
