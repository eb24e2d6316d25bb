/* SPDX-License-Identifier: BSD-3-Clause */
/* Data on SYNs (RFC 7413): what a listener makes of one that brings some, and what our own SYNs bring. */
#ifndef POLLEN_TCP_FASTOPEN_H
#define POLLEN_TCP_FASTOPEN_H

#include "tcp/conn.h"

PLN_C_BEGIN

/* The values of the stack's option, bits: Linux' numbers. */
enum pln_fastopen_mode {
	PLN_FASTOPEN_CLIENT = 1, /* our SYNs may ask and bring data, where the program wants that */
	PLN_FASTOPEN_SERVER = 2, /* listeners may take it, where the program wants that */
};

/* A SYN has begun this connection. Where its cookie is good, and not too many are pending, its data is delivered and the connection
 * offered at once. True: the packet was taken. */
bool pln_fastopen_syn(struct pln_tcp_conn *c, struct pln_pkt *pkt);

/* The handshake of such a connection is complete; a reset ended it before. */
void pln_fastopen_done(struct pln_tcp_conn *c);
void pln_fastopen_reset(struct pln_tcp_conn *c);

/* Our first SYN is about to leave: what it asks for, and how many bytes of data it brings. */
uint32_t pln_fastopen_ask(struct pln_tcp_conn *c);

/* It is sent again: without. */
void pln_fastopen_again(struct pln_tcp_conn *c);

/* The SYN,ACK: what it gives is kept. */
void pln_fastopen_answer(struct pln_tcp_conn *c, const struct pln_seg *syn_ack);

/* Open to the program although our SYN,ACK is not acknowledged yet? */
static inline bool
pln_fastopen_is_early(const struct pln_tcp_conn *c)
{
	return c->state == PLN_TCP_SYN_RECEIVED && pln_conn_has(c, PLN_CONN_FASTOPEN);
}

PLN_C_END

#endif
