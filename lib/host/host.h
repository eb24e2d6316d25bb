/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a host is made of: EAL, ports, perhaps a capture on them, and for each lcore and port a stack. Private to host/.
 */
#ifndef POLLEN_HOST_HOST_H
#define POLLEN_HOST_HOST_H

#include <pollen/host.h>

#include "dev/ethdev.h"
#include "dev/pcap.h"
#include "dev/porter.h"
#include "dev/relay.h"
#include "dev/rule.h"
#include "dev/rxwait.h"
#include "dev/tap.h"
#include "flow/steer.h"
#include "host/clock.h"
#include "host/environment.h"
#include "host/interface.h"
#include "host/memory.h"
#include "host/relax.h"
#include "host/watch.h"

PLN_C_BEGIN

#define PLN_HOST_RX_DESC 1024U /* descriptors that a queue is asked to have */
#define PLN_HOST_TX_DESC 1024U

struct pln_group;
struct pln_host_port;

/* What one lcore has of one port. */
struct pln_host_lane {
	struct rte_mempool *pool;
	struct pln_relay_owner queue; /* the first ones have a queue of the device */
	struct pln_relay relay;       /* the others send by way of one that has */
	struct pln_pcap_tap tap;      /* when capturing */
	struct pln_stack *stack;
} __rte_cache_aligned;

/* One lcore that turns stacks: lane number `index` of each port. */
struct pln_host_lcore {
	struct pln_host *host;
	unsigned int index;
	unsigned int id;     /* EAL's */
	int node;            /* NUMA; -1: it may run on several */
	pln_host_main *main; /* while it runs */
	void *ctx;
	struct pln_rxwait wait; /* where devices can end a sleep */
	unsigned int roused;    /* idle turns there had been when a frame last did so */
	bool prompt;            /* its thread sleeps no longer than it asks for */
} __rte_cache_aligned;

/* Ports of TCP and UDP from first to last, host order. */
struct pln_port_span {
	uint16_t first, last;
};

/* The kernel on a port of ours. */
struct pln_host_share {
	bool open;
	struct pln_tap tap;
	struct rte_mempool *pool; /* of the kernel's frames */
	struct pln_porter *porter;
	cpu_set_t cpus;             /* of its thread */
	struct pln_port_span ports; /* of connections that we open */
};

struct pln_host_port {
	struct pln_ethdev dev; /* first: it is aligned */
	struct pln_host *host;
	unsigned int index;
	struct pln_host_port_config config; /* completed; strings are the caller's and not kept */
	struct pln_interface interface;     /* with --interface */
	struct pln_memory memory;
	struct pln_host_lane *lanes;   /* one for each lcore */
	struct pln_group *group;       /* of their stacks, if there are several */
	struct pln_siphash_key secret; /* that those share */
	struct pln_steer *steer;       /* how the device deals packets out to them; NULL for one */
	struct pln_rule_set rules;
	struct pln_host_share share; /* with --share */
	enum pln_steer_mode steer_asked;
	struct {
		enum pln_steer_proof verdict;
		uint32_t sent, answered, astray; /* segments that were to find it out */
		bool hash_failed; /* the device does not follow the hash that it shows */
	} proof;
	bool astray_told;  /* that the device steers otherwise now */
	int node;          /* NUMA; -1: the device tells none */
	bool routed;       /* prefix or gateway were read from the system's routes */
	bool rules_wanted; /* while it is restarted */
	struct pln_watch watch;
	bool dev_open;
};

struct pln_host {
	struct pln_host_port *ports; /* n_ports of them */
	unsigned int n_ports;
	unsigned int n_lcores;
	struct pln_host_lcore *lcores; /* n_lcores of them */
	struct pln_clock clock;
	unsigned int running; /* lcores whose main has not returned; atomic */
	struct pln_pcap pcap;
	bool capturing;
	cpu_set_t cpus;                /* that the process was given */
	bool shares_cpu;               /* a port's peer may need the processor that polls it */
	struct pln_relax_rule relax;   /* what turns without work are followed by */
	uint64_t need_bytes;           /* of EAL's memory, for everything */
	uint64_t hugepages_bytes;      /* free at the start */
	struct pln_host_config config; /* of all ports; strings are the caller's and not kept */
	char *env_text;                /* words of POLLEN_EAL_ARGS */
	struct pln_environment environment;
};

/* Check what can be checked of a port's addresses, and complete prefix and gateway from the system's routes. */
int pln_host_complete_addrs(struct pln_host_port *port, struct pln_error *error);

