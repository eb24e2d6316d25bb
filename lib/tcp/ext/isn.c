/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Initial sequence numbers by RFC 6528 §3 (RFC 9293 §3.4.1), and the offset of a flow's timestamp
 * clock (RFC 7323 §5.4). It decides nothing else; where the secret comes from is base/env's.
 *
 * Theory: the clock M keeps a new incarnation of a flow ahead of the old one's segments, F makes
 * the numbers of one flow worthless for guessing another's: who does not know the secret sees a
 * random start for each flow. F is SipHash, a pseudo-random function of 64 bits, of which the ISN
 * takes one half and the clock's offset the other: neither tells anything about the other.
 */
#include "tcp/ext/isn.h"

#define ISN_TICK_NS 4000U /* MUST-8: the clock ticks about every 4 us */

uint32_t
pln_isn(const struct pln_siphash_key *secret, const void *tuple, size_t len, uint64_t now)
{
	/* SHLD-1, RFC 6528 §3: "ISN = M + F(localip, localport, remoteip, remoteport,
	 * secretkey)". */
	return (uint32_t)(now / ISN_TICK_NS) + (uint32_t)pln_siphash(secret, tuple, len);
}

uint32_t
pln_isn_ts_offset(const struct pln_siphash_key *secret, const void *tuple, size_t len)
{
	return (uint32_t)(pln_siphash(secret, tuple, len) >> 32);
}
