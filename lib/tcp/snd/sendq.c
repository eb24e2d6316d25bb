/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The send queue: RFC 9293 §3.3.1's send sequence space with the bytes behind it, and the
 * retransmission queue of §3.10.7.4 ("any segments on the retransmission queue that are thereby
 * entirely acknowledged are removed"). It decides nothing: what to send, when, and what is lost is
 * told to it. It neither allocates nor frees, and holds neither SYN nor FIN. What became of each
 * transmission is kept by the scoreboard.
 *
 *   refs     head                            at                 tail
 *           |acked.............|.............|..........|......|......|
 *            ^head_off→^una                       ^sent               ^end
 *   ranges             |-----|------|------|------|                      (each: one transmission)
 */
#include "tcp/snd/sendq.h"

void
pln_sendq_init(struct pln_sendq *q, uint32_t seq)
{
	*q = (struct pln_sendq){ .una = seq, .sent = seq, .end = seq, .pushed = seq };
}

void
pln_sendq_append(struct pln_sendq *q, struct pln_sendref *ref)
{
	PLN_ASSERT(pln_sendq_bytes(q) + (uint64_t)ref->len <= INT32_MAX);
	ref->next = NULL;
	if (q->tail != NULL) {
		q->tail->next = ref;
	} else {
		q->head = ref;
		q->head_off = 0;
		q->at = ref;
		q->at_seq = q->end;
	}
	q->tail = ref;
	q->end += ref->len;
}

uint32_t
pln_sendq_fill(struct pln_sendq *q, const uint8_t *data, uint32_t len)
{
	struct pln_sendref *ref = q->tail;
	uint32_t n;

	if (ref == NULL)
		return 0;
	n = len < ref->room ? len : ref->room;
	PLN_ASSERT(pln_sendq_bytes(q) + (uint64_t)n <= INT32_MAX);
	if (n == 0)
		return 0;
	/* Room means that the buffer is ours: the const is for the bytes already promised. */
	memcpy((uint8_t *)ref->data + ref->len, data, n);
	ref->len += n;
	ref->room -= n;
	q->end += n;
	return n;
}

/* Move `at` to the reference that holds `sent`. */
static void
follow_sent(struct pln_sendq *q)
{
	while (q->at != NULL && q->at->next != NULL && q->sent - q->at_seq >= q->at->len) {
		q->at_seq += q->at->len;
		q->at = q->at->next;
	}
}

void
pln_sendq_mark_sent(struct pln_sendq *q, uint32_t len, uint64_t now, struct pln_range *range)
{
	const struct pln_range what = { .start = q->sent, .end = q->sent + len, .tx_ns = now };

	PLN_ASSERT(len > 0 && len <= pln_sendq_unsent(q));
	q->sent += len;
	follow_sent(q);
	pln_scoreboard_sent(&q->board, q->una, &what, range);
}

void
pln_sendq_mark_resent(struct pln_sendq *q, uint32_t start, uint32_t end, uint64_t now)
{
	PLN_ASSERT(pln_seq_leq(q->una, start) && pln_seq_leq(start, end) &&
	           pln_seq_leq(end, q->sent));
	pln_scoreboard_resent(&q->board, start, end, now);
}

/* Take the first `count` bytes off the references: whole ones go to `out`, in order. */
static void
retire_refs(struct pln_sendq *q, uint32_t count, struct pln_retired *out)
{
	struct pln_sendref **link = &out->refs;
	bool lost_at = false;

	while (q->head != NULL && q->head->len - q->head_off <= count) {
		struct pln_sendref *ref = q->head;

		count -= ref->len - q->head_off;
		q->head_off = 0;
		q->head = ref->next;
		lost_at = lost_at || ref == q->at;
		ref->next = NULL;
		*link = ref;
		link = &ref->next;
	}
	q->head_off += count;
	if (q->head == NULL)
		q->tail = NULL;
	/* Nothing is acknowledged beyond `sent`: the next reference begins there. */
	if (lost_at) {
		q->at = q->head;
		q->at_seq = q->una;
	}
}

/* Karn (RFC 6298 §3): "RTT samples MUST NOT be made using segments that were retransmitted". What was sacked before has come earlier. */
static void
sample_range(const struct pln_range *range, struct pln_retired *out)
{
	if ((range->flags & PLN_RANGE_SACKED) != 0)
		return;
	if (range->flags & PLN_RANGE_RETRANSMITTED)
		out->any_retransmitted = true;
	else if (!(range->flags & PLN_RANGE_UNTIMED) && range->tx_ns > out->newest_tx_ns)
		out->newest_tx_ns = range->tx_ns;
}

static bool
cuts_retransmission(const struct pln_range *first, uint32_t una)
{
	return first != NULL && pln_seq_lt(first->start, una) &&
	       (first->flags & (PLN_RANGE_RETRANSMITTED | PLN_RANGE_SACKED)) ==
	               PLN_RANGE_RETRANSMITTED;
}

static void
retire_ranges(struct pln_sendq *q, struct pln_retired *out, struct pln_delivered *got)
{
	const struct pln_range *r = q->board.head;

	for (; r != NULL && pln_seq_leq(r->end, q->una); r = r->next)
		sample_range(r, out);
	if (cuts_retransmission(r, q->una))
		out->any_retransmitted = true;
	pln_scoreboard_retire(&q->board, q->una, &out->ranges, got);
}

void
pln_sendq_retire(struct pln_sendq *q, uint32_t una, struct pln_retired *out,
                 struct pln_delivered *got)
{
	uint32_t count = una - q->una;

	*out = (struct pln_retired){ 0 };
	PLN_ASSERT(count <= q->sent - q->una);
	if (count == 0)
		return;
	q->una = una;
	/* A mark left behind would look like one ahead after 2^31 bytes. */
	q->pushed = pln_seq_max(q->pushed, una);
	retire_refs(q, count, out);
	retire_ranges(q, out, got);
}

void
pln_sendq_drain(struct pln_sendq *q, struct pln_retired *out)
{
	*out = (struct pln_retired){ .refs = q->head, .ranges = q->board.head };
	pln_sendq_init(q, q->end);
}

void
pln_sendq_pieces(const struct pln_sendq *q, uint32_t seq, uint32_t len, struct pln_pieces *out)
{
	const bool ahead = q->at != NULL && pln_seq_leq(q->at_seq, seq);
	struct pln_sendref *ref = ahead ? q->at : q->head;
	uint32_t skip = ahead ? seq - q->at_seq : seq - q->una + q->head_off;

	PLN_ASSERT(seq - q->una <= pln_sendq_bytes(q) && len <= q->end - seq);
	out->count = 0;
	out->len = 0;
	for (; ref != NULL && out->len < len && out->count < PLN_ARRAY_LEN(out->piece);
	     ref = ref->next) {
		uint32_t left = len - out->len;
		uint32_t n;

		if (skip >= ref->len) {
			skip -= ref->len;
			continue;
		}
		n = ref->len - skip < left ? ref->len - skip : left;
		out->piece[out->count++] = (struct pln_piece){ ref, ref->data + skip, n };
		out->len += n;
		skip = 0;
	}
}
