/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Evidence into sentences. It reads neighbours, counters and the port's state, changes nothing, and never guesses at what it
 * can read.
 */
#include "common/explain.h"

#include <string.h>

#include <pollen/stats.h>

#include "common/conflict.h"
#include "common/fault.h"
#include "common/run.h"

static uint64_t
counter(const struct run *run, const char *name)
{
	uint64_t value = 0;

	(void)pln_stats_counter(run->stack, name, &value);
	return value;
}

bool
explain_checksums(const struct run *run, struct pln_error *error)
{
	uint64_t bad = counter(run, "tcp_bad_checksum");
	uint64_t all = counter(run, "tcp_rx_segs");

	if (bad == 0 || all > bad)
		return false;
	fault_add(error,
	          "%llu of %llu TCP segments received had a bad checksum: the peer's checksum "
	          "offload is on and nothing completes them. On the peer's machine: ethtool -K "
	          "INTERFACE tx off",
	          (unsigned long long)bad, (unsigned long long)bad);
	return true;
}

static void
explain_neighbour(const struct run *run, const struct pln_addr *hop, bool is_gateway,
                  struct pln_error *error)
{
	struct pln_neigh_info info = { .size = sizeof(info) };
	char port[256] = "";
	char text[PLN_ADDR_TEXT_LEN];

	if (pln_stack_neigh_get(run->stack, hop, &info) < 0)
		return;
	pln_addr_format(hop, text);
	(void)pln_host_port_status(run->host, port, sizeof(port));
	if (info.state == PLN_NEIGH_FAILED || info.state == PLN_NEIGH_INCOMPLETE)
		fault_add(
			error,
			"No ARP reply from %s%s after %u %s (%s). Wrong address, gateway or VLAN?",
			is_gateway ? "the gateway " : "", text, info.requests,
			info.requests == 1 ? "try" : "tries", port);
	else
		fault_add(error, "The next hop %s%s answers ARP (%s).",
		          is_gateway ? "(the gateway) " : "", text, port);
}

void
explain_path(const struct run *run, const struct pln_addr *dst, struct pln_error *error)
{
	struct pln_addr hop;

	if (run->stack == NULL || conflict_explain(run->stack, error))
		return;
	if (pln_stack_next_hop(run->stack, dst, &hop) < 0) {
		fault_add(error, "There is no route to it: it is outside our subnet and no gateway "
		                 "is set (--gw).");
		return;
	}
	explain_neighbour(run, &hop, memcmp(&hop, dst, sizeof(hop)) != 0, error);
	(void)explain_checksums(run, error);
}
