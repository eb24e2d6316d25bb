/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The round-trip time estimator of RFC 6298 §2. It decides SRTT and RTTVAR and nothing else: which
 * samples are valid (Karn, timestamps) is the caller's matter, the time-out made of them is
 * rto.c's.
 *
 * Theory: SRTT is an exponentially weighted mean of the samples (gain 1/8), RTTVAR one of their
 * distance from it (gain 1/4), a mean deviation that costs no square root (Jacobson, 1988). Both
 * gains assume one sample a round trip; with a sample for every ACK the memory would shrink to a
 * fraction of a round trip, so RFC 7323 §4.1 and appendix G divide them by the samples expected in
 * one, here rounded to a power of two. Sums are rounded to nearest, else small differences would
 * never be learned.
 */
#include "tcp/snd/rtt.h"

/* Beyond this, four deviations and a mean would not fit 64 bits. 73 years: no clock tells this. */
#define RTT_SAMPLE_MAX_NS (UINT64_MAX / 8)

/* A gain below 2^-22 would learn nothing within a connection's life. */
#define RTT_SHIFT_MAX 20U

/* value + (target - value) / 2^shift, rounded to nearest. */
static uint64_t
smooth(uint64_t value, uint64_t target, unsigned int shift)
{
	uint64_t half = UINT64_C(1) << (shift - 1);

	if (target >= value)
		return value + ((target - value + half) >> shift);
	return value - ((value - target + half) >> shift);
}

void
pln_rtt_init(struct pln_rtt *rtt)
{
	*rtt = (struct pln_rtt){ .min_ns = PLN_NEVER };
}

void
pln_rtt_sample(struct pln_rtt *rtt, uint64_t sample_ns, unsigned int shift)
{
	uint64_t r = sample_ns;
	uint64_t deviation;

	if (r == 0)
		r = 1;
	if (r > RTT_SAMPLE_MAX_NS)
		r = RTT_SAMPLE_MAX_NS;
	if (shift > RTT_SHIFT_MAX)
		shift = RTT_SHIFT_MAX;
	rtt->latest_ns = r;
	if (r < rtt->min_ns)
		rtt->min_ns = r;

	/* RFC 6298 §2.2: "When the first RTT measurement R is made, the host MUST set SRTT <- R,
	 * RTTVAR <- R/2". */
	if (!pln_rtt_valid(rtt)) {
		rtt->srtt_ns = r;
		rtt->rttvar_ns = r / 2;
		return;
	}

	/* RFC 6298 §2.3: "The value of SRTT used in the update to RTTVAR is its value before
	 * updating SRTT itself." */
	deviation = rtt->srtt_ns > r ? rtt->srtt_ns - r : r - rtt->srtt_ns;
	rtt->rttvar_ns = smooth(rtt->rttvar_ns, deviation, 2 + shift); /* beta = 1/4 */
	rtt->srtt_ns = smooth(rtt->srtt_ns, r, 3 + shift);             /* alpha = 1/8 */
}
