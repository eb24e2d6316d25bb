/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One stack: Ethernet, ARP, IPv4, ICMP, UDP and TCP on one link, with a clock that the caller turns.
 *
 * A turn is
 *     pln_stack_poll(stack, now)      receive a burst, run due timers
 *     pln_stack_events(stack, ev, n)  what happened to connections; act on it
 *     pln_stack_flush(stack, now)     send what the turn made necessary
 * Nothing is called back and nothing happens between turns. A stack and all its connections belong to one thread; any other may ask
 * that one for something by pln_stack_post.
 */
#ifndef POLLEN_STACK_H
#define POLLEN_STACK_H

#include <pollen/link.h>
#include <pollen/types.h>

PLN_C_BEGIN

struct pln_stack;

/* How a stack is to be made; all zero but size and link is a good start. */
struct pln_stack_config {
	size_t size;                 /* sizeof(struct pln_stack_config), for growth */
	const struct pln_link *link; /* copied; its ctx must outlive the stack */
	struct rte_mempool
		*mempool; /* of received frames and sent segments; NULL: the process-wide pool */
	uint64_t seed; /* fixes ISNs, ports and hashes, for repeatable runs; 0: from getrandom() */
	uint64_t now;  /* ns: time of creation */
	uint32_t max_conns;     /* connections in all states but TIME-WAIT; 0: 1024 */
	uint32_t max_time_wait; /* TIME-WAIT records; 0: 4 × max_conns */
	uint32_t trace_records; /* ring of trace records (<pollen/trace.h>); 0: no trace */
	uint32_t max_udp;       /* UDP sockets, at most 65535; 0: 1024 */
	const struct pln_link *
		kernel; /* another stack on the same wire, copied: its tx is given what is not ours, as it was received, and what its rx has is sent as it is; NULL: what is not ours is refused */
};

/* What an event tells: bits of pln_event.bits. */
enum pln_event_bit {
	PLN_EV_CONNECTED = 1 << 0, /* an active open reached ESTABLISHED */
	PLN_EV_ACCEPTED = 1 << 1,  /* on a listener: pln_tcp_accept has a connection */
	PLN_EV_READABLE = 1 << 2,  /* in-order bytes have arrived */
	PLN_EV_WRITABLE = 1 << 3, /* send space became free after a send was refused or cut short */
	PLN_EV_PEER_CLOSED =
		1 << 4, /* the peer's FIN is next in the stream: no more bytes will come */
	PLN_EV_CLOSED =
		1 << 5, /* the connection is over; event.error says why, 0 for an orderly end. */
	PLN_EV_URGENT = 1 << 6, /* the peer announced urgent data, or its end has moved on */
	PLN_EV_SOFT_ERROR =
		1
		<< 7, /* pln_tcp_info.soft_error: an ICMP error, or R1 timeouts; nothing has ended */
	PLN_EV_ERROR = 1 << 8, /* on a UDP socket: an error waits to be taken (<pollen/udp.h>) */
};

/* What happened to one connection. */
struct pln_event {
	uint64_t conn; /* the connection's, listener's or UDP socket's handle: no two are equal */
	void *cookie;  /* the application's */
	uint32_t
		bits; /* enum pln_event_bit, of all that happened since the last event of this connection */
	int error; /* with PLN_EV_CLOSED or PLN_EV_ERROR: 0 or negative errno (-ECONNREFUSED, -ECONNRESET, -ETIMEDOUT, -EHOSTUNREACH …) */
};

/**
 * Create a stack.
 *
 * Starts EAL, headless, when the program has not (no hugepages, no PCI, no files), once per process. At most 100 us after that.
 *
 * @param out  untouched on failure
 * @return 0; -EINVAL for a config that makes no sense; -ENOMEM.
 */
PLN_API int pln_stack_create(const struct pln_stack_config *config, struct pln_stack **out);

/** Free a stack and all in it. Sends nothing. NULL is allowed. */
PLN_API void pln_stack_destroy(struct pln_stack *stack);

/**
 * Set the stack's time without a turn: what calls made before the next poll see.
 *
 * @param now  ns; a time earlier than the last is ignored
 */
PLN_API void pln_stack_set_time(struct pln_stack *stack, uint64_t now);

/**
 * Receive one burst (at most 32 frames) and run the timers due at `now`.
 *
 * @return frames received plus timers run: 0 means an idle turn
 */
PLN_API unsigned int pln_stack_poll(struct pln_stack *stack, uint64_t now);

/**
 * Take events. A connection has at most one event pending; bits accumulate in it.
 *
 * @return how many were written to `events`, at most `max`
 */
PLN_API unsigned int pln_stack_events(struct pln_stack *stack, struct pln_event *events,
                                      unsigned int max);

