/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UDP's user interface (RFC 768, RFC 1122 §4.1) without blocking, in the manner of <pollen/tcp.h>: a socket is a handle, what happens
 * to it comes with pln_stack_events, datagrams leave with the next flush. A call with a dead handle answers -EBADF.
 *
 * There is no multicast: to send to a group answers -EOPNOTSUPP. Broadcasts are sent when PLN_UDP_OPT_BROADCAST allows it; sockets
 * bound to no address of their own receive them.
 */
#ifndef POLLEN_UDP_H
#define POLLEN_UDP_H

#include <sys/types.h>

#include <pollen/stack.h>

PLN_C_BEGIN

#define PLN_UDP_PAYLOAD_MAX 65507U /* bytes: what an IPv4 packet of 65535 has room for */

/**
 * Make a socket: no port, no peer.
 *
 * Its events are PLN_EV_READABLE and PLN_EV_ERROR: sending never waits.
 *
 * @param cookie  comes back in events
 * @param sock    the handle, untouched on failure
 * @return 0; -ENOMEM (pln_stack_config.max_udp sockets are open)
 */
PLN_API int pln_udp_open(struct pln_stack *stack, void *cookie, uint64_t *sock);

/** Change a socket's cookie. @return 0 or -EBADF. */
PLN_API int pln_udp_cookie_set(struct pln_stack *stack, uint64_t sock, void *cookie);

/**
 * Give a socket its port, and perhaps its address.
 *
 * @param local  family NONE or address 0.0.0.0: any of ours; port 0: chosen by RFC 6056
 * @return 0; -EINVAL (bound already); -EADDRINUSE; -EADDRNOTAVAIL (not our address, or no port free); -EAFNOSUPPORT; -EBADF
 */
PLN_API int pln_udp_bind(struct pln_stack *stack, uint64_t sock, const struct pln_endpoint *local);

/**
 * Name the peer: it alone is heard from, and it is whom pln_udp_send sends to. An unbound socket gets port and address. ICMP errors
 * about what was sent to the peer become the socket's (RFC 1122 §4.1.3.3).
 *
 * @param remote  family NONE: no peer any more
 * @return 0; -EINVAL (port 0, or no address); -EACCES (a broadcast, and that is not allowed); -EOPNOTSUPP (multicast); -ENETUNREACH;
 *         -EADDRNOTAVAIL (no port free); -EADDRINUSE; -EAFNOSUPPORT; -EBADF
 */
PLN_API int pln_udp_connect(struct pln_stack *stack, uint64_t sock,
                            const struct pln_endpoint *remote);

/* What to send. */
struct pln_udp_out {
	size_t size;            /* sizeof(struct pln_udp_out) */
	const void *data;       /* payload */
	size_t len;             /* bytes, at most PLN_UDP_PAYLOAD_MAX; 0 is a datagram too */
	struct pln_endpoint to; /* family NONE: the peer */
	/* NULL: the payload is copied. Else it stays as it is until this is called: once, whatever becomes of the datagram, on error
	 * too; from the call itself, a later turn or pln_stack_destroy. It may call nothing of the stack. */
	void (*release)(void *ctx);
	void *ctx; /* handed to it */
};

/**
 * Send one datagram with the next flush; in fragments, where it exceeds the path's MTU and PLN_UDP_OPT_MTU_DISCOVER does not forbid it.
 *
 * @return bytes sent, out->len; -EMSGSIZE; -EDESTADDRREQ (no peer); -EACCES (a broadcast, and that is not allowed); -EOPNOTSUPP
 *         (multicast); -EINVAL; -ENETUNREACH; -EHOSTUNREACH (the next hop did not answer ARP a moment ago); -EADDRNOTAVAIL;
 *         -EAFNOSUPPORT; -ENOBUFS (no buffer free); -EBADF; a pending error, which is then taken
 */
PLN_API ssize_t pln_udp_send(struct pln_stack *stack, uint64_t sock, const struct pln_udp_out *out);

/* How to receive: bits of pln_udp_in.flags. */
enum pln_udp_flag_bit {
	PLN_UDP_PEEK = 1 << 0, /* leave the datagram in the queue */
};

/* A received datagram. */
struct pln_udp_in {
	size_t size;              /* sizeof(struct pln_udp_in), set by the caller */
	void *buf;                /* where to copy the payload, set by the caller */
	size_t room;              /* bytes at buf, set by the caller */
	int flags;                /* enum pln_udp_flag_bit, set by the caller */
	size_t len;               /* bytes of payload it has: more than `room` means it was cut */
	struct pln_endpoint from; /* who sent it */
	struct pln_endpoint to; /* where: an address of ours, or a broadcast (RFC 1122 §4.1.3.5) */
	uint8_t ttl, tos;       /* of its IP header */
	bool broadcast;         /* sent to a broadcast address */
};

/**
 * Take the oldest datagram. What does not fit `room` is lost, and in->len says how much there was.
 *
 * @return bytes copied, at most in->room, 0 for an empty datagram; -EAGAIN (none waits); -EBADF; a pending error, which is then taken
 */
PLN_API ssize_t pln_udp_receive(struct pln_stack *stack, uint64_t sock, struct pln_udp_in *in);

/* Received bytes where they lie. */
struct pln_udp_view {
	const void *data; /* the first byte */
	size_t len;       /* bytes */
};

/**
 * Look at the oldest datagram in place; it stays, and stays valid, until pln_udp_consume or pln_udp_receive takes it.
 *
 * @param in     filled as by pln_udp_receive, buf and room are not used; may be NULL
 * @param views  filled with up to `max` stretches, in order; a datagram that came in one piece is one
 * @return stretches, 0 for an empty datagram; -EAGAIN; -EBADF
 */
