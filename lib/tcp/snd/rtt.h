/* SPDX-License-Identifier: BSD-3-Clause */
/* Round-trip time: SRTT and RTTVAR of RFC 6298 §2, with the gains scaled as RFC 7323 §4 and
 * appendix G ask when there are several samples a round trip. Nothing else in the stack divides
 * by 8. */
#ifndef POLLEN_TCP_SND_RTT_H
#define POLLEN_TCP_SND_RTT_H

#include "base/decl.h"

PLN_C_BEGIN

struct pln_rtt {
	uint64_t srtt_ns; /* 0 before the first sample */
	uint64_t rttvar_ns;
	uint64_t min_ns;    /* smallest sample, PLN_NEVER before the first */
	uint64_t latest_ns; /* last sample */
};

void pln_rtt_init(struct pln_rtt *rtt);

/* Take a sample (> 0; 0 counts as 1 ns). Gains are 1/2^(3+shift) and 1/2^(2+shift): shift 0 for
 * one sample a round trip. */
void pln_rtt_sample(struct pln_rtt *rtt, uint64_t sample_ns, unsigned int shift);

static inline bool
pln_rtt_valid(const struct pln_rtt *rtt)
{
	return rtt->srtt_ns != 0;
}

PLN_C_END

#endif
