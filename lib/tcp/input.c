/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DOOR 2: SEGMENT ARRIVES (RFC 9293 §3.10.7). The packet finds its owner; the owner's chain of checks, in the RFC's order, judges it;
 * one place acts on the verdict. Steps 5 to 8 have rooms of their own (step_ack, urgent, step_text), SYN-SENT and LISTEN too.
 */
#include "tcp/buffers.h"
#include "tcp/fastopen.h"
#include "tcp/judge.h"
#include "tcp/listen.h"
#include "tcp/move.h"
#include "tcp/reset.h"
#include "tcp/trace.h"

/* RFC 7323 §5.3 R1: PAWS comes before everything but a reset. */
static enum pln_verdict
check_paws(struct pln_judge *j)
{
	const struct pln_tcp_conn *c = j->c;

	if (!c->ts.on || (j->seg->flags & PLN_TCP_RST) != 0)
		return PLN_VERDICT_CONTINUE;
	if ((j->seg->opts.present & PLN_TCP_OPT_TS) == 0) {
		j->reason = PLN_TCP_NO_TIMESTAMP; /* §3.2: SHOULD silently drop */
		return PLN_VERDICT_DROP;
	}
	if (!pln_ts_paws_reject(&c->ts, j->seg->opts.tsval, pln_conn_now(c)))
		return PLN_VERDICT_CONTINUE;
	j->reason = PLN_TCP_PAWS;
	return PLN_VERDICT_ACK_DROP;
}

/*
 * Table 6 of RFC 9293 §3.10.7.4: is any of the segment inside the window? Deviates: a segment without length may stand at the
 * window's right edge too, because there stand the ACKs of a peer that has filled our window while we miss what it sent first; they
 * must not be lost on it. A closed window has only that edge.
 */
static bool
acceptable(const struct pln_seg *seg, uint32_t nxt, uint32_t wnd)
{
	if (seg->len == 0)
		return seg->seq - nxt <= wnd;
	return pln_seq_in(seg->seq, nxt, nxt + wnd) ||
	       pln_seq_in(seg->seq + seg->len - 1, nxt, nxt + wnd);
}

void
pln_judge_trim(struct pln_pkt *pkt, uint32_t nxt, uint32_t wnd)
{
	uint32_t edge = nxt + wnd, front, tail;

	if (pln_seq_lt(pkt->seq, nxt)) {
		front = nxt - pkt->seq;
		front = front < pkt->len ? front : pkt->len;
		pkt->seq += front;
		pkt->data += front;
		pkt->len -= front;
	}
	if (pln_seq_gt(pkt->seq + pkt->len + (pkt->fin ? 1 : 0), edge)) {
		pkt->fin = false;
		tail = pln_seq_gt(pkt->seq + pkt->len, edge) ? pkt->seq + pkt->len - edge : 0;
		tail = tail < pkt->len ? tail : pkt->len;
		pkt->len -= tail;
		pkt->room += tail;
	}
}

/* RFC 2883 §4: the payload, or its front, had been acknowledged. */
static void
note_old_bytes(struct pln_tcp_conn *c, const struct pln_seg *seg)
{
	uint32_t end = pln_seq_min(seg->seq + seg->len, c->rcv.nxt);

	if (seg->payload_len > 0 && (seg->flags & PLN_TCP_SYN) == 0 && pln_seq_lt(seg->seq, end))
		pln_judge_duplicate(c, (struct pln_sack_block){ seg->seq, end });
}

/*
 * RFC 9293 §3.5, figure 8: both SYNs crossed, both were answered, and the peer's SYN,ACK opens the connection although its SYN has been
 * taken before. Only a connection that was opened actively can be in that place.
 */
static bool
crossed_syn_ack(const struct pln_tcp_conn *c, const struct pln_seg *seg)
{
	return c->state == PLN_TCP_SYN_RECEIVED && !pln_conn_has(c, PLN_CONN_PASSIVE) &&
	       seg->seq == c->rcv.irs && seg->ack == c->snd.nxt &&
	       (seg->flags & (PLN_TCP_SYN | PLN_TCP_ACK | PLN_TCP_RST)) ==
	               (PLN_TCP_SYN | PLN_TCP_ACK);
}

