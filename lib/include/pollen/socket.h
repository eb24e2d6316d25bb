/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP and UDP for those who think in sockets: a thin layer over <pollen/tcp.h> and <pollen/udp.h> with small integers for handles
 * and the names, constants and errors of socket(2), as Linux has them for a socket that does not block.
 * The constants are the system's: <sys/socket.h>, <netinet/in.h>, <netinet/tcp.h>, <poll.h>. Addresses
 * are struct pln_endpoint. Sockets stand in a table that belongs to one stack, and to its thread.
 *
 * Nothing here turns the stack: pln_stack_poll and pln_stack_flush do, as ever.
 */
#ifndef POLLEN_SOCKET_H
#define POLLEN_SOCKET_H

#include <sys/types.h>

#include <pollen/tcp.h>
#include <pollen/udp.h>

PLN_C_BEGIN

/** The sockets of one stack. */
struct pln_socks;

/**
 * Make a table for up to `max` sockets on a stack, which must outlive it.
 *
 * @param max  1 to 2^24
 * @param out  untouched on failure
 * @return 0, -EINVAL, -ENOMEM
 */
PLN_API int pln_sock_table_create(struct pln_stack *stack, unsigned int max,
                                  struct pln_socks **out);

/** Close what is still open, and free the table. NULL is allowed. */
PLN_API void pln_sock_table_destroy(struct pln_socks *socks);

/**
 * socket(2): AF_INET; SOCK_STREAM, protocol 0 or IPPROTO_TCP, or SOCK_DGRAM, protocol 0 or IPPROTO_UDP. It never blocks, whatever the
 * type says.
 *
 * @return the lowest number not in use, from 0; -EAFNOSUPPORT; -ESOCKTNOSUPPORT; -EPROTONOSUPPORT; -EMFILE; -ENOBUFS (no more UDP
 *         sockets in this stack)
 */
PLN_API int pln_sock_socket(struct pln_socks *socks, int domain, int type, int protocol);

/**
 * bind(2). Family NONE is "any address"; port 0 is chosen at once.
 *
 * @return 0; -EBADF; -EINVAL (bound already); -EADDRNOTAVAIL (not our address, or no port free); -EADDRINUSE;
 *         -EAFNOSUPPORT
 */
PLN_API int pln_sock_bind(struct pln_socks *socks, int s, const struct pln_endpoint *local);

/** listen(2). @return 0; -EBADF; -EINVAL (connected); -EADDRINUSE; -ENOMEM; -EOPNOTSUPP (SOCK_DGRAM). */
PLN_API int pln_sock_listen(struct pln_socks *socks, int s, int backlog);

/**
 * accept(2).
 *
 * @param peer  may be NULL
 * @return the new socket; -EAGAIN; -EBADF; -EINVAL (not listening); -EMFILE; -EOPNOTSUPP (SOCK_DGRAM)
 */
PLN_API int pln_sock_accept(struct pln_socks *socks, int s, struct pln_endpoint *peer);

/**
 * connect(2). Of SOCK_DGRAM it is done at once, as pln_udp_connect; family NONE dissolves it. Of SOCK_STREAM the first call answers -EINPROGRESS; the outcome is told by readiness and SO_ERROR, or by calling again: -EALREADY
 * while it lasts, then 0 once, or the error once. After a failure the socket may be connected anew.
 *
 * @return see above; -EISCONN; -EBADF; and at once -EINVAL, -EAFNOSUPPORT, -ENETUNREACH, -EADDRNOTAVAIL, -EADDRINUSE, -ENOMEM
 */
PLN_API int pln_sock_connect(struct pln_socks *socks, int s, const struct pln_endpoint *remote);

/**
 * send(2). Flags: MSG_MORE, MSG_OOB (all sent up to here is urgent, RFC 6093); MSG_DONTWAIT and MSG_NOSIGNAL are always in force.
 *
 * @return bytes taken; -EAGAIN; -EPIPE; -ENOTCONN; -EBADF; -EOPNOTSUPP (a flag unknown here); the connection's error
 */
PLN_API ssize_t pln_sock_send(struct pln_socks *socks, int s, const void *buf, size_t len,
                              int flags);

/**
 * recv(2). Flags: MSG_PEEK; MSG_DONTWAIT is always in force, MSG_WAITALL never. Urgent bytes come in line, as with SO_OOBINLINE: MSG_OOB
 * is answered with -EINVAL.
 *
 * @return bytes; 0 at the end; -EAGAIN; -ENOTCONN; -EBADF; -EOPNOTSUPP (as above); the connection's error
 */
PLN_API ssize_t pln_sock_recv(struct pln_socks *socks, int s, void *buf, size_t len, int flags);

/* A message and whom it is from or for. */
struct pln_sock_msg {
	void *buf;  /* sendto reads from it only */
	size_t len; /* bytes at buf */
	int flags; /* MSG_…; recvfrom sets MSG_TRUNC where a datagram did not fit, and clears the others */
	struct pln_endpoint
		addr; /* recvfrom: the sender; sendto: the destination, family NONE for the peer */
};

/**
 * sendto(2): pln_sock_send with a destination, which SOCK_STREAM ignores but for MSG_FASTOPEN: a socket that is not connected yet connects
 * there, and the bytes ride on the SYN where the server has given a cookie before (RFC 7413).
 *
 * @return as pln_sock_send, or pln_udp_send and -EPIPE
 */
