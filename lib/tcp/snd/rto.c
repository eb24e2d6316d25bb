/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The retransmission timeout of RFC 6298: its value (§2), its bounds (§2.4, §2.5) and its back-off
 * (§5.5). It decides how long; starting, stopping and restarting the timer (§5.1-5.4) is the
 * connection's, and so is giving up (R2).
 *
 * Theory: the mean plus four mean deviations covers nearly all of what a path does, and follows it
 * within some round trips. Doubling for every expiry makes the load offered to a path that has
 * collapsed fall geometrically, which is what keeps the network stable (Jacobson, 1988); Karn's
 * rule keeps the doubled value until a measurement arrives that is not ambiguous.
 */
#include "tcp/snd/rto.h"

static uint64_t
bounded(const struct pln_rto *rto, uint64_t ns)
{
	/* RFC 6298 §2.4: "Whenever RTO is computed, if it is less than 1 second, then the RTO
	 * SHOULD be rounded up to 1 second." Deviates: the bound is the caller's, because paths
	 * of today are much shorter (Linux has 200 ms). */
	if (ns < rto->min_ns)
		ns = rto->min_ns;
	/* RFC 6298 §2.5: "A maximum value MAY be placed on RTO provided it is at least 60
	 * seconds." */
	return ns > rto->max_ns ? rto->max_ns : ns;
}

void
pln_rto_init(struct pln_rto *rto, uint64_t init_ns, uint64_t min_ns, uint64_t max_ns)
{
	PLN_ASSERT(max_ns > 0);
	*rto = (struct pln_rto){ .min_ns = min_ns, .max_ns = max_ns };
	/* RFC 6298 §2.1: the first value is set, not computed, so the lower bound is not for it. */
	rto->rto_ns = init_ns > max_ns ? max_ns : init_ns;
	if (rto->rto_ns == 0)
		rto->rto_ns = 1;
}

void
pln_rto_update(struct pln_rto *rto, const struct pln_rtt *rtt)
{
	uint64_t deviation = 4 * rtt->rttvar_ns; /* K = 4 */

	/* Karn: without a measurement the back-off stays. */
	if (!pln_rtt_valid(rtt))
		return;
	/* RFC 6298 §2.3: "RTO <- SRTT + max (G, K*RTTVAR)". */
	if (deviation < PLN_RTO_GRANULARITY_NS)
		deviation = PLN_RTO_GRANULARITY_NS;
	rto->rto_ns = bounded(rto, rtt->srtt_ns + deviation);
	rto->backoff = 0;
}

void
pln_rto_back_off(struct pln_rto *rto)
{
	/* RFC 6298 §5.5: "The host MUST set RTO <- RTO * 2 ("back off the timer"). The maximum
	 * value discussed in (2.5) above may be used to provide an upper bound to this doubling
	 * operation." */
	if (pln_rto_get(rto) < rto->max_ns)
		rto->backoff++;
}

uint64_t
pln_rto_get(const struct pln_rto *rto)
{
	if (rto->backoff >= 64 || rto->rto_ns > rto->max_ns >> rto->backoff)
		return rto->max_ns;
	return rto->rto_ns << rto->backoff;
}
