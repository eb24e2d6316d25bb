/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Path MTU discovery by the connection's own segments (RFC 4821): when one of them is a probe, what its fate means, and what is done where
 * nothing of a size gets through. Which sizes are tried is tcp/snd/plpmtu's.
 */
#ifndef POLLEN_TCP_PROBE_MTU_H
#define POLLEN_TCP_PROBE_MTU_H

#include "tcp/conn.h"

PLN_C_BEGIN

#define PLN_PROBE_MTU_BEHIND 3U /* segments behind a probe: by them its loss is seen */

/* The options of the connection are agreed on: where the path is to be searched from the beginning, it begins with the base size. */
void pln_probe_mtu_begin(struct pln_tcp_conn *c);

/* The payload of the probe that is due, 0 if none is; more than a full segment. For output, which sees whether it may leave. */
uint32_t pln_probe_mtu_due(struct pln_tcp_conn *c);

/* `len` bytes from `seq` on are to leave as one packet, though it is larger than what the path is known to carry. Returns what
 * pln_emit_segment does. */
int pln_probe_mtu_emit(struct pln_tcp_conn *c, uint32_t seq, uint32_t len);

/* Data was acknowledged; data was sent again; the retransmission timer fired. */
void pln_probe_mtu_ack(struct pln_tcp_conn *c);
void pln_probe_mtu_resent(struct pln_tcp_conn *c);
void pln_probe_mtu_timeout(struct pln_tcp_conn *c);

/* Something is lost, and no recovery has begun. Was it the probe, and nothing else? Then there is none to begin. */
bool pln_probe_mtu_lost(struct pln_tcp_conn *c);

/* A router says, or another connection has found, that the path carries `mtu` bytes. Returns what this connection makes of it. */
uint16_t pln_probe_mtu_told(struct pln_tcp_conn *c, uint16_t mtu);

PLN_C_END

#endif
