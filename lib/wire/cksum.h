/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Internet checksum (RFC 1071) and its incremental update (RFC 1624). A partial sum is a 32-bit
 * accumulator of 16-bit words in memory order, folded lazily; pieces of odd length are joined with
 * pln_cksum_join.
 */
#ifndef POLLEN_WIRE_CKSUM_H
#define POLLEN_WIRE_CKSUM_H

#include "base/bytes.h"

PLN_C_BEGIN

/* Add `len` bytes to a partial sum; the piece starts at an even offset of the whole. */
uint32_t pln_cksum_add(uint32_t sum, const void *data, size_t len);

/*
 * Add the partial sum of a piece that starts `offset` bytes into the whole (odd offsets swap it).
 */
uint32_t pln_cksum_join(uint32_t sum, uint32_t piece, size_t offset);

/*
 * The checksum field's value (memory order) of a partial sum: fold and complement. A right packet
 * sums to 0.
 */
uint16_t pln_cksum_finish(uint32_t sum);

/*
 * Partial sum of the IPv4 pseudo-header (RFC 9293 §3.1, RFC 768); addresses in memory order, len in
 * host order.
 */
uint32_t pln_cksum_pseudo4(struct pln_be32 src, struct pln_be32 dst, uint8_t proto, uint16_t len);

/*
 * RFC 1624 eqn. 3: the checksum after one 16-bit word (memory order) changed from `before` to
 * `after`.
 */
uint16_t pln_cksum_update(uint16_t cksum, uint16_t before, uint16_t after);

PLN_C_END

#endif
