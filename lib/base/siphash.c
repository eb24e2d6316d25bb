/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SipHash-2-4 as its authors specify it ("SipHash: a fast short-input PRF", 2012, §2): two rounds a
 * 64-bit word, four to finish, 64 bits of output. Bytes are read little-endian, which is this
 * library's only host order.
 */
#include "base/siphash.h"

struct state {
	uint64_t v0, v1, v2, v3;
};

static uint64_t
rotate(uint64_t x, unsigned int bits)
{
	return x << bits | x >> (64 - bits);
}

static void
sip_round(struct state *s)
{
	s->v0 += s->v1;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v2 = rotate(s->v2, 32);
}

static void
compress(struct state *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	sip_round(s);
	s->v0 ^= word;
}

uint64_t
pln_siphash(const struct pln_siphash_key *key, const void *data, size_t len)
{
	struct state s = {
		key->k0 ^ UINT64_C(0x736f6d6570736575),
		key->k1 ^ UINT64_C(0x646f72616e646f6d),
		key->k0 ^ UINT64_C(0x6c7967656e657261),
		key->k1 ^ UINT64_C(0x7465646279746573),
	};
	const uint8_t *p = data;
	uint64_t word, last = (uint64_t)len << 56;
	size_t i, tail = len % 8;

	for (; len >= 8; len -= 8, p += 8) {
		memcpy(&word, p, sizeof(word));
		compress(&s, word);
	}
	for (i = 0; i < tail; i++)
		last |= (uint64_t)p[i] << (8 * i);
	compress(&s, last);
	s.v2 ^= 0xff;
	for (i = 0; i < 4; i++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

struct pln_siphash_key
pln_siphash_derive(const struct pln_siphash_key *key, const char *label)
{
	struct pln_siphash_key turned = { key->k1, key->k0 }, derived;
	size_t len = strlen(label);

	derived.k0 = pln_siphash(key, label, len);
	derived.k1 = pln_siphash(&turned, label, len);
	return derived;
}
