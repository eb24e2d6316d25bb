/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loss found by the peer's SACK blocks: the scoreboard, and RACK-TLP on it (RFC 8985), or RFC 6675's rules where RACK is switched off;
 * pipe governs what may be sent (RFC 6675 §5), and PRR how the window comes down (RFC 9937).
 */
#ifndef POLLEN_TCP_LOSS_SACK_H
#define POLLEN_TCP_LOSS_SACK_H

#include "tcp/conn.h"

PLN_C_BEGIN

/* SACK was agreed on and the connection is open: everything begins. */
void pln_loss_sack_begin(struct pln_tcp_conn *c);

/* What `got` has to know before an ACK is taken. */
void pln_loss_sack_expect(const struct pln_tcp_conn *c, const struct pln_seg *seg,
                          struct pln_delivered *got);

/* Take the blocks of a segment whose ACK is not old, before SND.UNA moves. Says in `ack` whether one tells of a duplicate. */
void pln_loss_sack_blocks(struct pln_tcp_conn *c, const struct pln_seg *seg, struct pln_ack *ack,
                          struct pln_delivered *got);

/* The ACK has been taken: what is lost, and what the window becomes. */
void pln_loss_sack_ack(struct pln_tcp_conn *c, const struct pln_ack *ack,
                       const struct pln_delivered *got);

/* The retransmission timer has fired; everything is to be sent again. */
void pln_loss_sack_timeout(struct pln_tcp_conn *c);
void pln_loss_sack_rewind(struct pln_tcp_conn *c);

/* The reordering timer has fired (RFC 8985 §6.2). */
void pln_loss_sack_reorder_timeout(struct pln_tcp_conn *c);

/* Data was sent, `again`: not for the first time. */
void pln_loss_sack_sent(struct pln_tcp_conn *c, bool again);

/* What RACK has to know of the connection. */
struct pln_rack_now pln_loss_sack_rack_now(const struct pln_tcp_conn *c);

/* What is to be sent again next: false: nothing. `late`: what RFC 6675's NextSeg allows only when there is no new data (rules 3, 4). */
bool pln_loss_sack_next(struct pln_tcp_conn *c, bool late, uint32_t *seq, uint32_t *end);

PLN_C_END

#endif
