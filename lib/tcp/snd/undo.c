/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Spurious retransmissions, and how they are known. It decides whether a reduction of the window was for nothing; restoring it is the
 * connection's and congestion control's.
 *
 * Theory: an ACK does not say which of two copies it is for, so a late segment looks like a lost one that was repaired. Three signs tell them
 * apart. The echoed timestamp is that of the copy that arrived: if it is older than the retransmission, the first copy had not been lost
 * (Eifel). A D-SACK reports the second copy: if each retransmission is reported so, none was needed. And after a timeout, a sender that
 * goes on with new data instead of repeating more (F-RTO) sees by the ACKs after that: if they advance over data that was sent once, these
 * segments were only late.
 */
#include "tcp/snd/undo.h"

void
pln_undo_arm(struct pln_undo *undo, uint32_t una, uint32_t nxt, bool anew)
{
	if (!anew && undo->armed)
		return;
	undo->start = una;
	undo->end = nxt;
	undo->pending = 0;
	undo->armed = true;
	undo->timed = false;
	undo->frto = PLN_FRTO_OFF;
}

void
pln_undo_resent(struct pln_undo *undo, uint32_t bytes, uint32_t tsval, bool timed)
{
	if (!undo->armed)
		return;
	/* RFC 3522 §3.2 step 2: "Set a 'RetransmitTS' variable to the value of the Timestamp Value field of the Timestamps option included in
	 * the retransmit sent when loss recovery is initiated." */
	if (undo->pending == 0 && timed) {
		undo->tsval = tsval;
		undo->timed = true;
	}
	undo->pending += bytes;
}

bool
pln_undo_dsack(struct pln_undo *undo, const struct pln_sack_block *block)
{
	uint32_t len = block->end - block->start;

	if (!undo->armed || undo->pending == 0 || pln_seq_lt(block->start, undo->start) ||
	    pln_seq_gt(block->end, undo->end))
		return false;
	undo->pending -= len < undo->pending ? len : undo->pending;
	return undo->pending == 0;
}

bool
pln_undo_echo(struct pln_undo *undo, uint32_t tsecr)
{
	bool was_timed = undo->armed && undo->timed;

	/* RFC 3522 §3.2 step 4: "If the value of the Timestamp Echo Reply field of the acceptable ACK's Timestamps option is smaller than the
	 * value of RetransmitTS, then proceed to step (5), else proceed to step (DONE)." */
	undo->timed = false;
	return was_timed && pln_seq_lt(tsecr, undo->tsval);
}

bool
pln_undo_frto(struct pln_undo *undo, const struct pln_frto_ack *ack)
{
	switch ((enum pln_frto)undo->frto) {
	case PLN_FRTO_OFF:
		return false;
	case PLN_FRTO_RESENT:
		/* RFC 5682 §2.1 step 2: "a) If the acknowledgment is a duplicate ACK, or the acknowledgment field covers "recover" ... revert
		 * to the conventional RTO recovery"; "b) Else ... transmit up to two new (previously unsent) segments and enter step 3". */
		undo->frto =
			ack->advances && !ack->all && ack->has_new ? PLN_FRTO_NEW : PLN_FRTO_OFF;
		return false;
	case PLN_FRTO_NEW:
		/* Step 3: "b) If the acknowledgment advances the window ... declare the timeout spurious". */
		undo->frto = PLN_FRTO_OFF;
		return ack->original;
	}
	return false;
}