/**
 * Send whatever connections owe: data, ACKs, retransmissions. Call it after acting on events, with a clock read afresh.
 *
 * @return frames handed to the link
 */
PLN_API unsigned int pln_stack_flush(struct pln_stack *stack, uint64_t now);

/**
 * Turn until nothing is left to do at this time: poll and flush, over and over. For simulations and tests.
 *
 * @return frames received plus timers run plus frames sent
 */
PLN_API unsigned int pln_stack_run(struct pln_stack *stack, uint64_t now);

/**
 * When the stack next wants a turn, by its timers: absolute ns, PLN_NEVER when it waits for frames alone. Never later than a
 * timer is due by more than the wheel's tick of 33 us; may be early, where a timer has been moved or the wheel deals out a far
 * slot: such a turn finds nothing to do. Now, when something is waiting to be sent; a millisecond later where the link has taken nothing for
 * as long.
 */
PLN_API uint64_t pln_stack_next(const struct pln_stack *stack);

/* What a thread may ask a stack to do. */
typedef void pln_stack_call(struct pln_stack *stack, void *ctx);

/**
 * Have `call` made by the thread that turns the stack, in its next turn: it may call everything of the stack. The only function
 * here that any thread may call; it never waits. Calls of one thread are made in their order. A stack that sleeps between turns
 * (pln_host_relax) is woken. Calls that wait when the stack is destroyed are not made.
 *
 * @param ctx  handed to it; the caller's
 * @return 0; -EAGAIN (1023 wait already; counted as mbox_full)
 */
PLN_API int pln_stack_post(struct pln_stack *stack, pln_stack_call *call, void *ctx);

/**
 * Give the stack an address. It is announced at once, or handled as the option "acd" says at this time. Of the stacks of a host, which
 * all are to have it (pln_host_each), the first does that; the others use it at once.
 *
 * @param prefix_len  of its subnet, bits, 1 to 32; the subnet is on-link
 * @return 0; -EINVAL (no host address in that subnet); -EAFNOSUPPORT; -EEXIST; -ENOSPC (1024 at most, in 8 subnets)
 */
PLN_API int pln_stack_addr_add(struct pln_stack *stack, const struct pln_addr *addr,
                               uint8_t prefix_len);

/* How far an address may be used (RFC 5227). */
enum pln_addr_state {
	PLN_ADDR_NONE = 0, /* not one of the stack's */
	PLN_ADDR_PROBING,  /* others are being asked whether they have it; not used yet */
	PLN_ADDR_USABLE,   /* ours */
	/* Another host has it: not used any more. Connections from there were reset and have ended with -EADDRNOTAVAIL, UDP
	 * sockets bound to it have that error, listeners bound to it are told by PLN_EV_SOFT_ERROR. */
	PLN_ADDR_CONFLICT,
};

/* What is known of one address of the stack. */
struct pln_addr_info {
	size_t size;               /* sizeof(struct pln_addr_info) */
	struct pln_addr addr;      /* the address */
	uint8_t prefix_len;        /* of its subnet, bits */
	bool checked;              /* nobody answered when others were asked for it */
	enum pln_addr_state state; /* may it be used? */
	uint32_t conflicts;        /* ARP packets of others who use it */
	struct pln_mac rival;      /* who sent the last of them */
	uint64_t conflict_ns;      /* when that was, by the stack's clock */
};

/**
 * What became of an address: the option "acd" says whether it is asked for before it is used, or beside it.
 *
 * @return 0; -ENOENT (not one of the stack's); -EAFNOSUPPORT; -EINVAL
 */
PLN_API int pln_stack_addr_state(const struct pln_stack *stack, const struct pln_addr *addr,
                                 struct pln_addr_info *out);

/**
 * The stack's addresses, one by one, in the order in which they were added.
 *
 * @param after  the address of the last one; NULL, or family NONE: the first
 * @return 0; -ENOENT: that was the last one; -EINVAL; -EAFNOSUPPORT
 */
PLN_API int pln_stack_addr_next(const struct pln_stack *stack, const struct pln_addr *after,
                                struct pln_addr_info *out);

/**
 * Add a route by way of a gateway; prefix_len 0 is the default route. One prefix may have several gateways: the first added is
 * preferred, the next one takes over while it does not answer ARP.
 *
 * @return 0; -EINVAL; -EEXIST (the prefix by that gateway, or on-link); -ENETUNREACH when the gateway is on no subnet of ours;
 *         -EAFNOSUPPORT; -ENOSPC (32 at most)
 */
PLN_API int pln_stack_route_add(struct pln_stack *stack, const struct pln_addr *dst,
                                uint8_t prefix_len, const struct pln_addr *gateway);

