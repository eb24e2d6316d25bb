/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Undoing: what tcp/snd/undo finds spurious is taken back: the congestion window is what it was, and what was believed lost is in flight.
 * RFC 4015's response is for a sender that knows no more than that one segment was late; here the algorithm remembers its own state (RFC
 * 9438 §4.9), and what goes out at once is bounded by what is still in flight.
 */
#include "tcp/spurious.h"

#include "tcp/recovery.h"

void
pln_spurious_arm(struct pln_tcp_conn *c)
{
	struct pln_undo *undo = &c->loss.undo;
	bool anew = c->ca_state == PLN_TCP_CA_OPEN || c->ca_state == PLN_TCP_CA_DISORDER;

	if (anew) {
		undo->cwnd = c->cc.cwnd;
		undo->ssthresh = c->cc.ssthresh;
	}
	pln_undo_arm(undo, c->snd.una, c->snd.nxt, anew);
}

void
pln_spurious_timeout(struct pln_tcp_conn *c, bool first)
{
	bool recovering = c->ca_state == PLN_TCP_CA_RECOVERY || c->ca_state == PLN_TCP_CA_LOSS;

	pln_spurious_arm(c);
	/* Timestamps tell with the first ACK already. RFC 5682 §2.1 step 1: not "if the retransmission timer expires" in a recovery. */
	c->loss.undo.frto = first && !recovering && !c->ts.on ? PLN_FRTO_RESENT : PLN_FRTO_OFF;
}

void
pln_spurious_resent(struct pln_tcp_conn *c, uint32_t bytes)
{
	if (c->ca_state == PLN_TCP_CA_RECOVERY || c->ca_state == PLN_TCP_CA_LOSS)
		pln_undo_resent(&c->loss.undo, bytes, pln_ts_val(&c->ts, pln_conn_now(c)),
		                c->ts.on);
}

static void
take_back(struct pln_tcp_conn *c, enum pln_drop counter, const char *why)
{
	struct pln_undo *undo = &c->loss.undo;

	pln_cc_undo(&c->cc, undo->cwnd, undo->ssthresh);
	pln_validate_begin(&c->validate, c->snd.una);
	undo->armed = false;
	undo->frto = PLN_FRTO_OFF;
	c->loss.undone++;
	c->dup_acks = 0;
	c->owe &= (uint8_t)~PLN_OWE_RETRANSMIT;
	c->ca_state = PLN_TCP_CA_OPEN;
	pln_scoreboard_find(&c->sendq.board);
	/* What made us send again was late, not lost. */
	c->loss.rack.reordering_seen = true;
	pln_recovery_say(c, counter, why);
	pln_conn_owe(c, 0);
}

static bool
by_frto(struct pln_tcp_conn *c, const struct pln_ack *ack, const struct pln_delivered *got)
{
	const struct pln_frto_ack a = {
		.advances = ack->acked_bytes > 0,
		.all = pln_seq_geq(ack->seq, c->snd.recover),
		.original = got->original,
		.has_new =
			pln_sendq_unsent(&c->sendq) > 0 && c->snd.w.wnd > c->snd.nxt - c->snd.una,
	};

	return pln_undo_frto(&c->loss.undo, &a);
}

void
pln_spurious_ack(struct pln_tcp_conn *c, const struct pln_ack *ack, const struct pln_delivered *got)
{
	struct pln_undo *undo = &c->loss.undo;
	bool recovering = c->ca_state == PLN_TCP_CA_RECOVERY || c->ca_state == PLN_TCP_CA_LOSS;

	if (!undo->armed)
		return;
	/* Reports of duplicates come within a window; a mark left further behind would look like one ahead. */
	if (!recovering && c->snd.una - undo->end > c->snd.w.max_wnd) {
		undo->armed = false;
		return;
	}
	if (recovering && ack->acked_bytes > 0 && ack->echoes && pln_undo_echo(undo, ack->tsecr))
		take_back(c, PLN_TCP_UNDO_EIFEL,
		          "undone: the echo is older than what was sent again");
	else if (ack->dsack && pln_undo_dsack(undo, &ack->twice) && c->sendq.board.lost_bytes == 0)
		take_back(c, PLN_TCP_UNDO_DSACK, "undone: all that was sent again arrived twice");
	else if (c->ca_state == PLN_TCP_CA_LOSS && by_frto(c, ack, got))
		take_back(c, PLN_TCP_UNDO_FRTO, "undone: the timeout was spurious (F-RTO)");
}

bool
pln_spurious_holds(const struct pln_tcp_conn *c)
{
	return c->ca_state == PLN_TCP_CA_LOSS && c->loss.undo.frto == PLN_FRTO_NEW;
}
