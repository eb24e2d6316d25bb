/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sequence numbers, modulo 2^32 (RFC 9293 §3.4). The only comparisons of sequence numbers in this
 * library.
 */
#ifndef POLLEN_WIRE_SEQ_H
#define POLLEN_WIRE_SEQ_H

#include "base/decl.h"

PLN_C_BEGIN

static inline bool
pln_seq_lt(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline bool
pln_seq_leq(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) <= 0;
}

static inline bool
pln_seq_gt(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

static inline bool
pln_seq_geq(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) >= 0;
}

static inline uint32_t
pln_seq_max(uint32_t a, uint32_t b)
{
	return pln_seq_geq(a, b) ? a : b;
}

static inline uint32_t
pln_seq_min(uint32_t a, uint32_t b)
{
	return pln_seq_leq(a, b) ? a : b;
}

/* a in [low, high), all modulo 2^32. */
static inline bool
pln_seq_in(uint32_t a, uint32_t low, uint32_t high)
{
	return a - low < high - low;
}

PLN_C_END

#endif
