/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The scoreboard of RFC 6675 §4 over the send queue's transmissions: which are sacked, lost, sent again, and the sums of them. It decides
 * nothing about loss; snd/rack and snd/dupthresh do, and the connection says what is sent.
 *
 * Theory: a window may be thousands of transmissions, and an ACK comes for every second of them; so no ACK may look at all. Ranges that are
 * sacked and touch become one, so that what lies below the highest block is holes and blocks in turn. A search begins where the last one
 * ended, for blocks grow at their ends, and blocks that the ACK before had too are not searched at all. What is in flight stands in a list
 * by time, so that the oldest is found at once; what is lost in one by sequence. Each transmission is then marked sacked, lost and sent
 * again once, and an ACK costs what it changes.
 *
 * A peer that means harm cuts transmissions into crumbs, or makes each search a long one: both are bounded, and what is refused is not marked.
 */
#include "tcp/snd/scoreboard.h"

#define SEARCH_STEPS 512U /* a block that is further away is found by the ACKs after, from there */

void
pln_scoreboard_init(struct pln_scoreboard *sb)
{
	*sb = (struct pln_scoreboard){ 0 };
}

static uint32_t
len_of(const struct pln_range *r)
{
	return r->end - r->start;
}

static void
unlink_from(struct pln_range_list *list, struct pln_range *r)
{
	*(r->earlier != NULL ? &r->earlier->later : &list->head) = r->later;
	*(r->later != NULL ? &r->later->earlier : &list->tail) = r->earlier;
	r->later = r->earlier = NULL;
}

static void
link_behind(struct pln_range_list *list, struct pln_range *before, struct pln_range *r)
{
	r->earlier = before;
	r->later = before != NULL ? before->later : list->head;
	*(before != NULL ? &before->later : &list->head) = r;
	*(r->later != NULL ? &r->later->earlier : &list->tail) = r;
}

/* Out of its list, and out of the sums. */
static void
take_out(struct pln_scoreboard *sb, struct pln_range *r)
{
	if ((r->flags & PLN_RANGE_SACKED) != 0) {
		sb->sacked_bytes -= len_of(r);
		sb->sacked_segs -= r->segs;
	} else if ((r->flags & PLN_RANGE_LOST) != 0) {
		unlink_from(&sb->lost, r);
		sb->lost_bytes -= len_of(r) - r->resent;
	} else {
		unlink_from(&sb->flight, r);
		if ((r->flags & PLN_RANGE_RETRANSMITTED) != 0)
			sb->resent_bytes -= len_of(r);
		if ((r->flags & PLN_RANGE_TWICE) != 0)
			sb->twice_bytes -= len_of(r);
	}
}

/* What is lost is found in order, but for a retransmission that was lost itself: that one is the first. */
static void
put_in_lost(struct pln_scoreboard *sb, struct pln_range *r)
{
	struct pln_range *before = sb->lost.tail;

	if (sb->lost.head != NULL && pln_seq_lt(r->start, sb->lost.head->start))
		before = NULL;
	while (before != NULL && pln_seq_gt(before->start, r->start))
		before = before->earlier;
	link_behind(&sb->lost, before, r);
	sb->lost_bytes += len_of(r) - r->resent;
}

/* What is sent is the last; only what was lost and has been found was sent before others. */
static void
put_in_flight(struct pln_scoreboard *sb, struct pln_range *r)
{
	struct pln_range *before = sb->flight.tail;

	while (before != NULL && before->tx_ns > r->tx_ns)
		before = before->earlier;
	link_behind(&sb->flight, before, r);
	if ((r->flags & PLN_RANGE_RETRANSMITTED) != 0)
		sb->resent_bytes += len_of(r);
	if ((r->flags & PLN_RANGE_TWICE) != 0)
		sb->twice_bytes += len_of(r);
}

/* Into the sums, and into its list. */
static void
put_in(struct pln_scoreboard *sb, struct pln_range *r)
{
	if ((r->flags & PLN_RANGE_SACKED) != 0) {
		sb->sacked_bytes += len_of(r);
		sb->sacked_segs += r->segs;
	} else if ((r->flags & PLN_RANGE_LOST) != 0) {
		put_in_lost(sb, r);
	} else {
		put_in_flight(sb, r);
	}
}

static void
link_all_behind(struct pln_scoreboard *sb, struct pln_range *before, struct pln_range *r)
{
	r->prev = before;
	r->next = before != NULL ? before->next : sb->head;
	*(before != NULL ? &before->next : &sb->head) = r;
	*(r->next != NULL ? &r->next->prev : &sb->tail) = r;
	sb->count++;
}

