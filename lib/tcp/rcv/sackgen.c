/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Selective acknowledgments, the receiver's side: RFC 2018 §4 and RFC 2883 §4. It decides which
 * blocks stand in an ACK and in what order; when an ACK is due, and what is held, it is told. The
 * sender's side is not here.
 *
 * Theory: an ACK may be lost, so each block is sent several times: the newest first, behind it those
 * that were the newest before. Four are remembered, because no option holds more; each report costs
 * the same few comparisons, however many gaps a peer makes. A block that has grown is taken out
 * where it stood and put to the front, which also swallows the blocks it has grown together with:
 *
 *   remembered   |AAA|  |BBB|      |CCC|        order C A B
 *   arriving          |x|
 *   held         |AAAAAAAAAAA|     |CCC|        order A' C
 */
#include "tcp/rcv/sackgen.h"

static bool
touches(struct pln_sack_block a, struct pln_sack_block b)
{
	return pln_seq_leq(a.start, b.end) && pln_seq_leq(b.start, a.end);
}

void
pln_sackgen_held(struct pln_sackgen *gen, struct pln_sack_block isle)
{
	unsigned int kept = 0;
	struct pln_sack_block old[PLN_TCP_OPTS_MAX_SACK];

	memcpy(old, gen->block, sizeof(old));
	gen->block[kept++] = isle;
	for (unsigned int i = 0; i < gen->count && kept < PLN_TCP_OPTS_MAX_SACK; i++) {
		if (!touches(old[i], isle))
			gen->block[kept++] = old[i];
	}
	gen->count = (uint8_t)kept;
}

void
pln_sackgen_duplicate(struct pln_sackgen *gen, struct pln_sack_block dup)
{
	gen->dup = dup;
	gen->dup_due = true;
}

void
pln_sackgen_advance(struct pln_sackgen *gen, uint32_t rcv_nxt)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < gen->count; i++) {
		if (pln_seq_gt(gen->block[i].start, rcv_nxt))
			gen->block[kept++] = gen->block[i];
	}
	gen->count = (uint8_t)kept;
}

unsigned int
pln_sackgen_fill(const struct pln_sackgen *gen, struct pln_sack_block *out, unsigned int max)
{
	unsigned int n = 0;

	/* RFC 2883 §4: "A D-SACK block is only used to report a duplicate contiguous sequence of data
	 * received by the receiver in the most recent packet", and stands first; the block it lies in,
	 * if any, is the newest and so comes second. */
	if (gen->dup_due && n < max)
		out[n++] = gen->dup;
	/* RFC 2018 §4: "The first SACK block (i.e., the one immediately following the kind and length
	 * fields in the option) MUST specify the contiguous block of data containing the segment which
	 * triggered this ACK". */
	for (unsigned int i = 0; i < gen->count && n < max; i++)
		out[n++] = gen->block[i];
	return n;
}

void
pln_sackgen_sent(struct pln_sackgen *gen)
{
	gen->dup_due = false;
}
