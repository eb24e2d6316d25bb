/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The SACK blocks that a receiver sends (RFC 2018 §3-4, RFC 2883): which stretches beyond RCV.NXT it
 * holds, the one that changed last first, and before them, once, what it received a second time.
 */
#ifndef POLLEN_TCP_RCV_SACKGEN_H
#define POLLEN_TCP_RCV_SACKGEN_H

#include "wire/seq.h"
#include "wire/tcp_opts.h"

PLN_C_BEGIN

/* All zero knows nothing. */
struct pln_sackgen {
	struct pln_sack_block block[PLN_TCP_OPTS_MAX_SACK]; /* disjoint, most recent first */
	struct pln_sack_block dup;                          /* valid with dup_due */
	uint8_t count;                                      /* of block */
	bool dup_due; /* a duplicate arrived and was not reported yet */
};

/* A segment arrived that lies, as a whole or in part, in `isle`: the whole stretch without a gap that
 * is held around it now. */
void pln_sackgen_held(struct pln_sackgen *gen, struct pln_sack_block isle);

/* These bytes had arrived before. Of several reports not sent yet the last one stays. */
void pln_sackgen_duplicate(struct pln_sackgen *gen, struct pln_sack_block dup);

/* RCV.NXT is now `rcv_nxt`: what lies before it is acknowledged and needs no block. */
void pln_sackgen_advance(struct pln_sackgen *gen, uint32_t rcv_nxt);

/* Blocks that are due, were there room for all. */
static inline unsigned int
pln_sackgen_due(const struct pln_sackgen *gen)
{
	return gen->count + (gen->dup_due ? 1U : 0U);
}

/* The blocks for an ACK, at most `max` of them; returns how many. */
unsigned int pln_sackgen_fill(const struct pln_sackgen *gen, struct pln_sack_block *out,
                              unsigned int max);

/* An ACK left with what fill gave: a duplicate is reported once only. */
void pln_sackgen_sent(struct pln_sackgen *gen);

PLN_C_END

#endif
