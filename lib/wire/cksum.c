/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Internet checksum. One's complement addition is addition modulo 2^16 - 1, and 2^64 - 1 is a
 * multiple of that; so words may be added eight bytes at a time, with the carry brought round, and
 * folded at the end (RFC 1071 §2). It does not care for byte order either: sums are kept in memory
 * order and stored as they are. Four independent accumulators hide the latency of the carries.
 */
#include "wire/cksum.h"

static uint64_t
load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint64_t
add_carry64(uint64_t a, uint64_t b)
{
	a += b;
	return a + (a < b);
}

static uint32_t
fold64(uint64_t sum)
{
	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & UINT32_MAX) + (sum >> 32);
	return (uint32_t)sum;
}

static uint16_t
fold32(uint32_t sum)
{
	sum = (sum & UINT16_MAX) + (sum >> 16);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	return (uint16_t)sum;
}

/* Up to 7 bytes as the word they would be with zeroes behind them. */
static uint64_t
load_tail(const uint8_t *p, size_t len)
{
	uint64_t word = 0;
	uint32_t v32;
	uint16_t v16;
	unsigned int shift = 0;

	if ((len & 4) != 0) {
		memcpy(&v32, p, sizeof(v32));
		word = v32;
		p += 4;
		shift = 32;
	}
	if ((len & 2) != 0) {
		memcpy(&v16, p, sizeof(v16));
		word |= (uint64_t)v16 << shift;
		p += 2;
		shift += 16;
	}
	if ((len & 1) != 0)
		word |= (uint64_t)*p << shift;
	return word;
}

uint32_t
pln_cksum_add(uint32_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t s0 = sum, s1 = 0, s2 = 0, s3 = 0;

	for (; len >= 32; len -= 32, p += 32) {
		s0 = add_carry64(s0, load64(p));
		s1 = add_carry64(s1, load64(p + 8));
		s2 = add_carry64(s2, load64(p + 16));
		s3 = add_carry64(s3, load64(p + 24));
	}
	for (; len >= 8; len -= 8, p += 8)
		s0 = add_carry64(s0, load64(p));
	s1 = add_carry64(s1, load_tail(p, len));
	return fold64(add_carry64(add_carry64(s0, s1), add_carry64(s2, s3)));
}

uint32_t
pln_cksum_join(uint32_t sum, uint32_t piece, size_t offset)
{
	/* RFC 1071 §2 (B): swapping the bytes of every word swaps those of the sum. */
	if ((offset & 1) != 0)
		piece = piece << 8 | piece >> 24;
	return fold64((uint64_t)sum + piece);
}

uint16_t
pln_cksum_finish(uint32_t sum)
{
	return (uint16_t)~fold32(sum);
}

uint32_t
pln_cksum_pseudo4(struct pln_be32 src, struct pln_be32 dst, uint8_t proto, uint16_t len)
{
	return fold64((uint64_t)src.raw + dst.raw + pln_be16(proto).raw + pln_be16(len).raw);
}

uint16_t
pln_cksum_update(uint16_t cksum, uint16_t before, uint16_t after)
{
	/* RFC 1624 §3, eqn. 3: HC' = ~(~HC + ~m + m') */
	return (uint16_t)~fold32((uint32_t)(uint16_t)~cksum + (uint16_t)~before + after);
}
