/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The process around the stacks: EAL, memory, ports, and on each port one stack per lcore. Everything here is control path; it is
 * called from the main thread, before and after the stacks run.
 *
 * A program fills in a config from its command line, creates the host, and turns the stacks: the first one on the thread that made the
 * host, if there is one lcore and one port, or all of them by pln_host_run, where each lcore turns its own, one for each port. What goes
 * wrong comes back as a sentence (struct pln_error) that tells a newcomer what to do.
 */
#ifndef POLLEN_HOST_H
#define POLLEN_HOST_H

#include <pollen/stack.h>
#include <pollen/types.h>

PLN_C_BEGIN

struct pln_host;
struct bpf_program; /* <pcap/bpf.h>: a compiled capture filter */

/* Who computes checksums. */
enum pln_host_csum {
	PLN_HOST_CSUM_AUTO = 0, /* hardware on NICs, software on vdevs */
	PLN_HOST_CSUM_SW,       /* the stack, always */
	PLN_HOST_CSUM_HW,       /* an error where the device offers none */
};

/* Where EAL's memory comes from. */
enum pln_host_mem {
	PLN_HOST_MEM_AUTO = 0, /* hugepages when enough are free, else ordinary pages */
	PLN_HOST_MEM_SHARED, /* EAL's shared files, for tools that attach (dpdk-dumpcap, dpdk-proc-info) */
};

/* Whether other hosts are asked for our address (RFC 5227). */
enum pln_host_acd {
	PLN_HOST_ACD_DETECT = 0, /* beside its use */
	PLN_HOST_ACD_OFF,        /* it is announced once, nobody is asked */
	PLN_HOST_ACD_FULL,       /* before its use: pln_host_create takes four to seven seconds */
};

/* A port behind the first: what differs from port to port. The rest of pln_host_config holds for all. */
struct pln_host_port_config {
	size_t size;             /* sizeof(struct pln_host_port_config) */
	const char *interface;   /* as in pln_host_config, and so the others */
	struct pln_addr addr;    /* no two ports have the same */
	uint8_t prefix_len;      /* bits */
	struct pln_addr gateway; /* the way out of this port's stacks */
	struct pln_mac mac;      /* ours; all zero: the device's */
	const char *share;       /* the kernel's tap on this port; NULL: none */
};

/* What an lcore does while its stack has nothing to do. */
enum pln_host_poll {
	PLN_HOST_POLL_AUTO = 0, /* busy on a bound NIC, adaptive on a vdev */
	PLN_HOST_POLL_BUSY, /* polls; yields where a peer or another lcore needs the processor */
	PLN_HOST_POLL_ADAPTIVE, /* after some turns without work sleeps: 150 us at most, or as below where that works */
	PLN_HOST_POLL_INTERRUPT, /* sleeps until the device tells of a frame, 10 ms at most */
};

/* What a program's user asked for. */
struct pln_host_config {
	size_t size;         /* sizeof(struct pln_host_config) */
	const char *program; /* argv[0] */
	char **eal_args; /* what the user gave for EAL, NULL-terminated, without argv[0]; NULL: none, built here */
	const char *
		interface; /* kernel interface to build a vdev on; NULL: the ports that EAL probes */
	struct pln_addr
		addr; /* of the first port; family NONE: an error that says how to give one */
	uint8_t prefix_len; /* 0: read from the system's routes on `share` or `interface`, else 24 is not guessed: an error */
	struct pln_addr
		gateway; /* family NONE: read from the system's routes on `share` or `interface`, else none */
	struct pln_mac mac;                       /* all zero: the device's */
	uint16_t mtu;                             /* 0: the device's */
	uint16_t vlan;                            /* 0: untagged */
	enum pln_host_csum csum;                  /* who computes checksums */
	enum pln_host_mem mem;                    /* where memory comes from */
	const char *capture_path;                 /* pcapng file, NULL for none */
	const struct bpf_program *capture_filter; /* NULL: everything */
	uint32_t max_conns;                       /* of each stack, 0: 1024 */
	uint32_t
		recv_bytes; /* receive buffers' sum the program means to fill per stack: sizes the packet pool; 0: 16 MiB */
	uint32_t trace_records; /* per stack */
	uint32_t max_stacks; /* of each port, one for each of EAL's lcores; so many at most; 0: 1 */
	uint64_t seed;       /* 0: random */
	enum pln_host_acd acd;   /* address conflict detection */
	enum pln_host_poll poll; /* what turns without work are followed by */
	const char *steer; /* how packets come to their lcores: a word of --steer; NULL: auto */
	const char *
		share; /* a tap by which the kernel has the first port too: it gets the frames that are not ours, and its own are sent; made if no interface has this name; NULL: none */
	const struct pln_host_port_config *
		more_ports; /* those behind the first, n_more_ports of them, each as long as the first of them says */
	uint64_t
		lcore_bytes; /* of EAL's memory that the program means to take on each lcore (pln_host_alloc) */
	uint32_t n_more_ports; /* 0: one port */
	bool verbose;          /* EAL's own messages go through */
	bool no_addr;  /* addr may be missing: the program speaks ARP alone (<pollen/arp.h>) */
	bool no_tso;   /* segments are cut by the stack, also where the device could */
	bool lro;      /* received segments are gathered by the device; -ENOTSUP where it cannot */
	bool no_probe; /* do not put the steering to the test: with several stacks and a gateway it is made to answer each of them, which
	                  takes a third of a second at most, and as long as its answers take if it gives them */
	uint32_t max_time_wait; /* TIME-WAIT records of each stack, 0: 4 × max_conns */
};