/* First: the sequence number. */
static enum pln_verdict
check_seq(struct pln_judge *j)
{
	struct pln_tcp_conn *c = j->c;
	uint32_t wnd = pln_rwnd_open(&c->rcv.w, c->rcv.nxt);

	note_old_bytes(c, j->seg);
	if (acceptable(j->seg, c->rcv.nxt, wnd) || crossed_syn_ack(c, j->seg)) {
		pln_judge_trim(j->pkt, c->rcv.nxt, wnd);
		return PLN_VERDICT_CONTINUE;
	}
	/* "If the RCV.WND is zero ... special allowance should be made to accept valid ACKs, URGs, and RSTs": the payload is cut off,
	 * and the sender told again how things stand. */
	if (wnd == 0 && j->seg->seq == c->rcv.nxt) {
		pln_judge_trim(j->pkt, c->rcv.nxt, 0);
		pln_conn_owe(c, PLN_OWE_ACK);
		return PLN_VERDICT_CONTINUE;
	}
	if ((j->seg->flags & PLN_TCP_RST) != 0) {
		j->reason = PLN_TCP_RST_OUT_OF_WINDOW;
		return PLN_VERDICT_DROP;
	}
	j->reason = PLN_TCP_OUT_OF_WINDOW;
	/* The peer's SYN again, not yet answered as far as it knows: our SYN,ACK again. */
	if (c->state == PLN_TCP_SYN_RECEIVED && j->seg->seq == c->rcv.irs &&
	    (j->seg->flags & (PLN_TCP_SYN | PLN_TCP_ACK)) == PLN_TCP_SYN) {
		if ((j->seg->flags & PLN_TCP_ECE) == 0)
			c->ecn.on = false; /* it asks no more (RFC 3168 §6.1.1) */
		pln_conn_owe(c, PLN_OWE_SYN);
		return PLN_VERDICT_DROP;
	}
	/* RFC 5961 §4.2: "If the SYN bit is set, irrespective of the sequence number, TCP MUST send an ACK". */
	if ((j->seg->flags & PLN_TCP_SYN) != 0) {
		j->reason = PLN_TCP_SYN_CHALLENGED;
		return PLN_VERDICT_CHALLENGE;
	}
	return PLN_VERDICT_ACK_DROP;
}

/* Second: the RST bit; RFC 5961 §3.2 inside the window but not at its edge. */
static enum pln_verdict
check_rst(struct pln_judge *j)
{
	struct pln_tcp_conn *c = j->c;

	if ((j->seg->flags & PLN_TCP_RST) == 0)
		return PLN_VERDICT_CONTINUE;
	if (j->seg->seq != c->rcv.nxt) {
		j->reason = PLN_TCP_RST_CHALLENGED;
		return PLN_VERDICT_CHALLENGE;
	}
	pln_conn_count(c, PLN_TCP_RESET_BY_PEER);
	if (pln_fastopen_is_early(c)) {
		pln_fastopen_reset(c);
		pln_conn_closed(c, -ECONNRESET, "reset before its handshake was complete");
		return PLN_VERDICT_GONE;
	}
	if (c->state == PLN_TCP_SYN_RECEIVED && pln_conn_has(c, PLN_CONN_PASSIVE)) {
		/* "return this connection to the LISTEN state": the listener never left it. */
		pln_conn_set_state(c, PLN_TCP_LISTEN, "reset before it was open");
		pln_conn_free(c);
		return PLN_VERDICT_GONE;
	}
	pln_conn_closed(c, c->state == PLN_TCP_SYN_RECEIVED ? -ECONNREFUSED : -ECONNRESET,
	                "reset by peer");
	return PLN_VERDICT_GONE;
}

