/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A TCP segment that lies in a chain of buffers, made of fragments or by a device, becomes as many segments as it has buffers:
 * TCP queues, trims and lends buffers one by one.
 */
#ifndef POLLEN_STACK_RESEGMENT_H
#define POLLEN_STACK_RESEGMENT_H

#include "dev/mbuf.h"

PLN_C_BEGIN

/* Take m apart, whose pln_pkt is at its TCP header, all of which lies in the first buffer, and whose checksum holds. The buffers are
 * m's alone and have room for the header before their data. What cannot be a segment is left for TCP to refuse. */
void pln_resegment(struct rte_mbuf *m, struct pln_pktq *out);

PLN_C_END

#endif
