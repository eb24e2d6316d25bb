/* SPDX-License-Identifier: BSD-3-Clause */
/* One segment becomes one frame: header, options, payload by reference, checksum or the request for one. */
#ifndef POLLEN_TCP_EMIT_H
#define POLLEN_TCP_EMIT_H

#include "tcp/conn.h"

PLN_C_BEGIN

/* What output wants sent; everything else (ACK, window, timestamps) is the connection's. */
struct pln_emit {
	uint32_t seq;
	uint32_t len;  /* payload bytes; more than a full segment asks the link to segment (TSO) */
	uint8_t flags; /* besides ACK, which is set wherever it may be */
	bool retransmission;
	uint32_t
		probed; /* bytes at the front that went before as a probe: sent again, but no loss */
	bool probe;     /* of a zero window */
	const struct pln_ecn_past *
		past; /* a bare ACK of this, and no news of anything else; NULL: of all that came */
};

/* Payload bytes of a full segment as it would leave now: SMSS less the SACK blocks that are due. */
uint32_t pln_emit_full(const struct pln_tcp_conn *c);

/* Build and queue it. Updates what an ACK updates (delayed ACK, announced window, Last.ACK.sent). Returns the payload bytes that went
 * (fewer than asked when they lie in too many pieces), or -ENOBUFS when no buffer could be had. */
int pln_emit_segment(struct pln_tcp_conn *c, const struct pln_emit *want);

/* A segment of no connection: header and options as given. false: no buffer. */
bool pln_emit_bare(struct pln_tcp *tcp, const struct pln_ip_once *to, const struct pln_seg *seg);

PLN_C_END

#endif
