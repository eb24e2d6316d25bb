/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the exit share: the answer to a question of output's, and what most questions ask. */
#ifndef POLLEN_TCP_OUTPUT_H
#define POLLEN_TCP_OUTPUT_H

#include "tcp/conn.h"

PLN_C_BEGIN

enum pln_output {
	PLN_OUTPUT_SENT,    /* something left: ask again */
	PLN_OUTPUT_NOTHING, /* nothing of this kind to send now */
	PLN_OUTPUT_BLOCKED, /* no buffer: stay dirty */
};

/* A segment left: the retransmission timer runs while anything is outstanding (RFC 6298 §5.1). */
void pln_output_outstanding(struct pln_tcp_conn *c);

/* PSH and FIN of the segment [seq, seq + len). */
uint8_t pln_output_data_flags(const struct pln_tcp_conn *c, uint32_t seq, uint32_t len);

/* Bytes cwnd leaves open. */
uint32_t pln_output_cwnd_room(const struct pln_tcp_conn *c);

PLN_C_END

#endif
