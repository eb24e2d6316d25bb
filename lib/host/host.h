/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a host is made of: EAL, one port, perhaps a capture on it, one stack. Private to host/.
 */
#ifndef POLLEN_HOST_HOST_H
#define POLLEN_HOST_HOST_H

#include <pollen/host.h>

#include "dev/ethdev.h"
#include "dev/pcap.h"
#include "host/clock.h"
#include "host/environment.h"
#include "host/interface.h"
#include "host/memory.h"

PLN_C_BEGIN

struct pln_host {
	struct pln_clock clock;
	struct pln_stack *stack;
	struct pln_ethdev dev;
	struct pln_pcap pcap;
	struct rte_mempool *pool;
	bool dev_open;
	bool capturing;
	bool routed;                    /* prefix or gateway were read from the system's routes */
	unsigned int spare_ports;       /* probed and not used */
	uint64_t hugepages_bytes;       /* free at the start */
	uint16_t mtu_asked;             /* 0: the device's */
	struct pln_host_config config;  /* completed; strings are the caller's and not kept */
	struct pln_interface interface; /* with --interface */
	struct pln_memory memory;
	char *env_text; /* words of POLLEN_EAL_ARGS */
	struct pln_environment environment;
};

/* Check what can be checked of the addresses, and complete prefix and gateway from the system's routes. */
int pln_host_complete_addrs(struct pln_host *host, struct pln_error *error);

/* Refuse an address that the kernel owns: it would reset our connections. */
int pln_host_refuse_owned(const struct pln_addr *addr, struct pln_error *error);

/* Tell the stack how to handle the address that it will be given. */
void pln_host_set_acd(struct pln_host *host);

/* Turn the stack until its address is usable, at once unless it is probed for first. 0, or -EADDRINUSE: another host has it. */
int pln_host_claim(struct pln_host *host, struct pln_error *error);

/* The port to use, among those that EAL probed. */
int pln_host_choose_port(struct pln_host *host, uint16_t *port, struct pln_error *error);

PLN_C_END

#endif