static void
unlink_all(struct pln_scoreboard *sb, struct pln_range *r)
{
	*(r->prev != NULL ? &r->prev->next : &sb->head) = r->next;
	*(r->next != NULL ? &r->next->prev : &sb->tail) = r->prev;
	if (sb->at == r)
		sb->at = r->prev != NULL ? r->prev : r->next;
	r->next = r->prev = NULL;
	sb->count--;
}

/* The range that holds `seq`, from where the last search ended; NULL: there is none, or it is more than so many steps away. */
static struct pln_range *
search(struct pln_scoreboard *sb, uint32_t seq, uint32_t steps)
{
	struct pln_range *r = sb->at != NULL ? sb->at : sb->head;

	for (; r != NULL && steps > 0; steps--) {
		sb->at = r;
		if (pln_seq_in(seq, r->start, r->end))
			return r;
		r = pln_seq_lt(seq, r->start) ? r->prev : r->next;
	}
	return NULL;
}

void
pln_scoreboard_sent(struct pln_scoreboard *sb, uint32_t una, const struct pln_range *what,
                    struct pln_range *range)
{
	struct pln_range *last = sb->tail;

	if (range != NULL) {
		/* Without a range before it, it takes what was sent while none was to be had: ranges have no gaps. */
		*range = (struct pln_range){
			.start = last != NULL ? what->start : una,
			.end = what->end,
			.tx_ns = what->tx_ns,
		};
		range->flags = range->start != what->start ? PLN_RANGE_UNTIMED : 0;
		link_all_behind(sb, last, range);
		put_in(sb, range);
	} else if (last != NULL) {
		take_out(sb, last);
		/* The new bytes are not sacked; blocks that said so of the old ones are to be looked at again. */
		if ((last->flags & PLN_RANGE_SACKED) != 0)
			memset(sb->seen, 0, sizeof(sb->seen));
		last->flags &= (uint8_t)~PLN_RANGE_SACKED;
		last->flags |= PLN_RANGE_UNTIMED;
		last->end = what->end;
		last->tx_ns = what->tx_ns;
		put_in(sb, last);
	}
}

/* Of a lost range the front was sent again, and more of it is to be: it stays lost. */
static bool
resent_in_part(const struct pln_range *r, uint32_t start, uint32_t end)
{
	return (r->flags & PLN_RANGE_LOST) != 0 && pln_seq_lt(end, r->end) &&
	       pln_seq_leq(start, r->start + r->resent);
}

static void
resend(struct pln_scoreboard *sb, struct pln_range *r, uint32_t start, const struct pln_range *what)
{
	bool in_part = resent_in_part(r, start, what->end), lost;

	if ((r->flags & PLN_RANGE_SACKED) != 0)
		return;
	take_out(sb, r);
	lost = (r->flags & PLN_RANGE_LOST) != 0;
	r->tx_ns = what->tx_ns;
	r->flags |= PLN_RANGE_RETRANSMITTED;
	if (in_part) {
		r->resent = what->end - r->start > r->resent ? what->end - r->start : r->resent;
	} else {
		r->flags &= (uint8_t)~PLN_RANGE_LOST;
		r->flags |= lost ? 0 : PLN_RANGE_TWICE;
		r->resent = 0;
	}
	put_in(sb, r);
}

void
pln_scoreboard_resent(struct pln_scoreboard *sb, uint32_t start, uint32_t end, uint64_t now)
{
	const struct pln_range what = { .end = end, .tx_ns = now };
	struct pln_range *r, *next;

	if (start == end)
		return;
	r = search(sb, start, UINT32_MAX);
	/* What no range holds lies before the first one. */
	for (r = r != NULL ? r : sb->head; r != NULL && pln_seq_lt(r->start, end); r = next) {
		next = r->next;
		resend(sb, r, start, &what);
	}
}

/* A lost range is in flight. */
static void
unlose(struct pln_scoreboard *sb, struct pln_range *r)
{
	take_out(sb, r);
	r->flags &= (uint8_t)~PLN_RANGE_LOST;
	r->flags |= PLN_RANGE_LOSSES_UNKNOWN;
	put_in(sb, r);
}

/* Cut `r` at `seq`, which is inside it. */
static void
cut(struct pln_scoreboard *sb, struct pln_range *r, uint32_t seq, struct pln_range *spare)
{
	uint32_t first = seq - r->start;

	*spare = *r;
	spare->start = seq;
	r->end = seq;
	if ((r->flags & PLN_RANGE_LOST) != 0) {
		spare->resent = r->resent > first ? r->resent - first : 0;
		r->resent = r->resent < first ? r->resent : first;
	}
	link_all_behind(sb, r, spare);
	if ((r->flags & PLN_RANGE_SACKED) == 0)
		link_behind((r->flags & PLN_RANGE_LOST) != 0 ? &sb->lost : &sb->flight, r, spare);
	else
		sb->sacked_segs += spare->segs;
	/* All of it has been sent again. */
	if ((r->flags & PLN_RANGE_LOST) != 0 && r->resent == len_of(r))
		unlose(sb, r);
}

