/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How much memory connections may hold: buffers that grow with the path, bounds for all of them together, and what gives way when the
 * packet pool runs short, so that the device always has buffers to receive into.
 */
#ifndef POLLEN_TCP_BUFFERS_H
#define POLLEN_TCP_BUFFERS_H

#include "tcp/conn.h"

PLN_C_BEGIN

/* The bounds, by the stack's pool. */
void pln_buffers_init(struct pln_tcp *tcp);

/* A segment arrived: look at the pool every so often, and while it is short have connections give back what they can. */
void pln_buffers_watch(struct pln_tcp *tcp);

/* May this packet be kept, out of order or in order? Else it is as if it had been lost on the way. */
bool pln_buffers_may_hold(const struct pln_tcp_conn *c, const struct pln_pkt *pkt);
bool pln_buffers_may_take(const struct pln_tcp_conn *c, const struct pln_pkt *pkt);

/* The reassembly queue has changed: count what it pins. */
void pln_buffers_settle(struct pln_tcp_conn *c);

/* Data has arrived in order; the user has read `n` bytes; bytes of ours were acknowledged. Buffers follow. */
void pln_buffers_arrived(struct pln_tcp_conn *c, const struct pln_seg *seg);
void pln_buffers_read(struct pln_tcp_conn *c, uint32_t n);
void pln_buffers_acked(struct pln_tcp_conn *c);

PLN_C_END

#endif
