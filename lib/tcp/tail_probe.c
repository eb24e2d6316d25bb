/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tail loss probes on a connection: when the timer runs (RFC 8985 §7.2), that the retransmission timer begins anew behind a probe (§7.3),
 * and that a loss which the probe repaired slows the connection down (§7.4). The rules themselves are in tcp/snd/tlp, the probe leaves by
 * way of tcp/output.
 */
#include "tcp/tail_probe.h"

#include "tcp/recovery.h"

/* §7.2: "unless it is already in fast recovery, RTO recovery, or segments have been SACKed"; §4: with SACK; §7.3: one probe at a time. §7.3: only if
 * "the sender has obtained an RTT measurement since the last loss probe transmission". */
static bool
may_probe(const struct pln_tcp_conn *c)
{
	return c->opts.tlp && c->opts.rack && c->sack_ok && c->ca_state == PLN_TCP_CA_OPEN &&
	       c->sendq.board.sacked_bytes == 0 && !c->loss.tlp.pending &&
	       !c->loss.tlp.unmeasured && c->snd.una != c->snd.nxt &&
	       c->deadline[PLN_TIMER_PERSIST] == PLN_NEVER && c->snd.w.wnd != 0;
}

void
pln_tail_probe_schedule(struct pln_tcp_conn *c)
{
	uint64_t at, rto = c->deadline[PLN_TIMER_RTO];

	if (!may_probe(c)) {
		pln_conn_stop_timer(c, PLN_TIMER_PROBE_TAIL);
		return;
	}
	at = pln_conn_now(c) + pln_tlp_pto(c->rtt.srtt_ns, c->snd.nxt - c->snd.una <= c->smss);
	/* "If Now() + PTO > TCP_RTO_expiration(): PTO = TCP_RTO_expiration() - Now()". */
	pln_conn_set_timer(c, PLN_TIMER_PROBE_TAIL, at < rto ? at : rto);
}

void
pln_tail_probe_stop(struct pln_tcp_conn *c)
{
	c->loss.tlp.pending = false;
	c->owe &= (uint8_t)~PLN_OWE_TAIL_PROBE;
	pln_conn_stop_timer(c, PLN_TIMER_PROBE_TAIL);
}

void
pln_tail_probe_due(struct pln_tcp_conn *c)
{
	if (!may_probe(c))
		return;
	/* §7.3: "After attempting to send a loss probe, regardless of whether a loss probe was sent, the sender MUST re-arm the RTO timer". */
	pln_conn_set_timer(c, PLN_TIMER_RTO, pln_conn_now(c) + pln_rto_get(&c->rto));
	pln_conn_owe(c, PLN_OWE_TAIL_PROBE);
}

void
pln_tail_probe_sent(struct pln_tcp_conn *c, bool again)
{
	pln_tlp_sent(&c->loss.tlp, c->snd.nxt, again);
	pln_conn_stop_timer(c, PLN_TIMER_PROBE_TAIL);
	c->loss.probes++;
	pln_recovery_say(c, PLN_TCP_TAIL_PROBE,
	                 again ? "tail loss probe: the last segment again"
	                       : "tail loss probe: new data");
}

bool
pln_tail_probe_is(const struct pln_tcp_conn *c, const struct pln_sack_block *block)
{
	const struct pln_tlp *tlp = &c->loss.tlp;
	uint32_t fin = pln_conn_has(c, PLN_CONN_FIN_SENT) ? 1 : 0;

	/* A peer may count our FIN or not. */
	return tlp->pending && tlp->is_retrans &&
	       (block->end == tlp->end || block->end == tlp->end - fin);
}

void
pln_tail_probe_ack(struct pln_tcp_conn *c, const struct pln_ack *ack)
{
	const struct pln_tlp_ack a = {
		.seq = ack->seq,
		.dsack = ack->dsack && pln_tail_probe_is(c, &ack->twice),
		.dup_bare = ack->dup && !ack->sacks,
	};

	switch (pln_tlp_ack(&c->loss.tlp, &a)) {
	case PLN_TLP_WAIT:
		return;
	case PLN_TLP_NO_LOSS:
		pln_recovery_say(c, PLN_TCP_TAIL_PROBE_SPARE, "nothing was lost at the tail");
		return;
	case PLN_TLP_REPAIRED:
		/* §7.4.2: "SHOULD invoke a congestion control response equivalent to a fast recovery": as one loss, without one. */
		if (c->ca_state == PLN_TCP_CA_OPEN || c->ca_state == PLN_TCP_CA_DISORDER) {
			c->cc.ops->on_loss(&c->cc, ack);
			if (!pln_cc_models(&c->cc))
				c->cc.cwnd = c->cc.ssthresh;
			pln_ecn_reduced(&c->ecn, c->snd.nxt);
		}
		pln_recovery_say(c, PLN_TCP_TAIL_PROBE_REPAIRED, "the probe repaired a loss");
		return;
	}
}