/** Set a neighbour for good: no ARP is needed, none changes it. @return 0, -EINVAL, -EAFNOSUPPORT, -ENOSPC. */
PLN_API int pln_stack_neigh_set(struct pln_stack *stack, const struct pln_addr *addr,
                                const struct pln_mac *mac);

/** Change the MTU; existing connections follow. @param mtu bytes, 68 to 65535. @return 0 or -EINVAL. */
PLN_API int pln_stack_mtu_set(struct pln_stack *stack, uint16_t mtu);

/** The MTU: bytes of IP packet that the link carries. */
PLN_API uint16_t pln_stack_mtu_get(const struct pln_stack *stack);

/* How far a neighbour is known. */
enum pln_neigh_state {
	PLN_NEIGH_NONE = 0,   /* not in the table */
	PLN_NEIGH_INCOMPLETE, /* asked, no answer yet */
	PLN_NEIGH_REACHABLE,  /* answered not long ago */
	PLN_NEIGH_STALE,      /* answered once; will be asked again when used */
	PLN_NEIGH_PROBE,      /* being asked again, by unicast */
	PLN_NEIGH_FAILED,     /* did not answer */
	PLN_NEIGH_STATIC,     /* set by hand, never asked */
};

/* A neighbour: a host on the link, or the way to one. */
struct pln_neigh_info {
	size_t size;                /* sizeof(struct pln_neigh_info) */
	struct pln_addr addr;       /* its IP address */
	struct pln_mac mac;         /* zero while unknown */
	enum pln_neigh_state state; /* how far it is known */
	uint32_t requests;          /* ARP requests sent for it since it was last resolved */
	uint64_t resolve_ns;        /* how long the last resolution took, 0 before one */
	uint64_t confirmed_ns;      /* when it was last heard of, by the stack's clock; 0: never */
	uint32_t waiting;           /* packets that wait for its answer */
};

/** What is known of a neighbour. @param addr on-link. @return 0, -ENOENT, -EINVAL. */
PLN_API int pln_stack_neigh_get(const struct pln_stack *stack, const struct pln_addr *addr,
                                struct pln_neigh_info *out);

/**
 * The table, entry by entry, by ascending address: it may change between two calls.
 *
 * @param after  the address of the last one; NULL, or family NONE: the first
 * @return 0; -ENOENT: that was the last one; -EINVAL
 */
PLN_API int pln_stack_neigh_next(const struct pln_stack *stack, const struct pln_addr *after,
                                 struct pln_neigh_info *out);

/**
 * Forget a neighbour, one set by hand too. Packets that wait for its answer are dropped; connections that go by way of it ask again
 * with their next segment.
 *
 * @return 0; -ENOENT; -EINVAL
 */
PLN_API int pln_stack_neigh_del(struct pln_stack *stack, const struct pln_addr *addr);

/**
 * Ask a host on the link for its MAC now, by unicast where one is known; at most once a second for one address, then it counts as
 * asked. What comes of it: pln_stack_neigh_get.
 *
 * @return 0; -ENETUNREACH (not on the link, or ourselves); -EPERM (set by hand); -ENOSPC (table full); -EAFNOSUPPORT; -EINVAL
 */
PLN_API int pln_stack_neigh_probe(struct pln_stack *stack, const struct pln_addr *addr);

/** Start resolving the next hop towards `dst` (an ARP request if it is unknown). @return 0, -ENETUNREACH, -ENOSPC, -EAFNOSUPPORT. */
PLN_API int pln_stack_resolve(struct pln_stack *stack, const struct pln_addr *dst);

/** The next hop towards `dst`: itself on-link, else the gateway. @return 0 or -ENETUNREACH. */
PLN_API int pln_stack_next_hop(const struct pln_stack *stack, const struct pln_addr *dst,
                               struct pln_addr *out);

/**
 * Set an option by name; new connections take it, what is already agreed stays. The list, with units and ranges, is in
 * docs/guide/options.md.
 *
 * @param value  text: a decimal number or a word
 * @return 0; -ENOENT (no such option); -EINVAL (bad value); -ERANGE; -EOPNOTSUPP (named, but its algorithm is not in this version)
 */
PLN_API int pln_stack_opt_set(struct pln_stack *stack, const char *name, const char *value);

/** Read an option as text. @return 0, -ENOENT, -EOPNOTSUPP, -ENOSPC (buf too short). */
PLN_API int pln_stack_opt_get(const struct pln_stack *stack, const char *name, char *buf,
                              size_t len);

/** The name of option number `i` (0, 1, …), NULL behind the last; *supported tells whether it can be set. */
PLN_API const char *pln_stack_opt_name(unsigned int i, bool *supported);

PLN_C_END

#endif