bool
pln_scoreboard_split(struct pln_scoreboard *sb, uint32_t seq, struct pln_range *spare)
{
	struct pln_range *r = search(sb, seq, UINT32_MAX);

	if (r == NULL || r->start == seq)
		return false;
	cut(sb, r, seq, spare);
	return true;
}

/* As above, if a record is to be had and there are not too many already. */
static bool
cut_for_block(struct pln_scoreboard *sb, struct pln_range *r, uint32_t seq,
              struct pln_spares *spares)
{
	struct pln_range *spare = spares->head;

	if (spare == NULL || sb->count >= spares->max_ranges)
		return false;
	spares->head = spare->next;
	cut(sb, r, seq, spare);
	return true;
}

/* `r` up to `end` is delivered, and was not before. */
static void
deliver(const struct pln_range *r, uint32_t end, struct pln_delivered *got)
{
	bool again = (r->flags & PLN_RANGE_RETRANSMITTED) != 0;

	got->high = got->bytes > 0 ? pln_seq_max(got->high, end) : end;
	got->bytes += end - r->start;
	/* RFC 8985 §6.2 step 3: "Else if Segment.end_seq < RACK.fack AND Segment.retransmitted is FALSE". */
	if (!again && pln_seq_lt(end, got->fack)) {
		got->reordered = true;
		got->distance = pln_seq_max(got->distance, got->fack - r->start);
	}
	got->original = got->original || (!again && pln_seq_leq(end, got->limit));
	if (again && r->tx_ns > got->resent_before)
		return;
	if (got->tx_ns == 0 || pln_range_after(r->tx_ns, end, got->tx_ns, got->end))
		pln_delivered_newest(got, r, end);
}

/* `r`, which is sacked as `into` before it is, becomes a part of it. */
static void
merge(struct pln_scoreboard *sb, struct pln_range *into, struct pln_range *r,
      struct pln_spares *spares)
{
	uint32_t segs = (uint32_t)into->segs + r->segs;

	into->end = r->end;
	sb->sacked_segs -= segs;
	into->segs = segs < UINT16_MAX ? (uint16_t)segs : UINT16_MAX;
	sb->sacked_segs += into->segs;
	into->flags |= r->flags & PLN_RANGE_RETRANSMITTED;
	unlink_all(sb, r);
	r->next = spares->head;
	spares->head = r;
}

/* A device may have cut it. */
static uint16_t
segs_of(const struct pln_range *r, uint32_t smss)
{
	uint32_t segs = smss > 0 ? (len_of(r) + smss - 1) / smss : 1;

	return segs < UINT16_MAX ? (uint16_t)segs : UINT16_MAX;
}

static void
mark_sacked(struct pln_scoreboard *sb, struct pln_range *r, uint32_t smss,
            struct pln_delivered *got)
{
	const uint8_t once = PLN_RANGE_RETRANSMITTED | PLN_RANGE_UNTIMED;

	deliver(r, r->end, got);
	got->sacked_bytes += len_of(r);
	if ((r->flags & once) == 0 && r->tx_ns > got->sample_tx_ns)
		got->sample_tx_ns = r->tx_ns;
	if (sb->sacked_bytes == 0 || pln_seq_gt(r->end, sb->sacked_end))
		sb->sacked_end = r->end;
	take_out(sb, r);
	r->flags &= (uint8_t) ~(PLN_RANGE_LOST | PLN_RANGE_TWICE);
	r->flags |= PLN_RANGE_SACKED;
	r->resent = 0;
	r->segs = segs_of(r, smss);
	put_in(sb, r);
}

/* The first range of the block: whole, or cut off what begins before it. */
static struct pln_range *
first_of(struct pln_scoreboard *sb, struct pln_range *r, uint32_t start, struct pln_spares *spares,
         struct pln_delivered *got)
{
	if (r->start == start || (r->flags & PLN_RANGE_SACKED) != 0)
		return r;
	if (!cut_for_block(sb, r, start, spares))
		got->refused++;
	return r->next;
}

/* Two that are sacked and touch are one. Returns the one that holds `r`. */
static struct pln_range *
join(struct pln_scoreboard *sb, struct pln_range *before, struct pln_range *r,
     struct pln_spares *spares)
{
	if (before == NULL || (before->flags & r->flags & PLN_RANGE_SACKED) == 0)
		return r;
	merge(sb, before, r, spares);
	return before;
}

