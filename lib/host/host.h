/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a host is made of: EAL, one port, perhaps a capture on it, and for each lcore a stack. Private to host/.
 */
#ifndef POLLEN_HOST_HOST_H
#define POLLEN_HOST_HOST_H

#include <pollen/host.h>

#include "dev/ethdev.h"
#include "dev/pcap.h"
#include "dev/relay.h"
#include "dev/rule.h"
#include "flow/steer.h"
#include "host/clock.h"
#include "host/environment.h"
#include "host/interface.h"
#include "host/memory.h"

PLN_C_BEGIN

/* What one lcore has to itself. */
struct pln_host_lcore {
	struct pln_host *host;
	unsigned int index; /* of its stack */
	unsigned int id;    /* EAL's */
	struct rte_mempool *pool;
	struct pln_relay_owner queue; /* the first ones have a queue of the device */
	struct pln_relay relay;       /* the others send by way of one that has */
	struct pln_pcap_tap tap;      /* when capturing */
	struct pln_stack *stack;
	pln_host_main *main; /* while it runs */
	void *ctx;
} __rte_cache_aligned;

struct pln_group;

struct pln_host {
	struct pln_ethdev dev; /* first: it is aligned */
	struct pln_clock clock;
	struct pln_host_lcore *lcores; /* n_lcores of them */
	unsigned int n_lcores;
	unsigned int running;          /* lcores whose main has not returned; atomic */
	struct pln_group *group;       /* of their stacks, if there are several */
	struct pln_siphash_key secret; /* that those share */
	struct pln_steer *steer;       /* how the device deals packets out to them; NULL for one */
	struct pln_rule_set rules;
	struct pln_pcap pcap;
	bool dev_open;
	bool capturing;
	bool routed;              /* prefix or gateway were read from the system's routes */
	bool astray_told;         /* that the device steers otherwise now */
	unsigned int spare_ports; /* probed and not used */
	struct {
		enum pln_steer_proof verdict;
		uint32_t sent, answered, astray; /* segments that were to find it out */
	} proof;
	uint64_t hugepages_bytes; /* free at the start */
	enum pln_steer_mode steer_asked;
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

/* How many lcores turn stacks; before EAL runs, a guess from its arguments. */
unsigned int pln_host_count_lcores(const struct pln_host *host);
unsigned int pln_host_guess_lcores(const struct pln_host *host, char **eal_args);

/* A record for each lcore that shall turn a stack, then its pool; the port is open. 0 or -ENOMEM. */
int pln_host_lcores_open(struct pln_host *host, struct pln_error *error);

/* Choose how packets come to their lcores; the port has started. 0; -ENOTSUP (what was asked for cannot be had); -EINVAL; -ENOMEM. */
int pln_host_steer(struct pln_host *host, struct pln_error *error);

/* The same again, by what is known now. The stacks do not turn, and nothing is open. */
int pln_host_choose_steering(struct pln_host *host, struct pln_error *error);

/* Put it to the test, if there is a gateway; a third of a second at most. 0; -ENOTSUP: what was asked for has been disproven; -ENOMEM. */
int pln_host_prove(struct pln_host *host, struct pln_error *error);

struct pln_prove;

/* The test is over: keep what was seen, and choose again if it decides something. */
int pln_host_judge(struct pln_host *host, struct pln_prove *prove, struct pln_error *error);

/* A turn of each stack, on this thread: before they run. */
void pln_host_turn_all(struct pln_host *host);

/* Take the device's rules back; before the port stops. */
void pln_host_steer_end(struct pln_host *host);

/* The stacks, with their addresses; the port has started. */
int pln_host_lcores_start(struct pln_host *host, struct pln_error *error);

/* Free the stacks, then, when the port has stopped, the rest. */
void pln_host_lcores_stop(struct pln_host *host);
void pln_host_lcores_close(struct pln_host *host);

/* Turn the stacks until their address is usable, at once unless it is probed for first. 0, or -EADDRINUSE: another host has it. */
int pln_host_claim(struct pln_host *host, struct pln_error *error);

/* The port to use, among those that EAL probed. */
int pln_host_choose_port(struct pln_host *host, uint16_t *port, struct pln_error *error);

PLN_C_END

#endif
