/* SPDX-License-Identifier: BSD-3-Clause */
/* What one acceptable ACK turned out to mean: filled while it is processed, read by recovery and congestion control. */
#ifndef POLLEN_TCP_ACK_H
#define POLLEN_TCP_ACK_H

#include "wire/tcp_opts.h"

PLN_C_BEGIN

struct pln_ack {
	uint64_t now;             /* ns */
	uint64_t rtt_ns;          /* of this ACK's sample, 0 without one */
	uint64_t srtt_ns;         /* smoothed, after the sample */
	uint32_t acked_bytes;     /* newly acknowledged, cumulatively */
	uint32_t delivered_bytes; /* newly delivered, cumulatively or by SACK blocks */
	uint32_t flight_before;   /* FlightSize before this ACK, bytes (RFC 5681 §2) */
	uint32_t flight;          /* FlightSize after it */
	uint32_t seq;             /* SEG.ACK */
	uint32_t nxt;             /* SND.NXT */
	uint32_t smss;            /* bytes */
	uint32_t tsecr;           /* the timestamp it echoes, with `echoes` */
	bool echoes;
	bool dup;   /* a duplicate ACK by RFC 5681 §2 */
	bool sacks; /* it carries SACK blocks */
	bool dsack; /* the first of them says that `twice` arrived again (RFC 2883) */
	struct pln_sack_block twice;
	bool in_recovery; /* fast recovery or RTO recovery is under way */
	bool app_limited; /* the connection does not use the congestion window that it has (RFC 7661) */
	bool ece;         /* the peer says that data arrived marked (RFC 3168) */
};

PLN_C_END

#endif