PLN_API int pln_udp_receive_views(struct pln_stack *stack, uint64_t sock, struct pln_udp_in *in,
                                  struct pln_udp_view *views, unsigned int max);

/** Drop the oldest datagram. @return 0; -EAGAIN (none waits); -EBADF. */
PLN_API int pln_udp_consume(struct pln_stack *stack, uint64_t sock);

/** The handle is dead at once, what waits to be received is dropped. @return 0 or -EBADF. */
PLN_API int pln_udp_close(struct pln_stack *stack, uint64_t sock);

/* Options of one socket. Values are integers; booleans 0 and 1. */
enum pln_udp_opt {
	PLN_UDP_OPT_RCVBUF = 1, /* bytes of buffers that received datagrams may hold */
	PLN_UDP_OPT_RCVQ,       /* datagrams that may wait */
	PLN_UDP_OPT_BROADCAST,  /* may send to broadcast addresses */
	PLN_UDP_OPT_TTL,        /* 1 to 255 */
	PLN_UDP_OPT_TOS,        /* DS field and ECN */
	PLN_UDP_OPT_MTU_DISCOVER, /* 0: DF clear; 1: DF set on what fits the path's MTU, the rest in fragments; 2: DF set always */
	PLN_UDP_OPT_NO_CHECKSUM, /* send without a checksum (RFC 1122 §4.1.3.4); received ones are verified all the same */
	PLN_UDP_OPT_ERRORS, /* every ICMP error is queued, and told without a peer too: pln_udp_errors */
	PLN_UDP_OPT_REUSEADDR, /* share a port with other such sockets, each with an address or a peer of its own */
};

/** Set an option. @return 0; -EINVAL; -ENOPROTOOPT; -EBADF. */
PLN_API int pln_udp_opt_set(struct pln_stack *stack, uint64_t sock, enum pln_udp_opt opt,
                            int64_t value);

/** Read an option. @return 0; -ENOPROTOOPT; -EBADF. */
PLN_API int pln_udp_opt_get(struct pln_stack *stack, uint64_t sock, enum pln_udp_opt opt,
                            int64_t *value);

/**
 * Take the pending error, as SO_ERROR does: it is reported once. With a peer, hard ICMP errors are: -ECONNREFUSED (port unreachable),
 * -ENOPROTOOPT (protocol), -EHOSTUNREACH and -ENETUNREACH (unknown or prohibited), -EMSGSIZE (too big for the path), -EPROTO
 * (parameter problem), -EHOSTUNREACH also where the next hop does not answer ARP. Soft ones (a network or host that cannot be reached
 * now, time exceeded) are in pln_udp_info.soft_error, and with PLN_UDP_OPT_ERRORS here too.
 *
 * @return 0 or negative errno; -EBADF
 */
PLN_API int pln_udp_error_take(struct pln_stack *stack, uint64_t sock);

/* An ICMP error about a datagram of ours, as it came. */
struct pln_udp_error {
	int error;              /* negative errno */
	uint8_t type, code;     /* of the ICMP message */
	uint16_t mtu;           /* of "fragmentation needed", bytes; else 0 */
	struct pln_addr from;   /* who reports it */
	struct pln_endpoint to; /* whom the datagram was for */
};

/** Take queued errors, oldest first (PLN_UDP_OPT_ERRORS); at most 8 wait, later ones are dropped. @return how many; -EBADF. */
PLN_API int pln_udp_errors(struct pln_stack *stack, uint64_t sock, struct pln_udp_error *errors,
                           unsigned int max);

/* What a socket can say about itself. */
struct pln_udp_info {
	size_t size;                       /* sizeof(struct pln_udp_info), set by the caller */
	struct pln_endpoint local, remote; /* family NONE: any; port 0: none yet */
	int soft_error;                    /* last ICMP error that was not reported, or 0 */
	uint32_t pmtu;           /* MTU of the path to the last destination; 0 before one */
	uint32_t queued;         /* datagrams that wait to be received */
	uint32_t queued_bytes;   /* bytes of buffers that they hold */
	uint64_t sent, received; /* datagrams */
	uint64_t bytes_sent, bytes_received; /* payload */
	uint64_t dropped;                    /* datagrams that found the queue full */
	uint64_t errors;                     /* ICMP errors about what was sent */
};

/** Snapshot of a socket. @return 0; -EBADF; -EINVAL (size). */
PLN_API int pln_udp_info(struct pln_stack *stack, uint64_t sock, struct pln_udp_info *info);

/* Level-triggered readiness, poll(2)'s meanings. */
enum pln_udp_ready {
	PLN_UDP_READY_IN = 1 << 0,  /* receive will not answer -EAGAIN */
	PLN_UDP_READY_OUT = 1 << 1, /* always */
	PLN_UDP_READY_ERR = 1 << 2, /* an error waits */
};

/** Readiness mask. @return mask >= 0, or -EBADF. */
PLN_API int pln_udp_readiness(struct pln_stack *stack, uint64_t sock);

/**
 * One text line per socket: addresses, what waits to be received, what went through it, its pending error.
 *
 * @return the length of the text, as snprintf would (more than len: it was cut)
 */
PLN_API size_t pln_udp_dump(struct pln_stack *stack, char *buf, size_t len);

/** Sockets open. */
PLN_API uint32_t pln_udp_count(const struct pln_stack *stack);

PLN_C_END

#endif
