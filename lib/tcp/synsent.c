/* SPDX-License-Identifier: BSD-3-Clause */
/* SYN-SENT (RFC 9293 §3.10.7.3): the order of checks differs from that of the synchronized states, hence a room of its own. */
#include "tcp/fastopen.h"
#include "tcp/judge.h"
#include "tcp/recovery.h"

/* First: the ACK bit. */
static enum pln_verdict
check_ack(struct pln_judge *j)
{
	const struct pln_tcp_conn *c = j->c;

	if ((j->seg->flags & PLN_TCP_ACK) == 0)
		return PLN_VERDICT_CONTINUE;
	/* SND.UNA < SEG.ACK =< SND.NXT, and SND.UNA is ISS here. */
	if (pln_seq_gt(j->seg->ack, c->snd.iss) && pln_seq_leq(j->seg->ack, c->snd.nxt))
		return PLN_VERDICT_CONTINUE;
	j->reason = PLN_TCP_SYNSENT_BAD_ACK;
	return (j->seg->flags & PLN_TCP_RST) != 0 ? PLN_VERDICT_DROP : PLN_VERDICT_RESET;
}

/* RFC 3168 §6.1.1.1: "a host that receives a RST in response to the transmission of an ECN-setup SYN packet MAY resend a SYN with CWR and
 * ECE cleared": a box on the way may not like the flags. */
static bool
ask_without_ecn(struct pln_tcp_conn *c)
{
	if (!c->ecn.asks)
		return false;
	c->ecn.asks = false;
	pln_conn_owe(c, PLN_OWE_SYN);
	return true;
}

/* Second: the RST bit. Without an acceptable ACK it could be anybody's (RFC 5961 §3.2). */
static enum pln_verdict
check_rst(struct pln_judge *j)
{
	if ((j->seg->flags & PLN_TCP_RST) == 0)
		return PLN_VERDICT_CONTINUE;
	if ((j->seg->flags & PLN_TCP_ACK) == 0) {
		j->reason = PLN_TCP_SYNSENT_IGNORED;
		return PLN_VERDICT_DROP;
	}
	if (ask_without_ecn(j->c)) {
		j->reason = PLN_TCP_ECN_REFUSED;
		return PLN_VERDICT_DROP;
	}
	pln_conn_count(j->c, PLN_TCP_REFUSED);
	pln_conn_closed(j->c, -ECONNREFUSED, "connection refused");
	return PLN_VERDICT_GONE;
}

static void
take_syn(struct pln_tcp_conn *c, const struct pln_seg *seg)
{
	c->rcv.irs = seg->seq;
	c->rcv.nxt = seg->seq + 1;
	pln_rwnd_init(&c->rcv.w, c->opts.rcvbuf, c->rcv.nxt);
	/* Our SYN has announced a window already. */
	pln_rwnd_announce(&c->rcv.w, c->rcv.nxt, c->opts.rcvbuf, true);
	pln_conn_agree(c, seg);
	pln_swnd_init(&c->snd.w, seg->seq, seg->ack, seg->wnd);
}

/* RFC 7413 §4.2.2: data went with the SYN. What the server has not acknowledged is sent at once, as if for the first time. */
static enum pln_verdict
take_early_ack(struct pln_judge *j)
{
	struct pln_tcp_conn *c = j->c;

	if (j->seg->ack != c->snd.una)
		return pln_judge_ack(j);
	pln_recovery_rewind(c);
	return PLN_VERDICT_CONTINUE;
}

enum pln_verdict
pln_judge_syn_sent(struct pln_judge *j)
{
	struct pln_tcp_conn *c = j->c;
	enum pln_verdict v = check_ack(j);

	if (v != PLN_VERDICT_CONTINUE)
		return v;
	v = check_rst(j);
	if (v != PLN_VERDICT_CONTINUE)
		return v;
	/* Fourth: the SYN bit (third is security, which nobody uses). Fifth: neither SYN nor RST: drop. */
	if ((j->seg->flags & PLN_TCP_SYN) == 0) {
		j->reason = PLN_TCP_SYNSENT_IGNORED;
		return PLN_VERDICT_DROP;
	}
	take_syn(c, j->seg);
	if ((j->seg->flags & PLN_TCP_ACK) == 0) {
		/* Simultaneous open (RFC 9293 §3.5, figure 7): MUST-10. */
		pln_conn_set_state(c, PLN_TCP_SYN_RECEIVED, "SYN crossed ours");
		pln_conn_owe(c, PLN_OWE_SYN);
		return PLN_VERDICT_DONE;
	}
	pln_fastopen_answer(c, j->seg);
	pln_conn_established(c, j->seg);
	pln_conn_owe(c, PLN_OWE_ACK);
	if (c->snd.nxt != c->snd.una) {
		v = take_early_ack(j);
		if (v != PLN_VERDICT_CONTINUE)
			return v;
	}
	/* "If there are other controls or text in the segment, then continue processing at the sixth step." */
	pln_judge_trim(j->pkt, c->rcv.nxt, pln_rwnd_open(&c->rcv.w, c->rcv.nxt));
	pln_judge_urg(j);
	v = pln_judge_text(j);
	return v == PLN_VERDICT_CONTINUE ? pln_judge_fin(j) : v;
}