/* Fourth: the SYN bit; RFC 5961 §4.2: whatever its sequence number, challenge it. */
static enum pln_verdict
check_syn(struct pln_judge *j)
{
	struct pln_tcp_conn *c = j->c;

	if ((j->seg->flags & PLN_TCP_SYN) == 0)
		return PLN_VERDICT_CONTINUE;
	if (crossed_syn_ack(c, j->seg)) {
		/* A peer that takes our SYN,ACK for a duplicate and drops it hears this one. */
		pln_conn_owe(c, PLN_OWE_ACK);
		return PLN_VERDICT_CONTINUE;
	}
	if (pln_fastopen_is_early(c)) {
		/* The same SYN with more data than was taken: our SYN,ACK says how much that was. */
		j->reason = PLN_TCP_OUT_OF_WINDOW;
		pln_conn_owe(c, PLN_OWE_SYN);
		return PLN_VERDICT_DROP;
	}
	if (c->state == PLN_TCP_SYN_RECEIVED && pln_conn_has(c, PLN_CONN_PASSIVE)) {
		pln_conn_set_state(c, PLN_TCP_LISTEN, "another SYN before it was open");
		pln_conn_free(c);
		return PLN_VERDICT_GONE;
	}
	j->reason = PLN_TCP_SYN_CHALLENGED;
	return PLN_VERDICT_CHALLENGE;
}

/* SYN-RECEIVED: the ACK of our SYN opens the connection, another one is reset. */
static enum pln_verdict
check_ack_of_syn(struct pln_judge *j)
{
	struct pln_tcp_conn *c = j->c;

	if (!(pln_seq_lt(c->snd.una, j->seg->ack) && pln_seq_leq(j->seg->ack, c->snd.nxt))) {
		j->reason = PLN_TCP_ACK_UNSENT;
		return PLN_VERDICT_RESET;
	}
	if ((j->seg->flags & PLN_TCP_SYN) != 0) /* its window is not scaled */
		pln_swnd_init(&c->snd.w, j->seg->seq, j->seg->ack, j->seg->wnd);
	else /* whatever window came before, this one is taken (step_ack) */
		c->snd.w.wl1 = j->seg->seq - 1;
	pln_conn_established(c, j->seg);
	pln_conn_owe(c, 0);
	return PLN_VERDICT_CONTINUE;
}

/* Fifth: the ACK field. */
static enum pln_verdict
check_ack(struct pln_judge *j)
{
	struct pln_tcp_conn *c = j->c;
	enum pln_verdict v;

	if ((j->seg->flags & PLN_TCP_ACK) == 0) {
		j->reason = PLN_TCP_NO_ACK;
		return PLN_VERDICT_DROP;
	}
	if (c->state == PLN_TCP_SYN_RECEIVED) {
		v = check_ack_of_syn(j);
		if (v != PLN_VERDICT_CONTINUE)
			return v;
	}
	return pln_judge_ack(j);
}

struct step {
	enum pln_verdict (*check)(struct pln_judge *j);
	const char *name;
};

static const struct step synchronized[] = {
	{ check_paws, "RFC 7323 5.3: PAWS" },
	{ check_seq, "3.10.7.4 first: sequence number" },
	{ check_rst, "3.10.7.4 second: RST" },
	{ check_syn, "3.10.7.4 fourth: SYN" },
	{ check_ack, "3.10.7.4 fifth: ACK" },
	{ pln_judge_urg, "3.10.7.4 sixth: URG" },
	{ pln_judge_text, "3.10.7.4 seventh: segment text" },
	{ pln_judge_fin, "3.10.7.4 eighth: FIN" },
	{ NULL, "accepted" },
};

static const struct step syn_sent[] = {
	{ pln_judge_syn_sent, "3.10.7.3 SYN-SENT" },
	{ NULL, "3.10.7.3 SYN-SENT: accepted" },
};

/* What takes sequence space is always answered, its sender waits for it; the rest only so often. */
static void
answer_invalid(struct pln_judge *j)
{
	struct pln_tcp *tcp = j->tcp;

	if (j->seg->len == 0 &&
	    !pln_challenge_allow_invalid(&j->c->challenge, tcp->cfg.invalid_ratelimit_ns,
	                                 tcp->env->now))
		pln_conn_count(j->c, PLN_TCP_INVALID_LIMITED);
	else
		pln_conn_owe(j->c, PLN_OWE_ACK);
}

