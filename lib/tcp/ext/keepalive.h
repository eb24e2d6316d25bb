/* SPDX-License-Identifier: BSD-3-Clause */
/* Keep-alive (RFC 9293 §3.8.4): off by default, two hours, several probes. Decides when; output
 * sends. */
#ifndef POLLEN_TCP_EXT_KEEPALIVE_H
#define POLLEN_TCP_EXT_KEEPALIVE_H

#include "base/decl.h"

PLN_C_BEGIN

struct pln_keepalive {
	uint64_t idle_ns;     /* default 2 h (MUST-28) */
	uint64_t interval_ns; /* between probes, default 75 s */
	uint64_t probed_ns;   /* when the last probe was sent */
	uint8_t count;        /* probes unanswered before giving up: 9, at least one (MUST-29) */
	uint8_t sent;         /* probes unanswered so far */
	bool on;
};

enum pln_keepalive_action {
	PLN_KEEPALIVE_WAIT,
	PLN_KEEPALIVE_PROBE,
	PLN_KEEPALIVE_GIVE_UP,
};

void pln_keepalive_init(struct pln_keepalive *ka);

/* When to look again, PLN_NEVER while off; `last_rx` is when the peer was last heard. */
uint64_t pln_keepalive_deadline(const struct pln_keepalive *ka, uint64_t last_rx);

/* The deadline has come. PROBE counts one as sent. */
enum pln_keepalive_action pln_keepalive_due(struct pln_keepalive *ka, uint64_t last_rx,
                                            uint64_t now);

/* Something arrived. */
static inline void
pln_keepalive_heard(struct pln_keepalive *ka)
{
	ka->sent = 0;
}

PLN_C_END

#endif