/**
 * Start EAL, choose memory, configure and start the ports, make a stack for each port and lcore that the program means to use
 * (n_more_ports, max_stacks).
 *
 * A port without an interface is the next that EAL probed: PCI devices by address, then vdevs as they were given. Those that are over are
 * left alone.
 *
 * The stacks of a port share its address. Each has a queue of the device as far as there are so many; one without receives from the others
 * and sends by way of them. Every flow belongs to one stack; a program listens, and binds UDP servers, on all of them, and pings from the first.
 *
 * @param out    untouched on failure
 * @param error  filled on failure: sentences for the user
 * @return 0 or negative errno: -ENODEV (no port), -ENOMEM, -EACCES (runtime folder), -EINVAL (address, EAL arguments),
 *         -EADDRINUSE (the kernel owns the address, on another interface than `share`, or another host has it), -EBUSY (`share` is taken), -ENOTSUP (the device cannot do what was asked). Main thread, once a process.
 */
PLN_API int pln_host_create(const struct pln_host_config *config, struct pln_host **out,
                            struct pln_error *error);

/**
 * Stop the ports, free the stacks, clean EAL up. NULL is allowed.
 *
 * @return packet buffers that nobody gave back, of all stacks; 0 unless a program, or a driver, keeps what is not its own. Main thread
 */
PLN_API uint32_t pln_host_destroy(struct pln_host *host);

/** How many lcores turn stacks. */
PLN_API unsigned int pln_host_lcore_count(const struct pln_host *host);

/** How many ports are in use. */
PLN_API unsigned int pln_host_port_count(const struct pln_host *host);

/** How many stacks there are: lcores times ports. */
PLN_API unsigned int pln_host_stack_count(const struct pln_host *host);

/**
 * Stack number `i`: those of the first port in the order of their lcores, then those of the second. It is turned by lcore number
 * `i` modulo pln_host_lcore_count alone, and lives as long as the host. NULL: no such stack.
 */
PLN_API struct pln_stack *pln_host_stack(struct pln_host *host, unsigned int i);

/** The stack that lcore number `lcore` turns on port number `port`, both from 0. NULL: no such stack. */
PLN_API struct pln_stack *pln_host_lcore_stack(struct pln_host *host, unsigned int lcore,
                                               unsigned int port);

/* What one lcore does: turn its stacks, pln_host_lcore_stack(host, lcore, 0) and so on for each port, until the program ends. */
typedef int pln_host_main(struct pln_host *host, unsigned int lcore, void *ctx);

/**
 * Have `main` run on every lcore at once, the first on this thread; return when all have returned. An lcore whose main has returned
 * before the others goes on receiving and sending until they have, because what arrives there may be theirs.
 *
 * @param ctx  handed to each of them
 * @return 0, or what the first of them that failed returned. Main thread
 */
PLN_API int pln_host_run(struct pln_host *host, pln_host_main *main, void *ctx);

/** The clock to turn stacks by: monotonic ns from the TSC. Any thread. */
PLN_API uint64_t pln_host_now(const struct pln_host *host);

/**
 * Between turns: nothing, a pause, a yield or a bounded sleep, by how many turns in a row were idle, and by config.poll. A sleep ends
 * before the next deadline of any stack that the lcore turns, when another thread has something for one of them (pln_stack_post), and
 * after at most 150 us; where the devices can wake us, when a frame arrives, and after at most 1 ms. Then the stacks are polled once more
 * before it sleeps; what that found is there for the next pln_stack_events. The caller has flushed them.
 *
 * @param stack  one of them
 */
PLN_API void pln_host_relax(struct pln_host *host, struct pln_stack *stack,
                            unsigned int idle_turns);

/**
 * Memory of EAL's, on the calling lcore's NUMA node where there is some: a device can read it, so that what is sent from it by reference
 * (pln_tcp_send_ref) is not copied for want of reach. Not zeroed. Given back with pln_host_free, or with the host.
 *
 * @param align  bytes, a power of two
 * @return NULL: there is none; pln_host_config.lcore_bytes asks for it. Any lcore, control path
 */
PLN_API void *pln_host_alloc(struct pln_host *host, size_t bytes, size_t align);

/** Give it back. NULL is allowed. Any lcore. */
PLN_API void pln_host_free(struct pln_host *host, void *memory);

