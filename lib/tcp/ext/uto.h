/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The user timeout option (RFC 5482): each end says for how long it would wait for an acknowledgment, and may follow the other. What the
 * option's field means, and what a connection's user timeout becomes; when the option is sent is the exit's, what the timeout does is
 * tcp/timeout's.
 */
#ifndef POLLEN_TCP_EXT_UTO_H
#define POLLEN_TCP_EXT_UTO_H

#include "base/decl.h"

PLN_C_BEGIN

#define PLN_UTO_DEFAULT_NS                                                                         \
	(300 * PLN_NS_PER_S) /* RFC 9293 §3.9.1: "the present global default is five minutes" */

/* ENABLED and CHANGEABLE of RFC 5482 §3.1. The values of PLN_TCP_OPT_UTO. */
enum pln_uto_mode {
	PLN_UTO_OFF = 0, /* neither sent nor listened to */
	PLN_UTO_ON =
		1, /* sent; the peer's is followed unless the program has set a user timeout itself */
	PLN_UTO_FOLLOW = 2, /* sent; the peer's is followed whatever the program has set */
};

struct pln_uto {
	uint64_t remote_ns;       /* REMOTE_UTO; 0: the peer has said none */
	uint64_t adv_ns;          /* ADV_UTO: what we say */
	uint64_t low_ns, high_ns; /* L_LIMIT and U_LIMIT of what a peer can talk us into */
	uint8_t mode;             /* enum pln_uto_mode */
	bool chosen;              /* the program has set the user timeout */
	bool due;                 /* the peer does not know of it yet */
};

/* The option's 15 bits and granularity for a time, rounded up; minutes where seconds do not suffice. Never 0. */
uint16_t pln_uto_field(uint64_t ns);

/* What a field means, 0 for one that means nothing. */
uint64_t pln_uto_ns(uint16_t field);

/* The peer's option has arrived. Answers whether the user timeout becomes *timeout_ns. */
bool pln_uto_rx(struct pln_uto *uto, uint16_t field, uint64_t *timeout_ns);

PLN_C_END

#endif
