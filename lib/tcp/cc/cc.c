/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What all congestion control algorithms share: the table of their names, the initial window of RFC
 * 6928, the restart window of RFC 5681 §4.1, and the inflation and deflation of cwnd while fast
 * recovery runs (RFC 6582 §3.2). When loss was detected and when recovery ends is tcp/recovery's to
 * say.
 */
#include "tcp/cc/cc.h"

#define CC_INITIAL_SEG_BYTES 1460U /* RFC 6928 §2: a full segment on Ethernet */

static const struct pln_cc_ops *const algorithms[] = {
	&pln_bbr_ops,
	&pln_cubic_ops,
	&pln_newreno_ops,
	&pln_dctcp_ops,
};

uint32_t
pln_cc_initial_window(uint32_t smss, uint32_t segs, bool syn_lost)
{
	uint64_t wnd = (uint64_t)segs * smss;
	uint64_t bound = (uint64_t)segs * CC_INITIAL_SEG_BYTES;

	/* RFC 5681 §3.1: "if the SYN or SYN/ACK is lost, the initial window used by a sender
	 * after a correctly transmitted SYN MUST be one segment consisting of at most SMSS
	 * bytes." */
	if (syn_lost)
		return smss;
	/* RFC 6928 §2: "min (10*MSS, max (2*MSS, 14600))". */
	if (bound < 2 * (uint64_t)smss)
		bound = 2 * (uint64_t)smss;
	if (wnd > bound)
		wnd = bound;
	return wnd < PLN_CC_CWND_MAX ? (uint32_t)wnd : PLN_CC_CWND_MAX;
}

const struct pln_cc_ops *
pln_cc_find(const char *name)
{
	for (size_t i = 0; i < PLN_ARRAY_LEN(algorithms); i++)
		if (strcmp(algorithms[i]->name, name) == 0)
			return algorithms[i];
	return NULL;
}

void
pln_cc_init(struct pln_cc *cc, const struct pln_cc_ops *ops, uint32_t iw)
{
	*cc = (struct pln_cc){ .ops = ops, .cwnd = iw, .iw = iw };
	/* RFC 5681 §3.1: "The initial value of ssthresh SHOULD be set arbitrarily high". */
	cc->ssthresh = UINT32_MAX;
	ops->init(cc);
}

void
pln_cc_change(struct pln_cc *cc, const struct pln_cc_ops *ops)
{
	if (cc->ops == ops)
		return;
	cc->ops = ops;
	cc->pacing_rate = 0;
	cc->holds_back = false;
	ops->init(cc);
}

void
pln_cc_undo(struct pln_cc *cc, uint32_t cwnd, uint32_t ssthresh)
{
	/* RFC 9438 §4.9.1: "restore the congestion control state": never below what they are now. */
	if (cc->cwnd < cwnd)
		cc->cwnd = cwnd;
	if (cc->ssthresh < ssthresh)
		cc->ssthresh = ssthresh;
	if (cc->ops->on_undo != NULL)
		cc->ops->on_undo(cc);
}

void
pln_cc_remember(struct pln_cc *cc)
{
	uint32_t most = cc->cwnd - cc->cwnd / 4;

	if (cc->ssthresh < most)
		cc->ssthresh = most;
}

void
pln_cc_idle(struct pln_cc *cc)
{
	if (cc->cwnd <= cc->iw)
		return;
	/* RFC 5681 §4.1: "the restart window (RW) ... RW = min(IW,cwnd)". */
	pln_cc_remember(cc);
	cc->cwnd = cc->iw;
}

void
pln_cc_grow(struct pln_cc *cc, uint32_t bytes)
{
	if (cc->cwnd > PLN_CC_CWND_MAX || bytes > PLN_CC_CWND_MAX - cc->cwnd)
		cc->cwnd = PLN_CC_CWND_MAX;
	else
		cc->cwnd += bytes;
}

void
pln_cc_slow_start(struct pln_cc *cc, const struct pln_ack *ack)
{
	pln_cc_grow(cc, ack->acked_bytes < ack->smss ? ack->acked_bytes : ack->smss);
}

void
pln_cc_recovered(struct pln_cc *cc, const struct pln_ack *ack)
{
	cc->cwnd = ack->flight > ack->smss ? ack->flight : ack->smss;
	pln_cc_grow(cc, ack->smss);
	if (cc->cwnd > cc->ssthresh)
		cc->cwnd = cc->ssthresh;
}

void
pln_cc_inflate(struct pln_cc *cc, uint32_t smss)
{
	pln_cc_grow(cc, smss);
}

void
pln_cc_deflate(struct pln_cc *cc, uint32_t acked, uint32_t smss)
{
	/* RFC 6582 §3.2 step 3: "deflate the congestion window by the amount of new data
	 * acknowledged by the Cumulative Acknowledgment field." */
	cc->cwnd = cc->cwnd > acked ? cc->cwnd - acked : 0;
	/* "If the partial ACK acknowledges at least one SMSS of new data, then add back SMSS
	 * bytes to the congestion window." */
	if (acked >= smss)
		pln_cc_grow(cc, smss);
	/* Nothing could be sent into less than a segment. */
	if (cc->cwnd < smss)
		cc->cwnd = smss;
}
