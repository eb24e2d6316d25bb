/* SPDX-License-Identifier: BSD-3-Clause */
/* Loss found by counting duplicate ACKs, for peers without SACK: NewReno (RFC 5681 §3.2, RFC 6582), limited transmit (RFC 3042). */
#ifndef POLLEN_TCP_LOSS_DUPACK_H
#define POLLEN_TCP_LOSS_DUPACK_H

#include "tcp/conn.h"

PLN_C_BEGIN

/* New data was acknowledged; c->snd.una has moved. */
void pln_loss_dupack_new(struct pln_tcp_conn *c, const struct pln_ack *ack);

/* A duplicate ACK by RFC 5681 §2. */
void pln_loss_dupack_dup(struct pln_tcp_conn *c, const struct pln_ack *ack);

/* Everything up to SND.NXT is to be sent again, from SND.UNA on. */
void pln_loss_dupack_rewind(struct pln_tcp_conn *c);

/* Bytes that duplicate ACKs allow beyond cwnd (RFC 3042). */
uint32_t pln_loss_dupack_limited_transmit(const struct pln_tcp_conn *c);

PLN_C_END

#endif
