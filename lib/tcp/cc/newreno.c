/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NewReno: slow start and congestion avoidance of RFC 5681 §3.1, the answers to loss of §3.2 and
 * RFC 6582 §3.2. It decides cwnd and ssthresh; what was lost and what is sent again is
 * tcp/recovery's.
 *
 * Theory: without congestion cwnd grows by a segment for every segment acknowledged, so it doubles
 * every round trip, until ssthresh, where it was when loss was last seen, halved; from there by a
 * segment a round trip. Additive increase and multiplicative decrease let flows that share a path
 * converge to equal parts (Chiu and Jain, 1989). Growth counts bytes, not ACKs (RFC 3465): a
 * receiver that splits or delays its ACKs changes nothing. cwnd grows only while it is what limits
 * the flight, for a window that was never filled has proved nothing about the path (RFC 7661).
 *
 * Its own state is priv[0]: bytes acknowledged in congestion avoidance since cwnd last grew.
 */
#include "tcp/cc/cc.h"

static void
init(struct pln_cc *cc)
{
	cc->priv[0] = 0;
}

/* RFC 5681 §3.1, equation 4: "ssthresh = max (FlightSize / 2, 2*SMSS)". */
static void
halve(struct pln_cc *cc, uint32_t flight, uint32_t smss)
{
	cc->ssthresh = flight / 2 > 2 * smss ? flight / 2 : 2 * smss;
	cc->priv[0] = 0;
}

static void
on_ack(struct pln_cc *cc, const struct pln_ack *ack)
{
	if (ack->app_limited)
		return;
	if (cc->cwnd < cc->ssthresh) {
		pln_cc_slow_start(cc, ack);
		cc->priv[0] = 0;
		return;
	}
	/* RFC 3465 §2.1: a window's worth of bytes acknowledged makes cwnd one SMSS larger. What
	 * is over is kept below cwnd, so that a single ACK is worth one segment. */
	cc->priv[0] += ack->acked_bytes;
	if (cc->priv[0] < cc->cwnd)
		return;
	cc->priv[0] -= cc->cwnd;
	if (cc->priv[0] >= cc->cwnd)
		cc->priv[0] = cc->cwnd - 1;
	pln_cc_grow(cc, ack->smss);
}

static void
on_loss(struct pln_cc *cc, const struct pln_ack *ack)
{
	halve(cc, ack->flight_before, ack->smss);
	/* RFC 5681 §3.2 step 3: "The lost segment starting at SND.UNA MUST be retransmitted and
	 * cwnd set to ssthresh plus 3*SMSS." */
	cc->cwnd = cc->ssthresh;
	pln_cc_grow(cc, 3 * ack->smss);
}

/* RFC 3168 §6.1.2: "The TCP source halves the congestion window cwnd and reduces the slow start threshold ssthresh". */
static void
on_ecn(struct pln_cc *cc, const struct pln_ack *ack)
{
	halve(cc, ack->flight_before, ack->smss);
	if (cc->cwnd > cc->ssthresh)
		cc->cwnd = cc->ssthresh;
}

static void
on_rto(struct pln_cc *cc, uint32_t flight, uint32_t smss, bool first)
{
	/* RFC 5681 §3.1: "when a TCP sender detects segment loss using the retransmission timer
	 * and the given segment has already been retransmitted by way of the retransmission
	 * timer at least once, the value of ssthresh is held constant." */
	if (first)
		halve(cc, flight, smss);
	/* "upon a timeout ... cwnd MUST be set to no more than the loss window, LW, which equals
	 * 1 full-sized segment". */
	cc->cwnd = smss;
	cc->priv[0] = 0;
}

static void
on_recovered(struct pln_cc *cc, const struct pln_ack *ack)
{
	pln_cc_recovered(cc, ack);
	cc->priv[0] = 0;
}

const struct pln_cc_ops pln_newreno_ops = {
	.name = "newreno",
	.validates = true,
	.init = init,
	.on_ack = on_ack,
	.on_loss = on_loss,
	.on_ecn = on_ecn,
	.on_rto = on_rto,
	.on_recovered = on_recovered,
};
