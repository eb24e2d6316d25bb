/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A keyed hash, scaled to the number of stacks: an outsider cannot aim his flows at one of them. A port alone and a pair of addresses
 * alone are keys with the rest zero, which no connection has.
 */
#include "flow/home.h"

static uint32_t
scale(uint64_t hash, uint32_t count)
{
	return (uint32_t)(((hash & UINT32_MAX) * count) >> 32);
}

void
pln_home_init(struct pln_home *home, const struct pln_siphash_key *secret, uint32_t count,
              uint32_t self)
{
	PLN_ASSERT(self < count);
	home->key = pln_siphash_derive(secret, "home");
	home->count = count;
	home->self = self;
}

uint32_t
pln_home_of_flow(const struct pln_home *home, const struct pln_flow_key *key)
{
	return pln_home_is_alone(home)
	               ? home->self
	               : scale(pln_siphash(&home->key, key, sizeof(*key)), home->count);
}

uint32_t
pln_home_of_port(const struct pln_home *home, uint16_t port)
{
	struct pln_flow_key key = { .local_port = port };

	return pln_home_of_flow(home, &key);
}

uint32_t
pln_home_of_pair(const struct pln_home *home, struct pln_be32 local, struct pln_be32 remote)
{
	struct pln_flow_key key = { .local = local, .remote = remote };

	return pln_home_of_flow(home, &key);
}
