/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed function that an outsider cannot predict.
 * ISNs (RFC 6528), source ports (RFC 6056) and the flow table's index come from it.
 */
#ifndef POLLEN_BASE_SIPHASH_H
#define POLLEN_BASE_SIPHASH_H

#include "base/decl.h"

PLN_C_BEGIN

struct pln_siphash_key {
	uint64_t k0, k1;
};

/*
 * A key for one purpose, named by `label`. What one user's hashes give away (an ISN is a hash plus
 * a clock) then says nothing about another's.
 */
struct pln_siphash_key pln_siphash_derive(const struct pln_siphash_key *key, const char *label);

uint64_t pln_siphash(const struct pln_siphash_key *key, const void *data, size_t len);

PLN_C_END

#endif
