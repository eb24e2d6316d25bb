/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * On which number do a NIC's queues hang? The Toeplitz hash of Microsoft's "RSS Hashing Functions", over the source and destination
 * address of a packet that arrives, and its source and destination port where the NIC looks at them, all in network order. What is
 * made of the number (a table, queues, lcores) is flow/steer's.
 */
#ifndef POLLEN_FLOW_TOEPLITZ_H
#define POLLEN_FLOW_TOEPLITZ_H

#include "base/bytes.h"

PLN_C_BEGIN

#define PLN_TOEPLITZ_INPUT_MAX 12U /* bytes: two IPv4 addresses, two ports */
#define PLN_TOEPLITZ_KEY_MIN   16U /* bytes: 32 bits more than the longest input */

/* A key, prepared: what each byte adds at each place of the input. 12 KiB; written once, then shared by all who read. */
struct pln_toeplitz {
	uint32_t adds[PLN_TOEPLITZ_INPUT_MAX][256];
};

/**
 * The hash as it is defined, bit by bit: slow, for any length.
 *
 * @param key  at least `len` + 4 bytes of it
 * @param data `len` bytes, network order
 */
uint32_t pln_toeplitz_slow(const uint8_t *key, const uint8_t *data, size_t len);

/**
 * Prepare a key of any length; what lies behind its 16th byte does not matter to IPv4.
 *
 * @return 0; -EINVAL when it is shorter than that
 */
int pln_toeplitz_prepare(struct pln_toeplitz *t, const uint8_t *key, size_t len);

/** What a source and destination port add (host order); also the place to look when only the port is still open. */
static inline uint32_t
pln_toeplitz_ports(const struct pln_toeplitz *t, uint16_t src, uint16_t dst)
{
	return t->adds[8][src >> 8] ^ t->adds[9][src & 0xff] ^ t->adds[10][dst >> 8] ^
	       t->adds[11][dst & 0xff];
}

/** The hash of a packet from `src` to `dst` without ports: of other protocols, and of fragments. */
static inline uint32_t
pln_toeplitz_addrs(const struct pln_toeplitz *t, struct pln_be32 src, struct pln_be32 dst)
{
	uint32_t s = src.raw, d = dst.raw; /* the first byte on the wire is the lowest */

	return t->adds[0][s & 0xff] ^ t->adds[1][s >> 8 & 0xff] ^ t->adds[2][s >> 16 & 0xff] ^
	       t->adds[3][s >> 24] ^ t->adds[4][d & 0xff] ^ t->adds[5][d >> 8 & 0xff] ^
	       t->adds[6][d >> 16 & 0xff] ^ t->adds[7][d >> 24];
}

PLN_C_END

#endif
