/* SPDX-License-Identifier: BSD-3-Clause */
/* The retransmission timeout: RFC 6298 §2 (value and bounds) and §5.5 (back-off). Who arms it is
 * the connection's matter. */
#ifndef POLLEN_TCP_SND_RTO_H
#define POLLEN_TCP_SND_RTO_H

#include "tcp/snd/rtt.h"

PLN_C_BEGIN

/* G of RFC 6298 §2: time comes in ns, but is read once a turn. */
#define PLN_RTO_GRANULARITY_NS PLN_NS_PER_US

struct pln_rto {
	uint64_t rto_ns; /* without back-off */
	uint64_t min_ns; /* RFC 6298 §2.4 */
	uint64_t max_ns; /* RFC 6298 §2.5 */
	uint8_t backoff; /* doublings in force */
};

/* `init_ns` is the value before the first measurement (§2.1): bounded by max_ns alone. */
void pln_rto_init(struct pln_rto *rto, uint64_t init_ns, uint64_t min_ns, uint64_t max_ns);

/* RTO = SRTT + max(G, 4 × RTTVAR), within the bounds, and the back-off is over (§2.2, §2.3, §5).
 * Without a sample nothing changes: call it when a measurement was taken. */
void pln_rto_update(struct pln_rto *rto, const struct pln_rtt *rtt);

/* Double (§5.5), up to the maximum. */
void pln_rto_back_off(struct pln_rto *rto);

/* The time-out in force now: ns, doublings included, at most max_ns. */
uint64_t pln_rto_get(const struct pln_rto *rto);

PLN_C_END

#endif
