/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The limit of challenge ACKs (RFC 5961 §7): per connection, so that no outsider can read one
 * connection's limit through another (CVE-2016-5696). A budget for each second, which begins with
 * the first one sent.
 */
#ifndef POLLEN_TCP_EXT_CHALLENGE_H
#define POLLEN_TCP_EXT_CHALLENGE_H

#include "base/decl.h"

PLN_C_BEGIN

#define PLN_CHALLENGE_WINDOW_NS PLN_NS_PER_S

/* All zero is a fresh one. */
struct pln_challenge {
	uint64_t window_start; /* ns */
	uint32_t sent;         /* in this window */
	uint64_t invalid_next; /* ns: from when on the next invalid segment is answered */
};

/* May one be sent now? `limit` per second; counts it if so. limit 0: no limit. */
bool pln_challenge_allow(struct pln_challenge *ch, uint32_t limit, uint64_t now);

/* May a segment that is out of window and takes no sequence space be answered with an ACK now? Once in `interval_ns`; 0: always. Two
 * ends that disagree about sequence numbers would else acknowledge each other's acknowledgments for ever (RFC 5961 §7). */
bool pln_challenge_allow_invalid(struct pln_challenge *ch, uint64_t interval_ns, uint64_t now);

PLN_C_END

#endif
