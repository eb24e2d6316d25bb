/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * In-order bytes waiting for RECEIVE (RFC 9293 §3.10.3): a list of received packets, read where
 * they lie. Small payloads are copied behind the last packet's bytes when its buffer has room, so a
 * peer that sends single bytes does not pin a buffer each; and so are large ones once more memory is
 * pinned than the limit allows.
 */
#ifndef POLLEN_TCP_RCV_RECVQ_H
#define POLLEN_TCP_RCV_RECVQ_H

#include "wire/pkt.h"

PLN_C_BEGIN

#define PLN_RECVQ_COALESCE 256U /* bytes: payloads up to this size are worth copying */

struct pln_recvq {
	struct pln_pktq pkts;
	uint32_t bytes;    /* readable */
	uint32_t truesize; /* bytes of buffers pinned */
	uint32_t limit; /* of truesize: beyond it payloads of any size are worth copying; 0: none */
	const struct pln_pkt *at; /* where the last look ended; NULL: nowhere */
	uint32_t at_off;          /* offset of its first byte */
	uint32_t
		lent; /* bytes from the front that were looked at in place: they must stay where they are */
	bool tight; /* buffers are short: payloads of any size are worth copying */
};

/* One stretch of readable bytes. */
struct pln_recvq_view {
	const uint8_t *data;
	uint32_t len;
};

/* Append a packet with len > 0, which becomes the queue's. Returns false when its bytes were
 * copied instead: then the packet is still the caller's, to be freed. */
bool pln_recvq_push(struct pln_recvq *q, struct pln_pkt *pkt);

/* Would pushing it take another buffer? */
bool pln_recvq_pins(const struct pln_recvq *q, const struct pln_pkt *pkt);

/* Copy what nobody looks at into the room of the buffers before it; those that become free are appended to `retired`. */
void pln_recvq_compact(struct pln_recvq *q, struct pln_pktq *retired);

/* The first bytes, in up to `max` stretches, from `offset` on; returns how many stretches. Who looks on from where the last look ended
 * does not walk there again. */
unsigned int pln_recvq_peek(struct pln_recvq *q, uint32_t offset, struct pln_recvq_view *out,
                            unsigned int max);

/* Copy up to `len` bytes from `offset` on without consuming them; returns the bytes copied. */
uint32_t pln_recvq_copy(const struct pln_recvq *q, uint32_t offset, uint8_t *buf, uint32_t len);

/* Consume `n` bytes (at most q->bytes); packets used up are appended to `retired` for the caller
 * to free. */
void pln_recvq_consume(struct pln_recvq *q, uint32_t n, struct pln_pktq *retired);

PLN_C_END

#endif
