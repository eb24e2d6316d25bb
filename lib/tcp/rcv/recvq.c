/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * In-order bytes between step seven of RFC 9293 §3.10.7.4 and RECEIVE (§3.10.3). It decides only
 * whether a small payload is copied behind the last packet instead of pinning a buffer of its own;
 * order, windows and FIN are the connection's, freeing is the caller's.
 */
#include "tcp/rcv/recvq.h"

bool
pln_recvq_push(struct pln_recvq *q, struct pln_pkt *pkt)
{
	struct pln_pkt *tail = q->pkts.tail;
	bool worth = pkt->len <= PLN_RECVQ_COALESCE || (q->limit != 0 && q->truesize > q->limit);

	PLN_ASSERT(pkt->len > 0);
	q->bytes += pkt->len;
	if (tail != NULL && worth && pkt->len <= tail->room) {
		memcpy(tail->data + tail->len, pkt->data, pkt->len);
		tail->len += pkt->len;
		tail->room -= pkt->len;
		return false;
	}
	q->truesize += pkt->truesize;
	pln_pktq_push(&q->pkts, pkt);
	return true;
}

unsigned int
pln_recvq_peek(struct pln_recvq *q, uint32_t offset, struct pln_recvq_view *out, unsigned int max)
{
	const bool ahead = q->at != NULL && q->at_off <= offset;
	const struct pln_pkt *pkt = ahead ? q->at : q->pkts.head;
	uint32_t first = ahead ? q->at_off : 0; /* offset of pkt's first byte */
	unsigned int count = 0;

	for (; pkt != NULL && count < max; pkt = pkt->next) {
		uint32_t skip = offset > first ? offset - first : 0;

		q->at = pkt;
		q->at_off = first;
		if (skip < pkt->len)
			out[count++] = (struct pln_recvq_view){ pkt->data + skip, pkt->len - skip };
		first += pkt->len;
	}
	return count;
}

uint32_t
pln_recvq_copy(const struct pln_recvq *q, uint32_t offset, uint8_t *buf, uint32_t len)
{
	const struct pln_pkt *pkt;
	uint32_t copied = 0;

	for (pkt = q->pkts.head; pkt != NULL && copied < len; pkt = pkt->next) {
		uint32_t n;

		if (offset >= pkt->len) {
			offset -= pkt->len;
			continue;
		}
		n = pkt->len - offset < len - copied ? pkt->len - offset : len - copied;
		memcpy(buf + copied, pkt->data + offset, n);
		copied += n;
		offset = 0;
	}
	return copied;
}

void
pln_recvq_consume(struct pln_recvq *q, uint32_t n, struct pln_pktq *retired)
{
	PLN_ASSERT(n <= q->bytes);
	q->bytes -= n;
	if (q->at_off >= n)
		q->at_off -= n;
	else
		q->at = NULL; /* it is consumed, or its front is */
	while (q->pkts.head != NULL && q->pkts.head->len <= n) {
		struct pln_pkt *pkt = pln_pktq_pop(&q->pkts);

		n -= pkt->len;
		q->truesize -= pkt->truesize;
		pln_pktq_push(retired, pkt);
	}
	if (n > 0) {
		PLN_ASSERT(q->pkts.head != NULL);
		q->pkts.head->data += n;
		q->pkts.head->seq += n;
		q->pkts.head->len -= n;
	}
}
