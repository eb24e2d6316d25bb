/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PRR, RFC 9937 §6 (RFC 6937 with SafeACK choosing between its two bounds). It decides how many bytes an ACK lets out during fast recovery;
 * which bytes these are, and how far the window comes down, others decide.
 *
 * Theory: halving the window at once silences the sender for half a round trip and then lets a burst out; and after heavy loss little is
 * left in flight, so that what ssthresh allows would come at once. PRR sends in proportion to what is delivered: ssthresh bytes for each
 * RecoverFS, so that after one round trip just ssthresh is in flight and every ACK has let something out on the way. Where more was lost
 * than that, it sends as much as is delivered (packet conservation), and a segment more for each ACK that shows progress: slow start up
 * to ssthresh.
 */
#include "tcp/snd/prr.h"

void
pln_prr_begin(struct pln_prr *prr, uint32_t recover_fs)
{
	/* §6.1: "prr_delivered = 0, prr_out = 0". */
	*prr = (struct pln_prr){ .recover_fs = recover_fs > 0 ? recover_fs : 1 };
}

static int64_t
most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

uint32_t
pln_prr_allow(struct pln_prr *prr, const struct pln_prr_ack *ack)
{
	int64_t behind, count;

	/* Counted in 64 bits below; a recovery of 4 GiB does not exist. */
	prr->delivered += ack->delivered;
	behind = (int64_t)prr->delivered - prr->out;
	if (ack->pipe > ack->ssthresh) {
		/* §6.2: "out = DIV_ROUND_UP(prr_delivered * ssthresh, RecoverFS)", "SndCnt = out - prr_out". */
		uint64_t share = (uint64_t)prr->delivered * ack->ssthresh;

		count = (int64_t)((share + prr->recover_fs - 1) / prr->recover_fs) - prr->out;
	} else {
		/* "SndCnt = MAX(prr_delivered - prr_out, DeliveredData)", PRR-CRB; "if (SafeACK)", "SndCnt += SMSS", PRR-SSRB. */
		count = most(behind, ack->delivered) + (ack->safe ? ack->smss : 0);
		/* "SndCnt = MIN(ssthresh - inflight, SndCnt)". */
		if (count > (int64_t)ack->ssthresh - ack->pipe)
			count = (int64_t)ack->ssthresh - ack->pipe;
	}
	count = most(count, 0);
	/* "if (prr_out is 0 AND SndCnt is 0)", "SndCnt = SMSS": a fast retransmit is forced upon entering recovery. In bytes: less than a segment
	 * would not let it out. */
	if (prr->out == 0)
		count = most(count, ack->smss);
	return count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}
