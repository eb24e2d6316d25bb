/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DCTCP (RFC 8257): congestion control for data centres, where switches mark early. It decides cwnd and ssthresh by how many bytes came
 * marked; the receiver's half, which bytes those are, is in tcp/ext/ecn. It is not for the Internet (§1): beside flows that halve their
 * windows it takes more than its part, and a peer that echoes marks until CWR comes (RFC 3168) makes it slower than it need be.
 *
 * Theory: a mark of RFC 3168 says that there is congestion, but not how much, so a sender halves its window and the queue runs empty.
 * Switches that mark every packet above a short queue K tell more: the part of the bytes of a window that came marked, F, is small
 * when the queue was above K for a moment, and 1 when it stood there. Its moving average over windows is alpha, and a window with
 * marks in it is answered by
 *
 *     alpha <- (1 - g) alpha + g F,   cwnd <- cwnd (1 - alpha / 2)
 *
 * so the queue swings about K by little, and is full of nothing but what keeps the line busy. Where ECN was not agreed on no mark ever
 * comes, and what is left is NewReno, whose growth and answers to loss these are (§3.4, §3.5).
 */
#include "tcp/cc/cc.h"
#include "wire/seq.h"

#define ONE   (UINT32_C(1) << 20) /* alpha = 1 */
#define SHIFT 4U                  /* g = 1/16: as §4.2 suggests */

struct dctcp {
	uint64_t reno;       /* NewReno's word */
	uint64_t acked;      /* DCTCP.BytesAcked of this window, bytes */
	uint64_t marked;     /* DCTCP.BytesMarked */
	uint32_t alpha;      /* DCTCP.Alpha, of ONE */
	uint32_t window_end; /* DCTCP.WindowEnd, with begun */
	bool begun;
};

static_assert(sizeof(struct dctcp) <= sizeof(((struct pln_cc *)NULL)->priv), "dctcp fits pln_cc");

static struct dctcp *
dctcp_of(struct pln_cc *cc)
{
	return (struct dctcp *)cc->priv;
}

static void
init(struct pln_cc *cc)
{
	/* §3.3: alpha begins at 1: the first window with marks in it is answered as by RFC 3168. */
	*dctcp_of(cc) = (struct dctcp){ .alpha = ONE };
}

/* §3.3, once a window. */
static void
update_alpha(struct dctcp *d)
{
	uint64_t part = d->marked * ONE /
	                d->acked; /* M, "the fraction of bytes sent that encountered congestion" */

	d->alpha = d->alpha - (d->alpha >> SHIFT) + (uint32_t)(part >> SHIFT);
	if (d->alpha > ONE)
		d->alpha = ONE;
}

static void
on_marks(struct pln_cc *cc, const struct pln_ack *ack)
{
	struct dctcp *d = dctcp_of(cc);

	d->acked += ack->acked_bytes;
	if (ack->ece)
		d->marked += ack->acked_bytes;
	if (d->begun && pln_seq_leq(ack->seq, d->window_end))
		return;
	/* What was sent before the first window began is no window. */
	if (d->begun && d->acked > 0)
		update_alpha(d);
	d->acked = d->marked = 0;
	d->window_end = ack->nxt;
	d->begun = true;
}

/* "cwnd = cwnd * (1 - DCTCP.Alpha / 2)": at least two segments (RFC 5681 §3.1). */
static void
on_ecn(struct pln_cc *cc, const struct pln_ack *ack)
{
	struct dctcp *d = dctcp_of(cc);
	uint32_t least = 2 * ack->smss;

	cc->cwnd -= (uint32_t)((uint64_t)cc->cwnd * d->alpha / ONE / 2);
	cc->cwnd = cc->cwnd > least ? cc->cwnd : least;
	cc->ssthresh = cc->cwnd;
	d->reno = 0;
}

/* §3.4: "A DCTCP sender grows its congestion window in the same way as conventional TCP". */
static void
on_ack(struct pln_cc *cc, const struct pln_ack *ack)
{
	pln_newreno_ops.on_ack(cc, ack);
}

/* §3.5: "A DCTCP sender MUST react to loss episodes in the same way as conventional TCP". */
static void
on_loss(struct pln_cc *cc, const struct pln_ack *ack)
{
	pln_newreno_ops.on_loss(cc, ack);
}

static void
on_rto(struct pln_cc *cc, uint32_t flight, uint32_t smss, bool first)
{
	pln_newreno_ops.on_rto(cc, flight, smss, first);
}

static void
on_recovered(struct pln_cc *cc, const struct pln_ack *ack)
{
	pln_newreno_ops.on_recovered(cc, ack);
}

const struct pln_cc_ops pln_dctcp_ops = {
	.name = "dctcp",
	.exact_marks = true,
	.init = init,
	.on_ack = on_ack,
	.on_marks = on_marks,
	.on_loss = on_loss,
	.on_ecn = on_ecn,
	.on_rto = on_rto,
	.on_recovered = on_recovered,
};
