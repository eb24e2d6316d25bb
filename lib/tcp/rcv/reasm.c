/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The out-of-order queue: "Segments with higher beginning sequence numbers SHOULD be held for later
 * processing" (SHLD-31, RFC 9293 §3.10.7.4). It decides which bytes of an arriving segment are new,
 * keeps those, and hands them out once the gap before them is closed. Windows, ACKs and SACK blocks
 * are not its matter.
 *
 * Theory: the held packets are a sorted list of disjoint stretches of sequence space, a FIN
 * counting as the one number it occupies (§3.4). An arriving stretch is pushed to the right past
 * everything it overlaps at its front, then cut where the next held one begins:
 *
 *   held          |aaaa|      |bbbbbb|
 *   arriving        |xxxxxxxxxxxxxxxxxxxx|
 *   kept                |xxxxx|               the copy that came first stays, no byte is replaced
 *
 * So an attacker who races a second copy of a byte cannot change the first, and one packet in gives
 * at most one packet held. What comes behind `last` is appended without a walk: that is nearly
 * every segment after a single loss.
 */
#include "tcp/rcv/reasm.h"

/* The sequence number behind a packet, its FIN counted. */
static uint32_t
end_of(const struct pln_pkt *pkt)
{
	return pkt->seq + pkt->len + (pkt->fin ? 1 : 0);
}

static void
trim_front(struct pln_pkt *pkt, uint32_t seq)
{
	uint32_t n = seq - pkt->seq;

	PLN_ASSERT(n <= pkt->len);
	pkt->data += n;
	pkt->seq = seq;
	pkt->len -= n;
}

/* Cut the packet so that it ends at `seq`: its FIN goes first. */
static void
trim_tail(struct pln_pkt *pkt, uint32_t seq)
{
	uint32_t len = seq - pkt->seq;

	PLN_ASSERT(len <= pkt->len);
	pkt->room += pkt->len - len;
	pkt->len = len;
	pkt->fin = false;
}

void
pln_reasm_init(struct pln_reasm *r, uint32_t limit)
{
	*r = (struct pln_reasm){ .limit = limit };
}

enum pln_reasm_result
pln_reasm_insert(struct pln_reasm *r, struct pln_pkt *pkt)
{
	const bool behind = r->last != NULL && pln_seq_geq(pkt->seq, r->last->seq);
	struct pln_pkt **link = behind ? &r->last : &r->head;
	uint32_t start = pkt->seq, end = end_of(pkt);

	/* Past everything that starts at or before the first byte still new; see the picture. */
	while (*link != NULL && pln_seq_leq((*link)->seq, start)) {
		start = pln_seq_max(start, end_of(*link));
		link = &(*link)->next;
	}
	if (pln_seq_geq(start, end))
		return PLN_REASM_DUPLICATE;
	if (pkt->truesize > r->limit || r->truesize > r->limit - pkt->truesize)
		return PLN_REASM_FULL;

	trim_front(pkt, start);
	if (*link != NULL && pln_seq_lt((*link)->seq, end))
		trim_tail(pkt, (*link)->seq);
	pkt->next = *link;
	*link = pkt;
	if (pkt->next == NULL)
		r->last = pkt;
	r->count++;
	r->bytes += pkt->len;
	r->truesize += pkt->truesize;
	return PLN_REASM_KEPT;
}

static struct pln_pkt *
unlink_head(struct pln_reasm *r)
{
	struct pln_pkt *pkt = r->head;

	r->head = pkt->next;
	if (r->head == NULL)
		r->last = NULL;
	pkt->next = NULL;
	r->count--;
	r->bytes -= pkt->len;
	r->truesize -= pkt->truesize;
	return pkt;
}

struct pln_pkt *
pln_reasm_pop(struct pln_reasm *r, uint32_t rcv_nxt, struct pln_pktq *retired)
{
	while (r->head != NULL && pln_seq_leq(r->head->seq, rcv_nxt)) {
		struct pln_pkt *pkt = unlink_head(r);

		if (pln_seq_gt(end_of(pkt), rcv_nxt)) {
			trim_front(pkt, rcv_nxt);
			return pkt;
		}
		pln_pktq_push(retired, pkt);
	}
	return NULL;
}

void
pln_reasm_drain(struct pln_reasm *r, struct pln_pktq *retired)
{
	while (r->head != NULL)
		pln_pktq_push(retired, unlink_head(r));
}
