/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Output's questions about what was sent before: a fast retransmit, what is lost, what may be, a tail loss probe. Which segments these are
 * is said by tcp/loss_sack, or by the marks of tcp/loss_dupack; here they leave, as far as cwnd and the peer's window allow.
 */
#include "tcp/resend.h"

#include "tcp/emit.h"
#include "tcp/loss_sack.h"
#include "tcp/pacing.h"
#include "tcp/rating.h"
#include "tcp/recovery.h"
#include "tcp/spurious.h"
#include "tcp/tail_probe.h"

/* Send [seq, end) again, a segment of it, and the FIN when it followed; *next is where it ended. */
static enum pln_output
resend(struct pln_tcp_conn *c, uint32_t seq, uint32_t end, uint32_t *next)
{
	uint32_t held = end - seq, len = held < c->smss ? held : c->smss;
	struct pln_emit want = { .seq = seq, .len = len, .retransmission = true };
	int sent;

	want.flags = pln_output_data_flags(c, seq, len);
	if (!pln_conn_has(c, PLN_CONN_FIN_SENT))
		want.flags &= (uint8_t)~PLN_TCP_FIN;
	sent = pln_emit_segment(c, &want);
	if (sent < 0)
		return PLN_OUTPUT_BLOCKED;
	c->flags &= ~(uint32_t)PLN_CONN_PROBED;
	pln_sendq_mark_resent(&c->sendq, seq, seq + (uint32_t)sent, pln_conn_now(c));
	if (c->rate.on)
		pln_rating_resent(c, seq, seq + (uint32_t)sent);
	if (c->pace.on)
		pln_pacing_sent(c, (uint32_t)sent);
	*next = seq + (uint32_t)sent +
	        ((want.flags & PLN_TCP_FIN) != 0 && (uint32_t)sent == len ? 1 : 0);
	pln_recovery_sent(c, (uint32_t)sent, true);
	pln_output_outstanding(c);
	return PLN_OUTPUT_SENT;
}

/* One segment, the first that is lost or that at SND.UNA, whatever cwnd says: fast retransmit, or the next hole of a partial ACK. */
enum pln_output
pln_resend_first(struct pln_tcp_conn *c)
{
	uint32_t next, seq = c->snd.una, end = c->sendq.sent;
	enum pln_output r;

	if ((c->owe & PLN_OWE_RETRANSMIT) == 0)
		return PLN_OUTPUT_NOTHING;
	if (c->snd.una == c->snd.nxt) {
		c->owe &= (uint8_t)~PLN_OWE_RETRANSMIT;
		return PLN_OUTPUT_NOTHING;
	}
	if (c->sack_ok)
		(void)pln_loss_sack_next(c, false, &seq, &end);
	r = resend(c, seq, end, &next);
	if (r == PLN_OUTPUT_SENT)
		c->owe &= (uint8_t)~PLN_OWE_RETRANSMIT;
	return r;
}

/* May a segment at `seq` be sent again now? */
static bool
may_resend(struct pln_tcp_conn *c, uint32_t seq)
{
	if (c->deadline[PLN_TIMER_PERSIST] != PLN_NEVER || pln_spurious_holds(c))
		return false;
	if (pln_output_cwnd_room(c) < c->smss && pln_conn_flight(c) > 0)
		return false;
	/* SHLD-16: "SHOULD retransmit normally the old unacknowledged data between SND.UNA and SND.UNA+SND.WND". */
	if (seq != c->snd.una && !pln_seq_lt(seq, c->snd.una + c->snd.w.wnd))
		return false;
	return !c->pace.on || pln_pacing_room(c) > 0;
}

/* What is lost, as cwnd opens: what the scoreboard says, or after a timeout everything up to `recover`. */
enum pln_output
pln_resend_lost(struct pln_tcp_conn *c)
{
	uint32_t seq, end, next;

	if (c->sack_ok) {
		if (!pln_loss_sack_next(c, false, &seq, &end) || !may_resend(c, seq))
			return PLN_OUTPUT_NOTHING;
		return resend(c, seq, end, &next);
	}
	if (c->ca_state != PLN_TCP_CA_LOSS || pln_seq_geq(c->snd.high_rxt, c->snd.recover) ||
	    !may_resend(c, c->snd.high_rxt))
		return PLN_OUTPUT_NOTHING;
	return resend(c, c->snd.high_rxt, c->sendq.sent, &c->snd.high_rxt);
}

/* RFC 6675 §4, NextSeg: when nothing is lost and there is nothing new, what may be (rules 3 and 4). */
enum pln_output
pln_resend_late(struct pln_tcp_conn *c)
{
	uint32_t seq, end, next;

	if (!c->sack_ok || c->opts.rack || !may_resend(c, c->snd.una) ||
	    !pln_loss_sack_next(c, true, &seq, &end))
		return PLN_OUTPUT_NOTHING;
	return resend(c, seq, end, &next);
}

/* The last segment sent goes again, as a tail loss probe. */
enum pln_output
pln_resend_last(struct pln_tcp_conn *c)
{
	uint32_t held = c->sendq.sent - c->snd.una, seq, next;
	struct pln_range *spare;
	enum pln_output r;

	/* All data may be acknowledged, and only our FIN be out. */
	if (pln_seq_gt(c->snd.una, c->sendq.sent))
		held = 0;
	seq = c->sendq.sent - (held < c->smss ? held : c->smss);
	spare = held > c->smss ? pln_pool_alloc(&c->tcp->ranges) : NULL;
	if (spare != NULL && !pln_scoreboard_split(&c->sendq.board, seq, spare))
		pln_pool_free(&c->tcp->ranges, spare);
	r = resend(c, seq, c->sendq.sent, &next);
	if (r == PLN_OUTPUT_SENT)
		pln_tail_probe_sent(c, true);
	return r;
}