/* What the verdict means, done in one place. */
static void
act(struct pln_judge *j, enum pln_verdict v)
{
	struct pln_tcp *tcp = j->tcp;

	switch (v) {
	case PLN_VERDICT_CONTINUE:
	case PLN_VERDICT_DONE:
	case PLN_VERDICT_GONE:
		return;
	case PLN_VERDICT_DROP:
		break;
	case PLN_VERDICT_ACK_DROP:
		answer_invalid(j);
		break;
	case PLN_VERDICT_CHALLENGE:
		if (pln_challenge_allow(&j->c->challenge, tcp->cfg.challenge_ack_limit,
		                        tcp->env->now)) {
			pln_counters_inc(&tcp->env->counters, PLN_TCP_CHALLENGE_ACK);
			pln_conn_owe(j->c, PLN_OWE_ACK);
		} else {
			pln_counters_inc(&tcp->env->counters, PLN_TCP_CHALLENGE_LIMITED);
		}
		break;
	case PLN_VERDICT_RESET:
		pln_reset_answer(tcp, j->pkt);
		break;
	}
	pln_counters_inc(&tcp->env->counters, j->reason);
}

static void
judge(struct pln_tcp *tcp, struct pln_tcp_conn *c, struct pln_pkt *pkt)
{
	struct pln_seg seg = pkt->seg;
	struct pln_judge j = { .tcp = tcp, .c = c, .pkt = pkt, .seg = &seg };
	const struct step *step = c->state == PLN_TCP_SYN_SENT ? syn_sent : synchronized;
	struct pln_trace_record *rec = pln_trace_rx(tcp->trace, c, pkt);
	enum pln_verdict v = PLN_VERDICT_CONTINUE;

	c->stats.segs_in++;
	for (; step->check != NULL; step++) {
		v = step->check(&j);
		if (v != PLN_VERDICT_CONTINUE)
			break;
	}
	if (rec != NULL)
		rec->step = step->name;
	act(&j, v);
	if (j.pkt != NULL)
		pln_mbuf_free_pkt(j.pkt);
}

static void
trace_stranger(struct pln_tcp *tcp, const struct pln_pkt *pkt, enum pln_tcp_state state,
               const char *step)
{
	struct pln_trace_record *rec = pln_trace_rx(tcp->trace, NULL, pkt);

	if (rec == NULL)
		return;
	rec->from = (uint8_t)state;
	rec->step = step;
}

/* TIME-WAIT (RFC 9293 §3.10.7.4 for that state, RFC 1337, RFC 6191). Answers whether the record has made way for a new connection. */
static bool
time_wait_rx(struct pln_tcp *tcp, struct pln_timewait_rec *rec, const struct pln_pkt *pkt)
{
	const struct pln_seg *seg = &pkt->seg;
	uint8_t kind = seg->flags & (PLN_TCP_SYN | PLN_TCP_RST | PLN_TCP_ACK);

	if (kind == PLN_TCP_SYN && tcp->cfg.tw_reuse &&
	    pln_timewait_may_reopen(rec, seg, tcp->cfg.timestamps) &&
	    pln_listen_find(tcp, pkt->ip.dst, seg->dst_port) != NULL) {
		pln_counters_inc(&tcp->env->counters, PLN_TCP_TIME_WAIT_REUSED);
		pln_timewait_remove(&tcp->timewait, rec);
		return true;
	}
	trace_stranger(tcp, pkt, PLN_TCP_TIME_WAIT, "3.10.7.4 TIME-WAIT");
	if ((seg->flags & PLN_TCP_RST) != 0) {
		pln_counters_inc(&tcp->env->counters, PLN_TCP_RST_TIME_WAIT);
		return false;
	}
	if ((seg->flags & PLN_TCP_FIN) != 0 && seg->seq + seg->len == rec->rcv_nxt)
		pln_timewait_restart(&tcp->timewait, rec, tcp->cfg.time_wait_ns);
	/* Acknowledge what takes sequence space (the FIN again) or lies beside the window; an acceptable bare ACK needs no answer. */
	if (seg->len == 0 && seg->seq == rec->rcv_nxt)
		return false;
	pln_counters_inc(&tcp->env->counters, PLN_TCP_OUT_OF_WINDOW);
	if ((seg->len > 0 && kind != PLN_TCP_SYN) ||
	    pln_timewait_may_ack(&tcp->timewait, rec, tcp->cfg.invalid_ratelimit_ns))
		pln_reset_ack_time_wait(tcp, rec);
	else
		pln_counters_inc(&tcp->env->counters, PLN_TCP_INVALID_LIMITED);
	return false;
}

