/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RFC 5482 §3.1 and §3.2. Theory: a user timeout of one end alone does little, for the other gives up by its own; so each says how long it
 * would wait, and both take the longer of the two, within limits: a peer must neither have us give up a connection over a moment's silence
 * nor hold its memory for days.
 *
 *     | kind 28 | length 4 | G | 15 bits |     G: minutes, else seconds
 *
 * The option is advice: it is not acknowledged, and one that is lost is not missed.
 */
#include "tcp/ext/uto.h"

#define MINUTES 0x8000U
#define MOST    0x7fffU
#define MINUTE  (60 * PLN_NS_PER_S)

static uint64_t
rounded_up(uint64_t ns, uint64_t unit)
{
	return ns / unit + (ns % unit != 0 ? 1 : 0);
}

uint16_t
pln_uto_field(uint64_t ns)
{
	uint64_t n = rounded_up(ns, PLN_NS_PER_S);

	if (n == 0)
		return 1;
	if (n <= MOST)
		return (uint16_t)n;
	n = rounded_up(ns, MINUTE);
	return (uint16_t)(MINUTES | (n < MOST ? n : MOST));
}

uint64_t
pln_uto_ns(uint16_t field)
{
	/* §3.2: a timeout of zero is not to be sent, and means nothing. */
	return (field & MOST) * ((field & MINUTES) != 0 ? MINUTE : PLN_NS_PER_S);
}

bool
pln_uto_rx(struct pln_uto *uto, uint16_t field, uint64_t *timeout_ns)
{
	uint64_t remote = pln_uto_ns(field), ns;

	if (uto->mode == PLN_UTO_OFF || remote == 0)
		return false;
	uto->remote_ns = remote;
	/* §3.1: CHANGEABLE "becomes false when an application explicitly sets USER_TIMEOUT". */
	if (uto->mode == PLN_UTO_ON && uto->chosen)
		return false;
	/* §3.1: "USER_TIMEOUT = min(U_LIMIT, max(ADV_UTO, REMOTE_UTO, L_LIMIT))". */
	ns = uto->adv_ns > remote ? uto->adv_ns : remote;
	ns = ns > uto->low_ns ? ns : uto->low_ns;
	*timeout_ns = ns < uto->high_ns ? ns : uto->high_ns;
	return true;
}
