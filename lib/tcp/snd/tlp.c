/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tail loss probes, RFC 8985 §7. It decides when a probe is due and what is concluded from the ACKs after it; which segment is the probe,
 * and arming the timers, is the connection's.
 *
 * Theory: when the last segments of a flight are lost nothing arrives after them, so no ACK tells of it, and only a timeout would repair
 * it, with a window of one segment and from slow start. A probe after two round trips, new data or the last segment again, makes the peer
 * say what it has: RACK then finds the losses by the probe's SACK. If the probe happens to be all that was lost it repairs the loss
 * without a trace; that it did is concluded from the missing D-SACK, and the window is reduced as for any loss (§7.4).
 */
#include "tcp/snd/tlp.h"

#define PTO_INIT_NS      PLN_NS_PER_S
#define PTO_MIN_NS       (2 * PLN_NS_PER_MS)
#define MAX_ACK_DELAY_NS (200 * PLN_NS_PER_MS) /* TLP.max_ack_delay */

uint64_t
pln_tlp_pto(uint64_t srtt_ns, bool single)
{
	/* §7.2: "If SRTT is available: PTO = 2 * SRTT; If FlightSize is one segment: PTO += TLP.max_ack_delay; Else: PTO = 1 sec". */
	if (srtt_ns == 0)
		return PTO_INIT_NS;
	/* Deviates: not below 2 ms, for a peer that sleeps for its own reasons answers no sooner. */
	return (2 * srtt_ns > PTO_MIN_NS ? 2 * srtt_ns : PTO_MIN_NS) +
	       (single ? MAX_ACK_DELAY_NS : 0);
}

void
pln_tlp_sent(struct pln_tlp *tlp, uint32_t nxt, bool is_retrans)
{
	*tlp = (struct pln_tlp){
		.end = nxt, .pending = true, .is_retrans = is_retrans, .unmeasured = true
	};
}

enum pln_tlp_verdict
pln_tlp_ack(struct pln_tlp *tlp, const struct pln_tlp_ack *ack)
{
	/* "If TLP.end_seq is not None AND ACK's ack. number >= TLP.end_seq". */
	if (!tlp->pending || pln_seq_lt(ack->seq, tlp->end))
		return PLN_TLP_WAIT;
	/* "If not TLP.is_retrans: TLP.end_seq = None (TLP of new data delivered)", "Else if ACK has a DSACK option matching TLP.end_seq:
	 * TLP.end_seq = None (case 1)". */
	tlp->pending = false;
	if (!tlp->is_retrans || ack->dsack)
		return PLN_TLP_NO_LOSS;
	/* "Else If ACK's ack. number > TLP.end_seq: TLP.end_seq = None (repaired the single loss)". */
	if (pln_seq_gt(ack->seq, tlp->end))
		return PLN_TLP_REPAIRED;
	/* "Else If ACK is a DupAck without any SACK option: TLP.end_seq = None (case 2)". */
	if (ack->dup_bare)
		return PLN_TLP_NO_LOSS;
	tlp->pending = true;
	return PLN_TLP_WAIT;
}