/* No two ports have one address. 0 or -EINVAL. */
int pln_host_compare_addrs(const struct pln_host *host, struct pln_error *error);

/* Refuse an address that the kernel owns on an interface that is not the one it shares with us: it would reset our connections. */
int pln_host_refuse_owned(const struct pln_host_port_config *config, struct pln_error *error);

/* How many lcores will turn stacks; before EAL runs, a guess from its arguments. */
unsigned int pln_host_guess_lcores(const struct pln_host *host, char **eal_args);

/* A record for each lcore that shall turn stacks. 0 or -ENOMEM. */
int pln_host_lcores_open(struct pln_host *host, struct pln_error *error);

/* Records of the ports that are wanted; then, when EAL runs, one opened and started, with a pool for each lcore; the end of one. */
int pln_host_ports_take(struct pln_host *host, const struct pln_host_config *config,
                        struct pln_error *error);
int pln_host_port_open(struct pln_host_port *port, struct pln_error *error);
void pln_host_port_stop(struct pln_host_port *port);

/* A pool for each lcore; the port is open, and says how long its frames are. 0 or -ENOMEM. */
int pln_host_lanes_open(struct pln_host_port *port, struct pln_error *error);

/* Choose how packets come to their lcores; the port has started. 0; -ENOTSUP (what was asked for cannot be had); -EINVAL; -ENOMEM. */
int pln_host_steer(struct pln_host_port *port, struct pln_error *error);

/* The same again, by what is known now. The stacks do not turn, and nothing is open. */
int pln_host_choose_steering(struct pln_host_port *port, struct pln_error *error);

/* Put it to the test, if there is a gateway; a third of a second at most. 0; -ENOTSUP: what was asked for has been disproven; -ENOMEM. */
int pln_host_prove(struct pln_host_port *port, struct pln_error *error);

struct pln_prove;

/* The test is over: keep what was seen, and choose again if it decides something. 1: what was chosen is to be tested as well; 0; -ENOTSUP */
int pln_host_judge(struct pln_host_port *port, struct pln_prove *prove, struct pln_error *error);

/* The device's hash has been disproven: rules by port instead, if that is ours to choose and it takes them. */
bool pln_host_try_rules(struct pln_host_port *port);

/* A turn of each stack, on this thread: before they run. */
void pln_host_turn_all(struct pln_host *host);

/* Take the device's rules back while it is restarted, and ask for them again: what it does not take is handed over by lcores. */
void pln_host_rules_remove(struct pln_host_port *port);
void pln_host_rules_again(struct pln_host_port *port);

/* Take the device's rules back; before the port stops. */
void pln_host_steer_end(struct pln_host_port *port);

/* The stacks of a port, with their addresses; it has started. */
int pln_host_lanes_start(struct pln_host_port *port, struct pln_error *error);

/* Free its stacks, then, when the port has stopped, the rest. Returns how many packet buffers nobody has given back. */
void pln_host_lanes_stop(struct pln_host_port *port);
uint32_t pln_host_lanes_close(struct pln_host_port *port);

/* Is the name of the kernel's tap one, and no other port's? 0 or -EINVAL. */
int pln_host_share_check(const struct pln_host_port *port, struct pln_error *error);

/* Which ports are ours, of those beside the kernel's: above if there are enough, else below. False: there are too few. */
bool pln_host_share_ports(const struct pln_port_span *kernel, struct pln_port_span *ours);

/* Open the tap, if one was asked for; the port has started. */
int pln_host_share_open(struct pln_host_port *port, struct pln_error *error);

/* What a stack is to have as its kernel; NULL: none. */
const struct pln_link *pln_host_share_link(const struct pln_host_port *port, unsigned int lcore);

/* Give a new stack its ports; then, when all are made, begin to carry frames. */
int pln_host_share_limit(const struct pln_host_port *port, struct pln_stack *stack);
int pln_host_share_start(struct pln_host_port *port);

/* Carry nothing any more, before the stacks go; then free the rest, when the port has stopped. A tap that we made is gone then. */
void pln_host_share_stop(struct pln_host_port *port);
void pln_host_share_close(struct pln_host_port *port);

/* Turn the stacks until their addresses are usable, at once unless they are probed for first. 0, or -EADDRINUSE: another host has one. */
int pln_host_claim(struct pln_host *host, struct pln_error *error);

/* The device of a port, among those that EAL probed. */
int pln_host_choose_port(struct pln_host_port *port, uint16_t *id, struct pln_error *error);

PLN_C_END

#endif
