/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Toeplitz hash: for each bit of the input that is set, the 32 bits of the key that begin at the same place are added without carry.
 *
 *   key    k0 k1 k2 k3 ...                  bit i of the input adds  k[i] .. k[i+31]
 *   input  b0 b1 b2 ...
 *
 * So it is linear: the hash of a XOR b is the hash of a XOR the hash of b. A table for each byte of the input then does eight bits at
 * once, and where all but a port is fixed, the hash is a constant XOR what the port adds. It also means that whoever knows the key, or
 * has seen enough of it, makes as many collisions as he likes: it steers, it does not index (decision 0009).
 */
#include "flow/toeplitz.h"

/* The 32 bits of the key that begin `bit` bits behind `key`, bit < 8; five bytes are read. */
static uint32_t
window(const uint8_t *key, unsigned int bit)
{
	uint64_t five = (uint64_t)pln_bytes_get32(key) << 8 | key[4];

	return (uint32_t)(five >> (8 - bit));
}

uint32_t
pln_toeplitz_slow(const uint8_t *key, const uint8_t *data, size_t len)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < len; i++)
		for (unsigned int bit = 0; bit < 8; bit++)
			if (data[i] & 0x80U >> bit)
				hash ^= window(key + i, bit);
	return hash;
}

int
pln_toeplitz_prepare(struct pln_toeplitz *t, const uint8_t *key, size_t len)
{
	if (len < PLN_TOEPLITZ_KEY_MIN)
		return -EINVAL;
	for (size_t i = 0; i < PLN_TOEPLITZ_INPUT_MAX; i++) {
		for (unsigned int byte = 0; byte < 256; byte++) {
			uint8_t value = (uint8_t)byte;

			t->adds[i][byte] = pln_toeplitz_slow(key + i, &value, 1);
		}
	}
	return 0;
}
