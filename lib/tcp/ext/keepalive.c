/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keep-alive, RFC 9293 §3.8.4. It decides when a probe is due and when to give the peer up. That
 * nothing is in flight (MUST-26), and what a probe looks like, is the connection's. Each probe
 * waits its interval after the one before it, however late that one was: a jump of the clock makes
 * one probe, not all of them.
 */
#include "tcp/ext/keepalive.h"

#define KEEPALIVE_IDLE_NS     (UINT64_C(7200) * PLN_NS_PER_S)
#define KEEPALIVE_INTERVAL_NS (UINT64_C(75) * PLN_NS_PER_S)
#define KEEPALIVE_COUNT       9U

static uint64_t
later(uint64_t when, uint64_t by_ns)
{
	return by_ns < PLN_NEVER - when ? when + by_ns : PLN_NEVER;
}

void
pln_keepalive_init(struct pln_keepalive *ka)
{
	/* "they MUST default to off" (MUST-25); the interval "MUST default to no less than two
	 * hours" (MUST-28). */
	*ka = (struct pln_keepalive){ .idle_ns = KEEPALIVE_IDLE_NS,
		                      .interval_ns = KEEPALIVE_INTERVAL_NS,
		                      .count = KEEPALIVE_COUNT };
}

uint64_t
pln_keepalive_deadline(const struct pln_keepalive *ka, uint64_t last_rx)
{
	if (!ka->on)
		return PLN_NEVER;
	return ka->sent == 0 ? later(last_rx, ka->idle_ns) : later(ka->probed_ns, ka->interval_ns);
}

enum pln_keepalive_action
pln_keepalive_due(struct pln_keepalive *ka, uint64_t last_rx, uint64_t now)
{
	uint64_t deadline = pln_keepalive_deadline(ka, last_rx);

	if (deadline == PLN_NEVER || now < deadline)
		return PLN_KEEPALIVE_WAIT;
	/* MUST-29: "if a keep-alive mechanism is implemented it MUST NOT interpret failure to
	 * respond to any specific probe as a dead connection": so there is always one probe, and
	 * one interval after the last. */
	if (ka->sent > 0 && ka->sent >= ka->count)
		return PLN_KEEPALIVE_GIVE_UP;
	ka->sent++;
	ka->probed_ns = now;
	return PLN_KEEPALIVE_PROBE;
}
