/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The port's address under conflict detection (RFC 5227): which mode the stack gets, and, where the address is probed before it is
 * used, the turns until that is over. Programs find it usable, or learn who has it.
 */
#include <errno.h>

#include "host/host.h"

#define PATIENCE_NS (10 * PLN_NS_PER_S) /* probing takes seven seconds at most */
#define IDLE_TURNS  1000000U            /* so many that relaxing means sleeping */

/* An answer may arrive at any of them. */
void
pln_host_turn_all(struct pln_host *host)
{
	unsigned int i;

	for (i = 0; i < host->n_lcores; i++) {
		pln_stack_poll(host->lcores[i].stack, pln_host_now(host));
		pln_stack_flush(host->lcores[i].stack, pln_host_now(host));
	}
}

static void
turn_while_probing(struct pln_host *host, struct pln_addr_info *info)
{
	struct pln_stack *first = host->lcores[0].stack;
	uint64_t end = pln_host_now(host) + PATIENCE_NS;

	while (pln_stack_addr_state(first, &host->config.addr, info) == 0 &&
	       info->state == PLN_ADDR_PROBING && pln_host_now(host) < end) {
		pln_host_turn_all(host);
		pln_host_relax(host, first, IDLE_TURNS);
	}
}

int
pln_host_claim(struct pln_host *host, struct pln_error *error)
{
	struct pln_addr_info info = { .size = sizeof(info) };
	char text[PLN_ADDR_TEXT_LEN];
	const uint8_t *m = info.rival.bytes;

	turn_while_probing(host, &info);
	if (info.state == PLN_ADDR_USABLE)
		return 0;
	return pln_error_set(error, -EADDRINUSE,
	                     "%s belongs to another host on this link, "
	                     "%02x:%02x:%02x:%02x:%02x:%02x: choose another address.",
	                     pln_addr_format(&host->config.addr, text), m[0], m[1], m[2], m[3],
	                     m[4], m[5]);
}
