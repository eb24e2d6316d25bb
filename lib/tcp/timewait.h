/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TIME-WAIT (RFC 9293 §3.6.1): a connection that both sides have closed is a record of 64 bytes: enough to acknowledge a repeated
 * FIN, to ignore resets (RFC 1337), and to let a new SYN in when it is provably newer (RFC 6191). Records expire in the order they
 * were made, so they stand in a queue with one timer; when the pool is full the oldest makes room.
 */
#ifndef POLLEN_TCP_TIMEWAIT_H
#define POLLEN_TCP_TIMEWAIT_H

#include "base/env.h"
#include "base/pool.h"
#include "flow/flow_table.h"
#include "tcp/ext/ts.h"
#include "wire/tcp_hdr.h"

PLN_C_BEGIN

struct pln_timewait_rec {
	struct pln_timewait_rec *next, *prev; /* by expiry */
	uint64_t expires;                     /* ns */
	struct pln_flow_key key;
	uint32_t snd_nxt, rcv_nxt;
	uint32_t ts_recent, ts_offset; /* valid with ts_on */
	uint32_t acked_ms; /* when a segment without length was last answered, plus 1; 0: never */
	uint16_t wnd;      /* window field of our ACKs, as in the header */
	bool ts_on;
	uint8_t ttl, tos;
};

struct pln_timewait {
	struct pln_env *env;
	struct pln_flow_table *flows;
	struct pln_pool pool;
	struct pln_timewait_rec *head, *tail;
	struct pln_timer timer;
};

/* Flow table values: connections and records share the table. */
#define PLN_TIMEWAIT_FLOW 0x80000000U

int pln_timewait_init(struct pln_timewait *tw, struct pln_env *env, struct pln_flow_table *flows,
                      uint32_t max);
void pln_timewait_fini(struct pln_timewait *tw);

/* Make a record from `rec` (links ignored), which expires at now + length; its key must be in the flow table no more. The oldest
 * record goes when there is no room. */
void pln_timewait_add(struct pln_timewait *tw, const struct pln_timewait_rec *rec,
                      uint64_t length_ns);

/* The record of a flow table value with PLN_TIMEWAIT_FLOW. */
struct pln_timewait_rec *pln_timewait_at(struct pln_timewait *tw, uint32_t flow_value);

/* Begin the time again (a repeated FIN: RFC 9293 §3.10.7.4, TIME-WAIT). */
void pln_timewait_restart(struct pln_timewait *tw, struct pln_timewait_rec *rec,
                          uint64_t length_ns);

/* May a segment that takes no sequence space be answered with an ACK? Once in `interval_ns`, so that two ends that disagree do not
 * acknowledge each other for ever (RFC 5961 §7). Counts it if so. */
bool pln_timewait_may_ack(const struct pln_timewait *tw, struct pln_timewait_rec *rec,
                          uint64_t interval_ns);

void pln_timewait_remove(struct pln_timewait *tw, struct pln_timewait_rec *rec);

/* May this SYN open a new connection over the record: its timestamp, or its sequence number, is beyond the old one's, or it brings
 * timestamps where there were none (RFC 6191 §2)? `timestamps`: a new connection would take them up. */
bool pln_timewait_may_reopen(const struct pln_timewait_rec *rec, const struct pln_seg *syn,
                             bool timestamps);

PLN_C_END

#endif
