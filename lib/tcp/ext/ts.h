/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Timestamps (RFC 7323 §3-5): our clock (1 ms, with an offset per connection so that it tells
 * nothing about uptime), TS.Recent, PAWS, and round-trip times from echoes.
 */
#ifndef POLLEN_TCP_EXT_TS_H
#define POLLEN_TCP_EXT_TS_H

#include "wire/seq.h"
#include "wire/tcp_opts.h"

PLN_C_BEGIN

#define PLN_TS_TICK_NS PLN_NS_PER_MS
/* RFC 7323 §5.5: TS.Recent older than 24 days is void. */
#define PLN_TS_PAWS_IDLE_NS (UINT64_C(24) * 24 * 3600 * PLN_NS_PER_S)

/* A connection starts with the offset; the SYN's TSval is TS.Recent as it is. */
struct pln_ts {
	uint64_t recent_ns;     /* when TS.Recent was taken */
	uint32_t recent;        /* TS.Recent */
	uint32_t offset;        /* of our clock */
	uint32_t last_ack_sent; /* Last.ACK.sent */
	bool on;                /* agreed on both sides */
};

/* TSval for a segment sent at `now`. */
uint32_t pln_ts_val(const struct pln_ts *ts, uint64_t now);

/* PAWS (§5.3 R1): true when the segment is old and must be dropped. A segment without the option
 * is the caller's matter. */
bool pln_ts_paws_reject(const struct pln_ts *ts, uint32_t tsval, uint64_t now);

/* Take TS.Recent from a segment (§4.3): SEG.TSval >= TS.Recent, or TS.Recent is void, and
 * SEG.SEQ <= Last.ACK.sent. */
void pln_ts_update(struct pln_ts *ts, uint32_t tsval, uint32_t seq, uint64_t now);

/* Round-trip time by an echo, ns: never too short, at most one tick too long. 0 when the echo
 * makes no sense (zero, from the future, or from before the clock began). */
uint64_t pln_ts_rtt(const struct pln_ts *ts, uint32_t tsecr, uint64_t now);

PLN_C_END

#endif
