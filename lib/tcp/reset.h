/* SPDX-License-Identifier: BSD-3-Clause */
/* Segments that no connection sends: resets for what nobody owns (RFC 9293 §3.10.7.1, §3.5.2), ACKs of TIME-WAIT records,
 * and what provokes a peer's reset. */
#ifndef POLLEN_TCP_RESET_H
#define POLLEN_TCP_RESET_H

#include "tcp/tcp.h"

PLN_C_BEGIN

/* Answer a segment with a reset as §3.5.2 group 1 has it; nothing when it is a reset itself. */
void pln_reset_answer(struct pln_tcp *tcp, const struct pln_pkt *pkt);

/* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> for a record. */
void pln_reset_ack_time_wait(struct pln_tcp *tcp, const struct pln_timewait_rec *rec);

/* <SEQ=low half><ACK=high half><CTL=ACK> of a flow that has no connection: the peer answers with <SEQ=high half><CTL=RST>. */
void pln_reset_provoke(struct pln_tcp *tcp, const struct pln_flow_key *key, uint64_t numbers);

PLN_C_END

#endif
