/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The limit of challenge ACKs (RFC 5961 §7): per connection, so that no outsider can read one connection's limit through
 * another (CVE-2016-5696). A budget of `burst`, refilled over `interval_ns`.
 */
#ifndef POLLEN_TCP_EXT_CHALLENGE_H
#define POLLEN_TCP_EXT_CHALLENGE_H

#include "base/decl.h"

PLN_C_BEGIN

struct pln_challenge {
	uint64_t window_start; /* ns */
	uint32_t sent;	       /* in this window */
};

/* May one be sent now? `limit` per second; counts it if so. limit 0: no limit. */
bool pln_challenge_allow(struct pln_challenge *ch, uint32_t limit, uint64_t now);

PLN_C_END

#endif
