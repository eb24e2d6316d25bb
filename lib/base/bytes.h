/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes in network order. A field in network order is a struct, so the compiler refuses to add to
 * it, compare it or forget to swap it; memory of unknown alignment is read and written only through
 * the loads and stores below.
 */
#ifndef POLLEN_BASE_BYTES_H
#define POLLEN_BASE_BYTES_H

#include "base/decl.h"

PLN_C_BEGIN

struct pln_be16 {
	uint16_t raw; /* as on the wire */
};

struct pln_be32 {
	uint32_t raw; /* as on the wire */
};

static inline uint16_t
pln_be16_get(struct pln_be16 v)
{
	return __builtin_bswap16(v.raw);
}

static inline struct pln_be16
pln_be16(uint16_t host)
{
	struct pln_be16 v = { __builtin_bswap16(host) };

	return v;
}

static inline uint32_t
pln_be32_get(struct pln_be32 v)
{
	return __builtin_bswap32(v.raw);
}

static inline struct pln_be32
pln_be32(uint32_t host)
{
	struct pln_be32 v = { __builtin_bswap32(host) };

	return v;
}

/* Big-endian loads and stores at any alignment. */
static inline uint16_t
pln_bytes_get16(const uint8_t *p)
{
	return (uint16_t)((uint16_t)p[0] << 8 | p[1]);
}

static inline uint32_t
pln_bytes_get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap32(v);
}

static inline void
pln_bytes_put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
pln_bytes_put32(uint8_t *p, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(p, &v, sizeof(v));
}

PLN_C_END

#endif
