/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What tells one flow from another (RFC 9293 §3.1: the socket pair), and its hash. Twelve bytes
 * without padding, so that a key may be hashed and compared as it lies.
 */
#ifndef POLLEN_FLOW_FLOW_KEY_H
#define POLLEN_FLOW_FLOW_KEY_H

#include "base/bytes.h"
#include "base/siphash.h"

PLN_C_BEGIN

struct pln_flow_key {
	struct pln_be32 local, remote;
	uint16_t local_port, remote_port; /* host order */
};

static_assert(sizeof(struct pln_flow_key) == 12, "hashed and compared byte by byte");

static inline uint32_t
pln_flow_key_hash(const struct pln_flow_key *key, const struct pln_siphash_key *secret)
{
	return (uint32_t)pln_siphash(secret, key, sizeof(*key));
}

static inline bool
pln_flow_key_equal(const struct pln_flow_key *a, const struct pln_flow_key *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

PLN_C_END

#endif
