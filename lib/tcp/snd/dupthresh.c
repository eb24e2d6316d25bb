/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RFC 6675 §4 on the scoreboard: IsLost for all at once, and the ranges that NextSeg's later rules choose. Used where RACK is switched off.
 *
 * Theory: three segments that arrived after a missing one say that it is lost rather than late, as three duplicate ACKs do (RFC 5681), but
 * for each hole by itself. So the highest three blocks, or the highest bytes worth more than two segments, draw a line: what is missing
 * below it is lost. A retransmission looks like what it repeats, so its loss is not seen: a timeout has to find that.
 */
#include "tcp/snd/dupthresh.h"

#define DUP_THRESH 3U

static bool
is_sacked(const struct pln_range *r)
{
	return (r->flags & PLN_RANGE_SACKED) != 0;
}

/* The highest sacked range: mostly the one that was marked last. */
static struct pln_range *
top(struct pln_scoreboard *board)
{
	struct pln_range *r = board->at;

	if (r == NULL || !is_sacked(r) || r->end != board->sacked_end)
		r = board->tail;
	while (r != NULL && !is_sacked(r))
		r = r->prev;
	return r;
}

/* The highest range below which all that is missing is lost; NULL: none is. */
static struct pln_range *
line(struct pln_scoreboard *board, uint32_t smss)
{
	uint32_t blocks = 0;
	uint64_t bytes = 0;

	for (struct pln_range *r = top(board); r != NULL; r = r->prev) {
		if (!is_sacked(r))
			continue;
		blocks++;
		bytes += r->end - r->start;
		/* "The routine returns true when either DupThresh discontiguous SACKed sequences have arrived above 'SeqNum' or more than
		 * (DupThresh - 1) * SMSS bytes with sequence numbers greater than 'SeqNum' have been SACKed." */
		if (blocks >= DUP_THRESH || bytes > (uint64_t)(DUP_THRESH - 1) * smss)
			return r;
	}
	return NULL;
}

void
pln_dupthresh_detect(struct pln_scoreboard *board, uint32_t smss)
{
	struct pln_range *limit = board->sacked_bytes > 0 ? line(board, smss) : NULL, *r, *next;

	if (limit == NULL)
		return;
	/* What is in flight and was not sent again was sent in order. */
	for (r = board->flight.head; r != NULL && pln_seq_lt(r->start, limit->start); r = next) {
		next = r->later;
		if ((r->flags & PLN_RANGE_RETRANSMITTED) == 0)
			pln_scoreboard_lose(board, r);
	}
}

struct pln_range *
pln_dupthresh_next(struct pln_scoreboard *board)
{
	struct pln_range *r = board->flight.head;

	/* "(1.a) S2 is greater than HighRxt. (1.b) S2 is less than the highest octet covered by any received SACK." */
	while (r != NULL && (r->flags & PLN_RANGE_RETRANSMITTED) != 0)
		r = r->later;
	if (r == NULL || board->sacked_bytes == 0 || pln_seq_geq(r->start, board->sacked_end))
		return NULL;
	return r;
}

struct pln_range *
pln_dupthresh_last(struct pln_scoreboard *board)
{
	struct pln_range *r = board->tail;

	while (r != NULL && is_sacked(r))
		r = r->prev;
	return r;
}
