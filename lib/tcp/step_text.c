/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Steps 7 and 8 of SEGMENT ARRIVES (RFC 9293 §3.10.7.4): payload in order goes to the receive queue, out of order to reassembly, and the
 * FIN counts when everything before it is there. Decides when an ACK is due; sends none.
 */
#include "tcp/buffers.h"
#include "tcp/judge.h"
#include "tcp/listen.h"
#include "tcp/reset.h"
#include "tcp/urgent.h"

void
pln_judge_duplicate(struct pln_tcp_conn *c, struct pln_sack_block dup)
{
	if (!c->sack_ok || !c->opts.dsack)
		return;
	pln_sackgen_duplicate(&c->sackgen, dup);
	pln_conn_count(c, PLN_TCP_DSACK);
}

/* One packet that starts at RCV.NXT becomes the user's; returns its payload bytes. */
static uint32_t
deliver(struct pln_tcp_conn *c, struct pln_pkt *pkt)
{
	uint32_t len = pkt->len;

	c->rcv.nxt += len;
	c->dup_acks_owed = 0; /* they were to repeat an RCV.NXT of the past */
	if (pkt->fin)
		c->flags |= PLN_CONN_PEER_FIN;
	if (len == 0 || pln_conn_has(c, PLN_CONN_RD_SHUT) || !pln_recvq_push(&c->recvq, pkt))
		pln_mbuf_free_pkt(pkt);
	return len;
}

/* What the new bytes make contiguous. Returns whether a gap was filled. */
static bool
deliver_held(struct pln_tcp_conn *c)
{
	struct pln_pktq dead = { 0 };
	struct pln_pkt *pkt;
	bool filled = c->reasm.count > 0;

	while (!pln_conn_has(c, PLN_CONN_PEER_FIN) &&
	       (pkt = pln_reasm_pop(&c->reasm, c->rcv.nxt, &dead)) != NULL)
		c->stats.bytes_received += deliver(c, pkt);
	pln_mbuf_free_pkts(&dead);
	pln_buffers_settle(c);
	pln_sackgen_advance(&c->sackgen, c->rcv.nxt);
	return filled;
}

static void
acknowledge(struct pln_tcp_conn *c, uint32_t len, bool at_once)
{
	if (pln_delack_text(&c->delack, len, at_once))
		pln_conn_owe(c, PLN_OWE_ACK);
	else if (c->deadline[PLN_TIMER_DELACK] == PLN_NEVER)
		pln_conn_set_timer(c, PLN_TIMER_DELACK, pln_conn_now(c) + c->delack.delay_ns);
}

/* What the insertion into reassembly means for the next SACK option. */
static void
report(struct pln_tcp_conn *c)
{
	const struct pln_reasm *r = &c->reasm;

	if (!c->sack_ok)
		return;
	pln_sackgen_held(&c->sackgen, r->isle);
	if (r->dup.start != r->dup.end)
		pln_judge_duplicate(c, r->dup);
}

/* Beyond a gap: keep it, and tell the sender at once (RFC 5681 §4.2), once for each: it counts them. */
static void
hold(struct pln_judge *j)
{
	struct pln_tcp_conn *c = j->c;

	c->stats.ooo_segs++;
	if (c->dup_acks_owed < UINT16_MAX)
		c->dup_acks_owed++;
	pln_conn_owe(c, PLN_OWE_ACK);
	if (!pln_buffers_may_hold(c, j->pkt)) {
		pln_conn_count(c, PLN_TCP_OOO_REFUSED);
		return;
	}
	switch (pln_reasm_insert(&c->reasm, j->pkt)) {
	case PLN_REASM_KEPT:
		j->pkt = NULL;
		pln_buffers_settle(c);
		pln_conn_count(c, PLN_TCP_RX_OOO);
		report(c);
		return;
	case PLN_REASM_COPIED:
		pln_conn_count(c, PLN_TCP_RX_OOO);
		report(c);
		return;
	case PLN_REASM_DUPLICATE:
		pln_conn_count(c, PLN_TCP_DUPLICATE);
		report(c);
		return;
	case PLN_REASM_FULL:
		pln_conn_count(c, PLN_TCP_OOO_FULL);
		return;
	}
}

static void
take_in_order(struct pln_judge *j)
{
	struct pln_tcp_conn *c = j->c;
	struct pln_pkt *pkt = j->pkt;
	uint32_t len;
	bool filled;

	j->pkt = NULL;
	len = deliver(c, pkt);
	c->stats.bytes_received += len;
	c->stats.last_data_rx = pln_conn_now(c);
	filled = deliver_held(c);
	pln_buffers_arrived(c, j->seg);
	if (c->urg_pending)
		pln_urgent_read(c); /* who has shut down for reading has passed the mark by now */
	acknowledge(c, len, filled);
	if (!pln_conn_has(c, PLN_CONN_RD_SHUT))
		pln_conn_tell(c, PLN_EV_READABLE);
	/* DEFER_ACCEPT: the listener's user waited for this. */
	if (c->listener != NULL && !pln_conn_has(c, PLN_CONN_ON_ACCEPTQ))
		pln_listen_offer(c);
}