/* What can happen to a port while stacks turn. */
enum pln_host_event_kind {
	PLN_HOST_LINK_DOWN =
		1, /* nothing is sent or received; connections wait, as long as their time limits let them */
	PLN_HOST_LINK_UP, /* again */
	PLN_HOST_TX_STUCK, /* the device has taken no frame for a second; those that waited were dropped */
	PLN_HOST_RX_MISSED,  /* frames lost because a receive queue was full */
	PLN_HOST_RX_NO_MBUF, /* frames lost because the packet pool was empty */
	PLN_HOST_POOL_LOW,   /* less than a sixteenth of an lcore's packet pool is free */
	PLN_HOST_RESTARTED,  /* the port was stopped and started: it asked for it, or was stuck */
	PLN_HOST_RESTART_FAILED, /* and could not be started again */
};

/* One of them. */
struct pln_host_event {
	size_t size;                   /* sizeof(struct pln_host_event), set by the caller */
	enum pln_host_event_kind kind; /* what happened */
	unsigned int port;             /* its number */
	uint64_t frames; /* lost, of the kinds that lose some: since such an event was last told */
	char text[320];  /* for the user: what happened, and what to do about it */
};

/**
 * Look after the ports: ten times a second its link, its losses, the packet pools and whether it takes frames, and at once when the device
 * says that its link changed or that it needs a reset. A port that asks for it, or that has taken no frames for two seconds although its
 * link is up, is stopped and started again, between the turns of all lcores; that takes as long as its driver does.
 *
 * Call it every turn, until it says false; between looks it costs a comparison. Counters of a port's first stack count the same: port_link_down,
 * port_rx_missed, port_rx_no_mbuf, port_pool_low, port_restarted, port_restart_failed.
 *
 * @param out  its size is set; filled in where there is something to tell
 * @return false: nothing (more) to tell. The thread that turns the first stack, between turns.
 */
PLN_API bool pln_host_watch(struct pln_host *host, struct pln_host_event *out);

/** What was asked for and what was got: EAL's arguments, memory, device, offloads, MTU, addresses: several lines. @return length. */
PLN_API size_t pln_host_describe(const struct pln_host *host, char *buf, size_t len);

/**
 * What a user should read once, a sentence a line: that there are no hugepages to use, so that it is slower; that a port is polled from
 * another NUMA node. Empty when there is nothing. @return length.
 */
PLN_API size_t pln_host_notices(const struct pln_host *host, char *buf, size_t len);

/* A port and our place on it, as they are now. Texts are cut where they do not fit. */
struct pln_port_info {
	size_t size;             /* sizeof(struct pln_port_info) */
	char name[64];           /* DPDK's */
	char driver[32];         /* DPDK's */
	char interface[16];      /* of the kernel's that it rides on; empty: none */
	bool up;                 /* its link */
	uint16_t mtu;            /* bytes of IP packet that our link carries */
	uint16_t max_mtu;        /* the device's limit */
	uint16_t queues;         /* each way, in force */
	int32_t node;            /* NUMA; -1: not known */
	uint32_t capabilities;   /* enum pln_link_capability: what the device does for the stacks */
	uint64_t received;       /* frames */
	struct pln_addr addr;    /* ours; family NONE: none */
	uint8_t prefix_len;      /* of its subnet, bits */
	struct pln_addr gateway; /* family NONE: none */
	char steering[24];       /* the mode in force; empty with one stack */
	char steering_why[320];  /* a sentence */
	uint32_t probes_sent;    /* to see whether it is so; 0: none */
	uint32_t probes_answered; /* of them */
	uint32_t probes_astray;   /* of the answers, those that came elsewhere than computed */
};

/** Look at port number `i`, from 0. @return 0; -ENOENT (no such port); -EINVAL (size). Main thread. */
PLN_API int pln_host_port_info(const struct pln_host *host, unsigned int i,
                               struct pln_port_info *out);

/** The ports' state in a phrase each, for errors: "link up, 0 frames received". @return length. */
PLN_API size_t pln_host_port_status(const struct pln_host *host, char *buf, size_t len);

/** The ports' non-zero extended statistics, "name: value" a line. @return length. */
PLN_API size_t pln_host_xstats(const struct pln_host *host, char *buf, size_t len);

/**
 * Have a call made on every stack, each by the thread that turns it (pln_stack_post): for what all must know alike, an address, a
 * route, an option. Any thread; it never waits.
 *
 * @param ctx  handed to each call; the caller's, until all have been made
 * @return how many stacks will make it, in their order from the first: fewer than pln_host_stack_count when a box was full; the rest
 *         can be posted later
 */
PLN_API unsigned int pln_host_each(struct pln_host *host, pln_stack_call *call, void *ctx);

/**
 * What a user should read while the program runs, a sentence a line, each once: that the device has begun to bring segments to the
 * wrong lcores, and the likely cause. Empty when there is nothing new. Main thread, from time to time. @return length.
 */
PLN_API size_t pln_host_news(struct pln_host *host, char *buf, size_t len);

/** Frames captured so far and whether writing them failed (negative errno). @return frames. */
PLN_API uint64_t pln_host_captured(const struct pln_host *host, int *error);

PLN_C_END

#endif
