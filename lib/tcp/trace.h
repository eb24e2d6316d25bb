/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The trace of one stack's TCP: a ring of records, overwritten when nobody reads them (counted). Writing one is a copy; text is made
 * only when a program asks for it (pln_trace_format).
 */
#ifndef POLLEN_TCP_TRACE_H
#define POLLEN_TCP_TRACE_H

#include <pollen/trace.h>

#include "base/env.h"
#include "wire/pkt.h"

PLN_C_BEGIN

struct pln_tcp_conn;

struct pln_trace_ring {
	struct pln_env *env;
	uint64_t written, read; /* records ever */
	uint32_t mask;          /* capacity − 1 */
	struct pln_trace_record rec[];
};

/* At least `records` of them, a power of two. NULL: no memory. */
struct pln_trace_ring *pln_trace_create(struct pln_env *env, uint32_t records);
void pln_trace_destroy(struct pln_trace_ring *ring);

/* All of these do nothing with ring NULL. `c` may be NULL for a segment that belongs to no connection. `hdr` is the TCP header on the
 * wire. pln_trace_rx returns the record, for the judge to write its step into; NULL without a ring. */
void pln_trace_state(struct pln_trace_ring *ring, const struct pln_tcp_conn *c, uint8_t to,
                     const char *why);
struct pln_trace_record *pln_trace_rx(struct pln_trace_ring *ring, const struct pln_tcp_conn *c,
                                      const struct pln_pkt *pkt);
void pln_trace_tx(struct pln_trace_ring *ring, const struct pln_tcp_conn *c,
                  const struct pln_seg *seg, const uint8_t *hdr, bool retransmission);

unsigned int pln_trace_take(struct pln_trace_ring *ring, struct pln_trace_record *out,
                            unsigned int max);

/* What loss recovery has decided. `why` is static text. */
void pln_trace_recovery(struct pln_trace_ring *ring, const struct pln_tcp_conn *c, const char *why);

PLN_C_END

#endif
