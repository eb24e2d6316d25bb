/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ports' addresses under conflict detection (RFC 5227): where they are probed before they are used, the turns until that is over.
 * Programs find them usable, or learn who has one.
 */
#include <errno.h>

#include "host/host.h"

#define PATIENCE_NS (10 * PLN_NS_PER_S) /* probing takes seven seconds at most */
#define IDLE_TURNS  1000000U            /* so many that relaxing means sleeping */

/* An answer may arrive at any of them. */
void
pln_host_turn_all(struct pln_host *host)
{
	for (unsigned int i = 0; i < pln_host_stack_count(host); i++) {
		pln_stack_poll(pln_host_stack(host, i), pln_host_now(host));
		pln_stack_flush(pln_host_stack(host, i), pln_host_now(host));
	}
}

/* The first stack of a port asks for all of them. */
static void
look(const struct pln_host_port *port, struct pln_addr_info *info)
{
	*info = (struct pln_addr_info){ .size = sizeof(*info), .state = PLN_ADDR_USABLE };
	if (port->config.addr.family != PLN_FAMILY_NONE)
		pln_stack_addr_state(port->lanes[0].stack, &port->config.addr, info);
}

static bool
is_probing(const struct pln_host *host)
{
	struct pln_addr_info info;

	for (unsigned int i = 0; i < host->n_ports; i++) {
		look(&host->ports[i], &info);
		if (info.state == PLN_ADDR_PROBING)
			return true;
	}
	return false;
}

static int
check_port(const struct pln_host_port *port, struct pln_error *error)
{
	char text[PLN_ADDR_TEXT_LEN];
	struct pln_addr_info info = { 0 };
	const uint8_t *m = info.rival.bytes;

	look(port, &info);
	if (info.state == PLN_ADDR_USABLE)
		return 0;
	return pln_error_set(error, -EADDRINUSE,
	                     "%s belongs to another host on this link, "
	                     "%02x:%02x:%02x:%02x:%02x:%02x: choose another address.",
	                     pln_addr_format(&port->config.addr, text), m[0], m[1], m[2], m[3],
	                     m[4], m[5]);
}

int
pln_host_claim(struct pln_host *host, struct pln_error *error)
{
	uint64_t end = pln_host_now(host) + PATIENCE_NS;
	int rc = 0;

	while (is_probing(host) && pln_host_now(host) < end) {
		pln_host_turn_all(host);
		pln_host_relax(host, pln_host_stack(host, 0), IDLE_TURNS);
	}
	for (unsigned int i = 0; i < host->n_ports && rc == 0; i++)
		rc = check_port(&host->ports[i], error);
	return rc;
}
