/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NUMA: is a port polled from another node than its own, and which lcores would be nearer? Pure; the facts are arguments and a folder.
 */
#ifndef POLLEN_HOST_NODES_H
#define POLLEN_HOST_NODES_H

#include "base/decl.h"
#include "base/text.h"

PLN_C_BEGIN

#define PLN_NODES_ROOT       "/sys/devices/system/node"
#define PLN_NODES_LCORES_MAX 128U

struct pln_nodes_facts {
	const char *root; /* the kernel's folder of nodes */
	uint16_t port;    /* DPDK's number */
	int port_node;    /* -1: it tells none, which is never wrong */
	unsigned int n_lcores;
	struct {
		unsigned int id; /* EAL's */
		int node;        /* of the processor it runs on; -1: unknown */
	} lcore[PLN_NODES_LCORES_MAX];
};

/* If lcores of another node poll the port, a line that says so, with the -l that would mend it. */
void pln_nodes_warn(const struct pln_nodes_facts *facts, struct pln_text *text);

PLN_C_END

#endif
