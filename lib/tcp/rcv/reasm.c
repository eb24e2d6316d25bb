/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The out-of-order queue: "Segments with higher beginning sequence numbers SHOULD be held for later
 * processing" (SHLD-31, RFC 9293 §3.10.7.4). It decides which bytes of an arriving segment are new,
 * keeps those, and hands them out once the gap before them is closed. Windows, ACKs and the
 * order of SACK blocks are not its matter; what it says of an insertion is what those are made of.
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
 * at most one packet held. Of a small payload that follows another directly not even that: its bytes are
 * copied behind the other's, and keep their order and their first copy. What comes behind `last` is appended without a walk: that is nearly
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

/* Where an arriving stretch belongs. */
struct place {
	struct pln_pkt **link; /* what will point to it */
	struct pln_pkt *prev;  /* the packet before it; NULL: none, or not looked at */
	uint32_t start;        /* its first byte that is new */
	uint32_t left; /* where the stretch without a gap that it lies in or adds to begins */
};

/* Past everything that starts at or before the first byte still new; see the picture. */
static struct place
find_place(struct pln_reasm *r, uint32_t seq)
{
	const bool behind = r->last != NULL && pln_seq_geq(seq, r->last->seq);
	struct place p = { behind ? &r->last : &r->head, NULL, seq, r->last_isle };

	while (*p.link != NULL && pln_seq_leq((*p.link)->seq, p.start)) {
		if (p.prev == NULL ? !behind : (*p.link)->seq != end_of(p.prev))
			p.left = (*p.link)->seq;
		p.prev = *p.link;
		p.start = pln_seq_max(p.start, end_of(p.prev));
		p.link = &p.prev->next;
	}
	if (p.prev == NULL || end_of(p.prev) != p.start)
		p.left = p.start;
	return p;
}

/* Note the stretch around `pkt`, which begins at `left`. */
static void
note_isle(struct pln_reasm *r, const struct pln_pkt *pkt, uint32_t left)
{
	while (pkt->next != NULL && pkt->next->seq == end_of(pkt))
		pkt = pkt->next;
	r->isle = (struct pln_sack_block){ left, end_of(pkt) };
	if (pkt == r->last)
		r->last_isle = left;
}

/* Note what of [seq, end) was held: its front, or where the next packet begins. */
static void
note_dup(struct pln_reasm *r, const struct place *p, uint32_t seq, uint32_t end)
{
	const struct pln_pkt *next = *p->link;

	r->dup = (struct pln_sack_block){ seq, pln_seq_min(p->start, end) };
	if (p->start == seq && next != NULL && pln_seq_lt(next->seq, end))
		r->dup = (struct pln_sack_block){ next->seq, pln_seq_min(end_of(next), end) };
}

/* Can what is new of the packet, up to `end`, follow the bytes of the one before it in its buffer? */
static bool
fits_behind(const struct pln_pkt *prev, uint32_t start, uint32_t end)
{
	uint32_t len = end - start;

	return prev != NULL && !prev->fin && end_of(prev) == start && len <= PLN_REASM_COALESCE &&
	       len <= prev->room;
}

/* The part of a packet that is new: from p->start to where the next one begins. */
static void
trim(struct pln_pkt *pkt, const struct place *p)
{
	const struct pln_pkt *next = *p->link;

	trim_front(pkt, p->start);
	if (next != NULL && pln_seq_lt(next->seq, end_of(pkt)))
		trim_tail(pkt, next->seq);
}

/* A small payload directly behind the one before it pins no buffer of its own. */
static void
copy_behind(struct pln_reasm *r, struct pln_pkt *pkt, const struct place *p)
{
	struct pln_pkt *prev = p->prev;

	trim(pkt, p);
	memcpy(prev->data + prev->len, pkt->data, pkt->len);
	prev->len += pkt->len;
	prev->room -= pkt->len;
	prev->fin = pkt->fin;
	r->bytes += pkt->len;
	note_isle(r, prev, p->left);
}

enum pln_reasm_result
pln_reasm_insert(struct pln_reasm *r, struct pln_pkt *pkt)
{
	const struct place p = find_place(r, pkt->seq);
	const uint32_t end = end_of(pkt);

	if (pln_seq_geq(p.start, end)) {
		note_dup(r, &p, pkt->seq, end);
		if (p.prev != NULL)
			note_isle(r, p.prev, p.left);
		return PLN_REASM_DUPLICATE;
	}
	if (fits_behind(p.prev, p.start, end)) {
		note_dup(r, &p, pkt->seq, end);
		copy_behind(r, pkt, &p);
		return PLN_REASM_COPIED;
	}
	if (pkt->truesize > r->limit || r->truesize > r->limit - pkt->truesize)
		return PLN_REASM_FULL;

	note_dup(r, &p, pkt->seq, end);
	trim(pkt, &p);
	pkt->next = *p.link;
	*p.link = pkt;
	if (pkt->next == NULL)
		r->last = pkt;
	r->count++;
	r->bytes += pkt->len;
	r->truesize += pkt->truesize;
	note_isle(r, pkt, p.left);
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
