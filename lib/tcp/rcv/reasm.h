/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Segments that arrived out of order (RFC 9293 SHLD-31), kept sorted and free of overlap until the
 * gap before them fills. Where two copies of a byte differ, the copy that came first stays: a later
 * segment is trimmed or refused, so nobody can rewrite what was accepted. Bounded in bytes of
 * buffer pinned; small payloads are copied behind the one that they follow, where its buffer has room,
 * so that a peer of single bytes does not pin a buffer each.
 */
#ifndef POLLEN_TCP_RCV_REASM_H
#define POLLEN_TCP_RCV_REASM_H

#include "wire/pkt.h"
#include "wire/seq.h"

PLN_C_BEGIN

#define PLN_REASM_COALESCE                                                                         \
	256U /* bytes: payloads up to this size are copied behind what they follow */

struct pln_reasm {
	struct pln_pkt *head; /* sorted by sequence number */
	struct pln_pkt *last; /* the one behind which most arrivals go */
	uint32_t count;       /* packets */
	uint32_t bytes;       /* payload bytes held */
	uint32_t truesize;    /* buffer bytes pinned */
	uint32_t limit;       /* of truesize */
	uint32_t last_isle;   /* where the stretch without a gap that ends with `last` begins */
	/* Of the last insertion that was not refused for want of room, FINs counted: */
	struct pln_sack_block isle; /* the stretch held around it */
	struct pln_sack_block dup;  /* its first stretch that was held already; empty if none was */
};

enum pln_reasm_result {
	PLN_REASM_KEPT, /* the packet is the queue's now */
	PLN_REASM_COPIED, /* its bytes went into the buffer before it: the packet is still the caller's */
	PLN_REASM_DUPLICATE, /* nothing new in it: still the caller's */
	PLN_REASM_FULL,      /* over the limit: still the caller's */
};

void pln_reasm_init(struct pln_reasm *r, uint32_t limit);

/* Insert a packet whose seq is beyond RCV.NXT (its len may be 0 when it carries only a FIN). The
 * packet's front, or its tail, is trimmed where bytes are held already; a packet that spans held
 * ones replaces no byte of them: it is trimmed to its first new stretch (the peer will send the
 * rest again). A FIN counts as the sequence number it occupies. A packet refused for want of room is
 * unchanged. */
enum pln_reasm_result pln_reasm_insert(struct pln_reasm *r, struct pln_pkt *pkt);

/* The next packet that starts at or before `rcv_nxt`, its front trimmed to rcv_nxt; NULL while
 * there is a gap. Packets that hold nothing new any more (no byte, no FIN) are moved to
 * `retired`. */
struct pln_pkt *pln_reasm_pop(struct pln_reasm *r, uint32_t rcv_nxt, struct pln_pktq *retired);

/* Give every packet back (close, or memory is short). */
void pln_reasm_drain(struct pln_reasm *r, struct pln_pktq *retired);

PLN_C_END

#endif