/* Mark what of `r` lies in the block, if it was not; false: it cannot be cut where the block ends. */
static bool
mark_part(struct pln_scoreboard *sb, struct pln_range *r, uint32_t end, struct pln_spares *spares,
          struct pln_delivered *got)
{
	if ((r->flags & PLN_RANGE_SACKED) != 0)
		return true;
	if (pln_seq_gt(r->end, end) && !cut_for_block(sb, r, end, spares)) {
		got->refused++;
		return false;
	}
	mark_sacked(sb, r, spares->smss, got);
	return true;
}

void
pln_scoreboard_sack(struct pln_scoreboard *sb, const struct pln_sack_block *block,
                    struct pln_spares *spares, struct pln_delivered *got)
{
	struct pln_range *r = search(sb, block->start, SEARCH_STEPS), *last = NULL;

	if (r == NULL) {
		got->refused++;
		return;
	}
	r = first_of(sb, r, block->start, spares, got);
	for (; r != NULL && pln_seq_lt(r->start, block->end); r = last->next) {
		if (!mark_part(sb, r, block->end, spares, got))
			break;
		last = join(sb, r->prev, r, spares);
	}
	if (last == NULL)
		return;
	if (last->next != NULL)
		join(sb, last, last->next, spares);
	sb->at = last;
}

bool
pln_scoreboard_is_seen(const struct pln_scoreboard *sb, const struct pln_sack_block *block)
{
	for (size_t i = 0; i < PLN_ARRAY_LEN(sb->seen); i++)
		if (sb->seen[i].start == block->start && sb->seen[i].end == block->end)
			return true;
	return false;
}

/* The first range is acknowledged up to `una`, inside it. */
static void
shorten(struct pln_scoreboard *sb, uint32_t una, struct pln_delivered *got)
{
	struct pln_range *r = sb->head;
	uint32_t gone = una - r->start, from_resent = r->resent < gone ? r->resent : gone;

	if (got != NULL && (r->flags & PLN_RANGE_SACKED) == 0)
		deliver(r, una, got);
	if ((r->flags & PLN_RANGE_SACKED) != 0) {
		sb->sacked_bytes -= gone;
	} else if ((r->flags & PLN_RANGE_LOST) != 0) {
		sb->lost_bytes -= gone - from_resent;
		r->resent -= from_resent;
	} else {
		sb->resent_bytes -= (r->flags & PLN_RANGE_RETRANSMITTED) != 0 ? gone : 0;
		sb->twice_bytes -= (r->flags & PLN_RANGE_TWICE) != 0 ? gone : 0;
	}
	r->start = una;
}

void
pln_scoreboard_retire(struct pln_scoreboard *sb, uint32_t una, struct pln_range **link,
                      struct pln_delivered *got)
{
	while (sb->head != NULL && pln_seq_leq(sb->head->end, una)) {
		struct pln_range *r = sb->head;

		if (got != NULL && (r->flags & PLN_RANGE_SACKED) == 0)
			deliver(r, r->end, got);
		take_out(sb, r);
		unlink_all(sb, r);
		*link = r;
		link = &r->next;
	}
	if (sb->head != NULL && pln_seq_lt(sb->head->start, una))
		shorten(sb, una, got);
}

void
pln_scoreboard_lose(struct pln_scoreboard *sb, struct pln_range *range)
{
	if ((range->flags & (PLN_RANGE_SACKED | PLN_RANGE_LOST)) != 0)
		return;
	take_out(sb, range);
	sb->lost_ever += len_of(range);
	if (sb->ear != NULL)
		sb->ear->lost(sb->ear, range);
	sb->lost_again += (range->flags & PLN_RANGE_RETRANSMITTED) != 0 ? 1 : 0;
	range->flags &= (uint8_t)~PLN_RANGE_TWICE;
	range->flags |= PLN_RANGE_LOST;
	range->resent = 0;
	put_in(sb, range);
}

void
pln_scoreboard_lose_all(struct pln_scoreboard *sb)
{
	for (struct pln_range *r = sb->head; r != NULL; r = r->next) {
		pln_scoreboard_lose(sb, r);
		/* What was sent again of a lost range is lost too; what is sacked has no such part. */
		sb->lost_bytes += r->resent;
		r->resent = 0;
	}
}

void
pln_scoreboard_find(struct pln_scoreboard *sb)
{
	struct pln_range *r;

	while ((r = sb->lost.head) != NULL)
		unlose(sb, r);
}

void
pln_scoreboard_renege(struct pln_scoreboard *sb)
{
	for (struct pln_range *r = sb->head; r != NULL; r = r->next) {
		if ((r->flags & PLN_RANGE_SACKED) == 0)
			continue;
		take_out(sb, r);
		r->flags &= (uint8_t)~PLN_RANGE_SACKED;
		r->flags |= PLN_RANGE_LOST | PLN_RANGE_UNTIMED;
		put_in(sb, r);
	}
	memset(sb->seen, 0, sizeof(sb->seen));
}