PLN_API ssize_t pln_sock_sendto(struct pln_socks *socks, int s, const struct pln_sock_msg *msg);

/**
 * recvfrom(2): pln_sock_recv with the sender, which SOCK_STREAM leaves alone. With MSG_TRUNC a datagram's whole length is answered.
 *
 * @return as pln_sock_recv, or pln_udp_receive
 */
PLN_API ssize_t pln_sock_recvfrom(struct pln_socks *socks, int s, struct pln_sock_msg *msg);

/** shutdown(2): SHUT_RD, SHUT_WR, SHUT_RDWR. @return 0; -EINVAL; -ENOTCONN; -EBADF. */
PLN_API int pln_sock_shutdown(struct pln_socks *socks, int s, int how);

/** close(2): the number is free at once; what was sent goes out. Received bytes unread, or SO_LINGER 0, reset. @return 0 or -EBADF. */
PLN_API int pln_sock_close(struct pln_socks *socks, int s);

/** An option and its value, for setsockopt and getsockopt. */
struct pln_sock_opt {
	int level; /* SOL_SOCKET, IPPROTO_IP, IPPROTO_TCP */
	int name;  /* SO_…, IP_…, TCP_… */
	void *value; /* as the system's call has it, but for TCP_INFO: struct pln_tcp_info with its size set */
	size_t len; /* bytes at value; getsockopt sets it to what it wrote */
};

/**
 * setsockopt(2): SO_REUSEADDR, SO_SNDBUF, SO_RCVBUF (bytes, not doubled), SO_LINGER, SO_KEEPALIVE, SO_OOBINLINE (always on); IP_TOS, IP_TTL,
 * IP_MTU_DISCOVER; TCP_NODELAY, TCP_CORK, TCP_MAXSEG, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_USER_TIMEOUT, TCP_SYNCNT,
 * TCP_DEFER_ACCEPT, TCP_QUICKACK, TCP_CONGESTION, TCP_FASTOPEN (listeners), TCP_FASTOPEN_CONNECT (what is sent before the next flush rides
 * on the SYN).
 *
 * Of SOCK_DGRAM: SO_RCVBUF, SO_BROADCAST, SO_REUSEADDR, SO_NO_CHECK; IP_TTL, IP_TOS, IP_MTU_DISCOVER, IP_RECVERR (errors are taken by
 * pln_udp_errors).
 *
 * @return 0; -EBADF; -ENOPROTOOPT; -EINVAL; -EISCONN (too late for this one); -ENOENT (no such congestion control); -EOPNOTSUPP
 *         (IP_PMTUDISC_PROBE)
 */
PLN_API int pln_sock_setsockopt(struct pln_socks *socks, int s, const struct pln_sock_opt *opt);

/**
 * getsockopt(2): all of the above, and SO_ERROR (which it clears), SO_TYPE, SO_DOMAIN, SO_PROTOCOL, SO_ACCEPTCONN, IP_MTU, TCP_INFO.
 *
 * @return 0; -EBADF; -ENOPROTOOPT; -EINVAL (value too short); -ENOTCONN (IP_MTU, TCP_INFO before there is a connection); -EOPNOTSUPP
 */
PLN_API int pln_sock_getsockopt(struct pln_socks *socks, int s, struct pln_sock_opt *opt);

/** poll(2)'s mask, level-triggered: POLLIN, POLLOUT, POLLERR, POLLHUP, POLLRDHUP, POLLPRI. @return the mask; -EBADF. */
PLN_API int pln_sock_readiness(struct pln_socks *socks, int s);

/** getsockname(2). @return 0 or -EBADF. */
PLN_API int pln_sock_sockname(struct pln_socks *socks, int s, struct pln_endpoint *local);

/** getpeername(2). @return 0; -ENOTCONN; -EBADF. */
PLN_API int pln_sock_peername(struct pln_socks *socks, int s, struct pln_endpoint *remote);

/** FIONREAD: bytes that recv would return, of the oldest datagram. @return bytes; -EINVAL (listening); -EBADF. */
PLN_API ssize_t pln_sock_inq(struct pln_socks *socks, int s);

/** SIOCOUTQ: bytes sent by the application that the peer has not acknowledged. @return bytes; -EINVAL (listening); -EBADF. */
PLN_API ssize_t pln_sock_outq(struct pln_socks *socks, int s);

/** What happened to one socket since its last event. */
struct pln_sock_event {
	int s;         /* the socket */
	uint32_t bits; /* enum pln_event_bit */
	int error;     /* with PLN_EV_CLOSED: 0 or negative errno; SO_ERROR still has it */
};

/**
 * Take the events of this stack's sockets: edges, where readiness has levels. It empties the stack's own queue, so a program that
 * also has connections without sockets calls pln_stack_events itself, and pln_sock_of on what it gets.
 *
 * @return how many were written to `events`, at most `max`
 */
PLN_API unsigned int pln_sock_events(struct pln_socks *socks, struct pln_sock_event *events,
                                     unsigned int max);

/** The socket that an event of pln_stack_events concerns. @return its number, or -ENOENT when it is none of this table's. */
PLN_API int pln_sock_of(const struct pln_socks *socks, const struct pln_event *event);

PLN_C_END

#endif
