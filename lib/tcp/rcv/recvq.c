/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * In-order bytes between step seven of RFC 9293 §3.10.7.4 and RECEIVE (§3.10.3). It decides only
 * whether a small payload is copied behind the last packet instead of pinning a buffer of its own;
 * order, windows and FIN are the connection's, freeing is the caller's.
 */
#include "tcp/rcv/recvq.h"

bool
pln_recvq_pins(const struct pln_recvq *q, const struct pln_pkt *pkt)
{
	const struct pln_pkt *tail = q->pkts.tail;
	bool worth = pkt->len <= PLN_RECVQ_COALESCE || q->tight ||
	             (q->limit != 0 && q->truesize > q->limit);

	return tail == NULL || !worth || pkt->len > tail->room;
}

/* The bytes of `pkt` go behind those of the one before it. */
static void
join(struct pln_pkt *before, const struct pln_pkt *pkt)
{
	memcpy(before->data + before->len, pkt->data, pkt->len);
	before->len += pkt->len;
	before->room -= pkt->len;
}

bool
pln_recvq_push(struct pln_recvq *q, struct pln_pkt *pkt)
{
	PLN_ASSERT(pkt->len > 0);
	q->bytes += pkt->len;
	if (!pln_recvq_pins(q, pkt)) {
		join(q->pkts.tail, pkt);
		return false;
	}
	q->truesize += pkt->truesize;
	pln_pktq_push(&q->pkts, pkt);
	return true;
}

void
pln_recvq_compact(struct pln_recvq *q, struct pln_pktq *retired)
{
	struct pln_pkt *before = q->pkts.head;
	uint32_t end = before != NULL ? before->len : 0; /* offset behind it */

	while (before != NULL && before->next != NULL) {
		struct pln_pkt *pkt = before->next;

		if (end < q->lent || pkt->len > before->room) {
			end += pkt->len;
			before = pkt;
			continue;
		}
		join(before, pkt);
		end += pkt->len;
		before->next = pkt->next;
		if (q->pkts.tail == pkt)
			q->pkts.tail = before;
		q->pkts.count--;
		q->truesize -= pkt->truesize;
		pln_pktq_push(retired, pkt);
	}
	q->at = NULL;
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
		q->lent = first > q->lent ? first : q->lent;
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
	q->lent -= n < q->lent ? n : q->lent;
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
