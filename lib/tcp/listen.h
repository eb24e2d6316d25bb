/* SPDX-License-Identifier: BSD-3-Clause */
/* Passive opens (RFC 9293 §3.10.7.2): listeners, their backlog of half-open and of unaccepted connections. */
#ifndef POLLEN_TCP_LISTEN_H
#define POLLEN_TCP_LISTEN_H

#include "tcp/conn.h"

PLN_C_BEGIN

/* The listener for a local address and port; one bound to the address goes before one bound to any. NULL: none. */
struct pln_tcp_conn *pln_listen_find(struct pln_tcp *tcp, struct pln_be32 addr, uint16_t port);

/* A segment for a listener arrived; the packet stays the caller's, unless *taken becomes true. `used`: the sequence number behind the last one of a connection in
 * TIME-WAIT that makes room for this one, NULL for none. Returns the step text for the trace. */
const char *pln_listen_rx(struct pln_tcp_conn *listener, struct pln_pkt *pkt, const uint32_t *used,
                          bool *taken);

/*
 * An ACK for a listener: does it bring a SYN cookie back (RFC 4987 §3.6)? Then the connection is made as if its SYN had come before, and
 * the ACK is to be judged by it. NULL: it is no cookie of ours, or there is no room; counted where it would be one.
 */
struct pln_tcp_conn *pln_listen_cookie_take(struct pln_tcp_conn *listener,
                                            const struct pln_pkt *pkt);

/* Is it one? The packet as for pln_tcp_rx. */
bool pln_listen_cookie_is(const struct pln_tcp *tcp, const struct pln_pkt *pkt);

/* Answer a SYN with a cookie; nothing is kept. Returns the step text. */
const char *pln_listen_cookie_send(struct pln_tcp_conn *listener, const struct pln_pkt *pkt);

/* Do as many connections wait to be accepted as the listener allows, half-open ones not counted? */
bool pln_listen_queue_full(const struct pln_tcp_conn *listener);

/* A connection of the listener's, to the packet's sender, in its backlog and in the flow table; NULL: no room, or no way back. Then its
 * beginning: SYN-RECEIVED, what this SYN says, our initial sequence number. */
struct pln_tcp_conn *pln_listen_spawn(struct pln_tcp_conn *listener, const struct pln_pkt *pkt);
void pln_listen_begin(struct pln_tcp_conn *c, const struct pln_seg *syn, uint32_t iss);

/* A connection of a listener's backlog is ready to be accepted. */
void pln_listen_offer(struct pln_tcp_conn *c);

/* The next established connection, off the queue; NULL: none. */
struct pln_tcp_conn *pln_listen_take(struct pln_tcp_conn *listener);

/* Close a listener: everything nobody accepted is reset. */
void pln_listen_close(struct pln_tcp_conn *listener);

PLN_C_END

#endif
