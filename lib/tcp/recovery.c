/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What all loss recovery has in common (RFC 5681 §3.1, §3.2, RFC 6298 §5): one reduction of the window for each window of data, however
 * many are lost in it; `recover` is SND.NXT of that moment (RecoveryPoint of RFC 6675). Which segments are lost is found elsewhere.
 */
#include "tcp/recovery.h"

#include "tcp/loss_dupack.h"
#include "tcp/loss_sack.h"
#include "tcp/probe_mtu.h"
#include "tcp/rating.h"
#include "tcp/spurious.h"
#include "tcp/trace.h"

void
pln_recovery_say(struct pln_tcp_conn *c, enum pln_drop counter, const char *why)
{
	pln_conn_count(c, counter);
	pln_trace_recovery(c->tcp->trace, c, why);
}

/* A `recover` left far behind would look like one ahead after 2^31 bytes, and no loss would count as new. */
static void
drag_recover_along(struct pln_tcp_conn *c)
{
	c->snd.recover = pln_seq_max(c->snd.recover, c->snd.una - 2);
	c->ecn.reduced = pln_seq_max(c->ecn.reduced, c->snd.una - 2);
}

void
pln_recovery_ack(struct pln_tcp_conn *c, const struct pln_ack *ack, const struct pln_delivered *got)
{
	if (ack->dup && c->dup_acks < UINT8_MAX)
		c->dup_acks++;
	if (ack->acked_bytes > 0 && c->cc.ops->on_marks != NULL)
		c->cc.ops->on_marks(&c->cc, ack);
	if (ack->acked_bytes > 0 && c->probe.search.on)
		pln_probe_mtu_ack(c);
	pln_spurious_ack(c, ack, got);
	if (c->sack_ok)
		pln_loss_sack_ack(c, ack, got);
	else if (ack->acked_bytes > 0)
		pln_loss_dupack_new(c, ack);
	else if (ack->dup)
		pln_loss_dupack_dup(c, ack);
	if (c->ca_state != PLN_TCP_CA_RECOVERY)
		drag_recover_along(c);
}

void
pln_recovery_enter(struct pln_tcp_conn *c, const struct pln_ack *lossy, const char *why)
{
	struct pln_ack a = *lossy;

	pln_spurious_arm(c);
	a.flight_before = pln_validate_loss(&c->validate, &c->cc, a.flight_before,
	                                    (uint32_t)c->stats.bytes_retrans);
	/* RFC 3168 §6.1.2: "the source TCP ... should not react to congestion indications more than once every window of data": a mark may
	 * have come before the loss. */
	if (!c->ecn.on || pln_seq_geq(c->snd.una, c->ecn.reduced) || !c->sack_ok)
		c->cc.ops->on_loss(&c->cc, &a);
	if (!c->sack_ok && pln_cc_models(&c->cc))
		pln_rating_lost_one(c);
	pln_ecn_reduced(&c->ecn, c->snd.nxt);
	c->snd.recover = c->snd.nxt;
	c->ca_state = PLN_TCP_CA_RECOVERY;
	c->stats.recoveries++;
	pln_recovery_say(c, PLN_TCP_FAST_RETRANSMIT, why);
}

void
pln_recovery_grow(struct pln_tcp_conn *c, const struct pln_ack *ack)
{
	pln_validate_ack(&c->validate, &c->cc, ack);
	/* RFC 3168 §6.1.2: "The sending TCP SHOULD NOT increase the congestion window in response to the receipt of an ECN-Echo ACK packet". */
	if (!ack->ece)
		c->cc.ops->on_ack(&c->cc, ack);
}

void
pln_recovery_left(struct pln_tcp_conn *c, const struct pln_ack *ack)
{
	if (c->ca_state == PLN_TCP_CA_RECOVERY)
		c->cc.ops->on_recovered(&c->cc, ack);
	/* RFC 9937 §6.4: "cwnd = ssthresh"; RFC 6675 §5 left it there. */
	if (c->ca_state == PLN_TCP_CA_RECOVERY && c->sack_ok && !pln_cc_models(&c->cc))
		c->cc.cwnd = c->cc.ssthresh;
	pln_validate_recovered(&c->validate, &c->cc, ack, (uint32_t)c->stats.bytes_retrans);
	c->ca_state = PLN_TCP_CA_OPEN;
}

void
pln_recovery_ece(struct pln_tcp_conn *c, const struct pln_ack *ack)
{
	bool may = c->ca_state == PLN_TCP_CA_OPEN || c->ca_state == PLN_TCP_CA_DISORDER;
	uint32_t resent = (uint32_t)c->stats.bytes_retrans;
	struct pln_ack a = *ack;

	if (!may || ack->flight_before == 0 || !pln_ecn_is_news(&c->ecn, ack->seq))
		return;
	a.flight_before = pln_validate_loss(&c->validate, &c->cc, a.flight_before, resent);
	c->cc.ops->on_ecn(&c->cc, &a);
	/* Nothing is lost: what there is to recover from is over. */
	if (c->validate.loss_flight != 0)
		pln_validate_recovered(&c->validate, &c->cc, ack, resent);
	pln_ecn_reduced(&c->ecn, c->snd.nxt);
	pln_conn_count(c, PLN_TCP_ECN_REDUCED);
}

/* All that is outstanding belongs to one recovery, which ends at SND.NXT. */
static void
begin_loss(struct pln_tcp_conn *c)
{
	c->ca_state = PLN_TCP_CA_LOSS;
	c->snd.recover = c->snd.nxt;
	c->dup_acks = 0;
	pln_conn_owe(c, 0);
}

void
pln_recovery_rewind(struct pln_tcp_conn *c)
{
	begin_loss(c);
	/* Nothing was reduced: what is reported of this is no evidence about a reduction before. */
	c->loss.undo.armed = false;
	if (c->sack_ok)
		pln_loss_sack_rewind(c);
	else
		pln_loss_dupack_rewind(c);
}

void
pln_recovery_timeout(struct pln_tcp_conn *c)
{
	c->stats.timeouts++;
	pln_spurious_timeout(c, c->retries == 0);
	/* RFC 5681 §3.1: ssthresh by FlightSize, only when this data had not timed out before. */
	c->cc.ops->on_rto(&c->cc, c->snd.nxt - c->snd.una, c->smss, c->retries == 0);
	pln_ecn_reduced(&c->ecn, c->snd.nxt);
	begin_loss(c);
	if (c->sack_ok)
		pln_loss_sack_timeout(c);
	else
		pln_loss_dupack_rewind(c);
	pln_recovery_say(c, PLN_TCP_RTO, "retransmission timeout");
}

void
pln_recovery_sent(struct pln_tcp_conn *c, uint32_t bytes, bool again)
{
	if (c->ca_state == PLN_TCP_CA_RECOVERY)
		pln_prr_sent(&c->loss.prr, bytes);
	if (again)
		pln_spurious_resent(c, bytes);
	if (again && c->probe.search.size != 0)
		pln_probe_mtu_resent(c);
	if (c->sack_ok)
		pln_loss_sack_sent(c, again);
}