/* Nobody will ever read this (RFC 2525 §2.17): tell the sender. */
static enum pln_verdict
refuse_text(struct pln_judge *j)
{
	pln_conn_count(j->c, PLN_TCP_RX_AFTER_CLOSE);
	pln_conn_owe(j->c, PLN_OWE_RST);
	return PLN_VERDICT_DONE;
}

static void
count_mark(struct pln_tcp_conn *c)
{
	c->stats.received_ce++;
	pln_conn_count(c, PLN_TCP_RX_CE);
}

/* RFC 8257 §3.2: "set DCTCP.CE to true and send an immediate ACK", or to false; what came before goes by itself. */
static void
turn_of_marks(struct pln_tcp_conn *c)
{
	if (c->rcv.nxt != c->ts.last_ack_sent)
		pln_ecn_remember(&c->ecn, c->rcv.nxt);
	pln_conn_owe(c, PLN_OWE_ACK);
}

enum pln_verdict
pln_judge_text(struct pln_judge *j)
{
	struct pln_tcp_conn *c = j->c;
	const struct pln_pkt *pkt = j->pkt;

	if (pkt->len == 0)
		return PLN_VERDICT_CONTINUE;
	c->stats.data_segs_in++;
	if (pln_ecn_turns(&c->ecn, pkt->ip.tos))
		turn_of_marks(c);
	if (pln_ecn_rx(&c->ecn, j->seg->flags, pkt->ip.tos))
		count_mark(c);
	if (!pln_state_may_receive((enum pln_tcp_state)c->state)) {
		/* "This should not occur since a FIN has been received from the remote side. Ignore the segment text." */
		j->reason = PLN_TCP_RX_BEYOND_FIN;
		return PLN_VERDICT_DROP;
	}
	if (pln_conn_has(c, PLN_CONN_ORPHAN) && c->listener == NULL)
		return refuse_text(j);
	if (pkt->seq == c->rcv.nxt) {
		if (!pln_buffers_may_take(c, pkt)) {
			j->reason = PLN_TCP_RX_REFUSED;
			return PLN_VERDICT_ACK_DROP;
		}
		take_in_order(j);
		return PLN_VERDICT_CONTINUE;
	}
	hold(j);
	return PLN_VERDICT_DONE;
}

/* The FIN is next in the stream. */
static enum pln_verdict
take_fin(struct pln_tcp_conn *c)
{
	c->rcv.nxt++;
	pln_conn_owe(c, PLN_OWE_ACK);
	switch ((enum pln_tcp_state)c->state) {
	case PLN_TCP_ESTABLISHED:
		pln_conn_set_state(c, PLN_TCP_CLOSE_WAIT, "the peer's FIN");
		break;
	case PLN_TCP_FIN_WAIT_1:
		/* Had it acknowledged our FIN, the state would be FIN-WAIT-2 by now (step 5). */
		pln_conn_set_state(c, PLN_TCP_CLOSING, "the peer's FIN crossed ours");
		break;
	case PLN_TCP_FIN_WAIT_2:
		pln_conn_to_time_wait(c);
		return PLN_VERDICT_GONE;
	case PLN_TCP_CLOSED:
	case PLN_TCP_LISTEN:
	case PLN_TCP_SYN_SENT:
	case PLN_TCP_SYN_RECEIVED:
	case PLN_TCP_CLOSE_WAIT:
	case PLN_TCP_CLOSING:
	case PLN_TCP_LAST_ACK:
	case PLN_TCP_TIME_WAIT:
	case PLN_TCP_STATE_COUNT:
		break;
	}
	pln_conn_tell(c, PLN_EV_PEER_CLOSED | PLN_EV_READABLE);
	if (c->listener != NULL && !pln_conn_has(c, PLN_CONN_ON_ACCEPTQ))
		pln_listen_offer(c);
	return PLN_VERDICT_DONE;
}

enum pln_verdict
pln_judge_fin(struct pln_judge *j)
{
	struct pln_tcp_conn *c = j->c;
	struct pln_pkt *pkt = j->pkt;

	/* A FIN without payload: its own packet may be next, or wait for a gap like any byte. */
	if (pkt != NULL && pkt->fin && pkt->len == 0 &&
	    pln_state_may_receive((enum pln_tcp_state)c->state) &&
	    !pln_conn_has(c, PLN_CONN_PEER_FIN)) {
		if (pkt->seq == c->rcv.nxt)
			c->flags |= PLN_CONN_PEER_FIN;
		else
			hold(j);
	}
	if (pln_conn_has(c, PLN_CONN_PEER_FIN) &&
	    pln_state_may_receive((enum pln_tcp_state)c->state))
		return take_fin(c);
	return PLN_VERDICT_CONTINUE;
}
