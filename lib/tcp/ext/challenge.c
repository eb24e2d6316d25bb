/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The limit of challenge ACKs, RFC 5961 §7 (ACK throttling). It decides whether one more may be
 * sent; when one is called for is tcp/input's. The count is a connection's own: a limit shared by
 * connections tells an outsider, by when it runs out, what another connection answers
 * (CVE-2016-5696).
 */
#include "tcp/ext/challenge.h"

bool
pln_challenge_allow_invalid(struct pln_challenge *ch, uint64_t interval_ns, uint64_t now)
{
	if (now < ch->invalid_next)
		return false;
	ch->invalid_next = now + interval_ns;
	return true;
}

bool
pln_challenge_allow(struct pln_challenge *ch, uint32_t limit, uint64_t now)
{
	if (limit == 0)
		return true;
	if (ch->sent == 0 || now - ch->window_start >= PLN_CHALLENGE_WINDOW_NS) {
		ch->window_start = now;
		ch->sent = 0;
	}
	if (ch->sent >= limit)
		return false;
	ch->sent++;
	return true;
}