/* No connection: a listener, or §3.10.7.1. Answers whether the packet was taken. */
static bool
rx_stranger(struct pln_tcp *tcp, struct pln_pkt *pkt, const uint32_t *used)
{
	struct pln_tcp_conn *listener = pln_listen_find(tcp, pkt->ip.dst, pkt->seg.dst_port);
	struct pln_tcp_conn *c = listener == NULL ? NULL : pln_listen_cookie_take(listener, pkt);

	if (c != NULL) {
		judge(tcp, c, pkt);
		return true;
	}
	if (listener != NULL) {
		struct pln_trace_record *rec = pln_trace_rx(tcp->trace, NULL, pkt);
		bool taken = false;
		const char *step = pln_listen_rx(listener, pkt, used, &taken);

		if (rec != NULL) {
			rec->from = PLN_TCP_LISTEN;
			rec->step = step;
		}
		return taken;
	}
	trace_stranger(tcp, pkt, PLN_TCP_CLOSED, "3.10.7.1 CLOSED: nobody listens");
	pln_counters_inc(&tcp->env->counters, PLN_TCP_NO_CONNECTION);
	pln_reset_answer(tcp, pkt);
	return false;
}

/* Header checks that need no connection; sets up the packet's view of its payload. */
static enum pln_drop
open_segment(struct pln_tcp *tcp, struct pln_pkt *pkt)
{
	enum pln_drop drop = pln_tcp_hdr_parse(pkt->data, pkt->len, &pkt->seg);

	if (drop != PLN_ACCEPT)
		return drop;
	/* MUST-57: neither TCP nor its answers go to more than one host. */
	if (pkt->link_broadcast || pln_ip4_hdr_is_multicast(pkt->ip.dst) ||
	    pln_ip_is_broadcast(tcp->ip, pkt->ip.dst))
		return PLN_TCP_BROADCAST;
	if (pkt->seg.src_port == 0)
		return PLN_TCP_BAD_SOURCE;
	pkt->data += pkt->seg.hdr_len;
	pkt->len -= pkt->seg.hdr_len;
	pkt->seq = pkt->seg.seq + ((pkt->seg.flags & PLN_TCP_SYN) != 0 ? 1 : 0);
	pkt->fin = (pkt->seg.flags & PLN_TCP_FIN) != 0;
	return PLN_ACCEPT;
}

/* Whose is it? The packet goes to its connection; from anybody else it comes back to be freed. */
static void
deal(struct pln_tcp *tcp, struct pln_pkt *pkt)
{
	struct pln_flow_key key = { pkt->ip.dst, pkt->ip.src, pkt->seg.dst_port,
		                    pkt->seg.src_port };
	struct pln_timewait_rec *rec;
	uint32_t value, used;

	if (!pln_flow_table_lookup(&tcp->flows, &key, &value)) {
		if (rx_stranger(tcp, pkt, NULL))
			return;
	} else if ((value & PLN_MOVED_FLOW) != 0) {
		/* Its packets are sent on before they come here (stack/adopt), while there is somebody to send them to. */
		pln_counters_inc(&tcp->env->counters, PLN_TCP_NO_CONNECTION);
	} else if ((value & PLN_TIMEWAIT_FLOW) == 0) {
		judge(tcp, pln_pool_at(&tcp->conns, value), pkt);
		return;
	} else {
		rec = pln_timewait_at(&tcp->timewait, value);
		used = rec->snd_nxt;
		if (time_wait_rx(tcp, rec, pkt) && rx_stranger(tcp, pkt, &used))
			return;
	}
	pln_mbuf_free_pkt(pkt);
}

void
pln_tcp_rx(struct pln_tcp *tcp, struct pln_pkt *pkt)
{
	enum pln_drop drop = open_segment(tcp, pkt);

	pln_buffers_watch(tcp);
	pln_counters_inc(&tcp->env->counters, PLN_TCP_RX_SEGS);
	if (drop == PLN_ACCEPT) {
		deal(tcp, pkt);
		return;
	}
	pln_counters_inc(&tcp->env->counters, drop);
	pln_mbuf_free_pkt(pkt);
}
