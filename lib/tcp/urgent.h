/* SPDX-License-Identifier: BSD-3-Clause */
/* Urgent data (RFC 9293 §3.8.5, RFC 6093): in line, with a mark that both sides carry along. */
#ifndef POLLEN_TCP_URGENT_H
#define POLLEN_TCP_URGENT_H

#include "tcp/conn.h"

PLN_C_BEGIN

/* Everything queued so far is urgent: segments before the mark say so until the peer has acknowledged it. */
void pln_urgent_mark(struct pln_tcp_conn *c);

/* Is there a mark the peer has not acknowledged? */
bool pln_urgent_sending(struct pln_tcp_conn *c);

/* URG and the pointer of a segment that is to be sent, where the mark lies behind its first byte. */
void pln_urgent_fill(struct pln_tcp_conn *c, struct pln_seg *seg);

/* Bytes the application has to read until urgent data ends; 0: none is pending. */
uint32_t pln_urgent_left(const struct pln_tcp_conn *c);

/* The application has read: the mark may be behind it. */
void pln_urgent_read(struct pln_tcp_conn *c);

PLN_C_END

#endif
