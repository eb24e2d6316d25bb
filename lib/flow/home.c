/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the device's rule is known and leads to an lcore, that one; else a keyed hash, scaled to the number of stacks: an outsider
 * cannot aim his flows at one of them. A port alone and a pair of addresses alone are keys with the rest zero, which no connection has.
 */
#include "flow/home.h"

static uint32_t
hashed(const struct pln_home *home, const struct pln_flow_key *key)
{
	uint64_t hash = pln_siphash(&home->key, key, sizeof(*key));

	return (uint32_t)(((hash & UINT32_MAX) * home->count) >> 32);
}

/* A steering may count fewer lcores than there are stacks, never more. */
static bool
device_knows(const struct pln_home *home, const struct pln_steer_pkt *pkt, uint32_t *lcore)
{
	int known = home->steer != NULL ? pln_steer_lcore(home->steer, pkt) : PLN_STEER_UNKNOWN;

	*lcore = (uint32_t)known;
	return known >= 0 && *lcore < home->count;
}

void
pln_home_init(struct pln_home *home, const struct pln_siphash_key *secret,
              const struct pln_steer *steer, uint32_t count, uint32_t self)
{
	PLN_ASSERT(self < count);
	home->key = pln_siphash_derive(secret, "home");
	home->steer = steer;
	home->count = count;
	home->self = self;
}

uint32_t
pln_home_of_flow(const struct pln_home *home, const struct pln_flow_key *key)
{
	const struct pln_steer_pkt pkt = { .key = *key, .proto = PLN_IP4_PROTO_TCP };
	uint32_t lcore;

	if (pln_home_is_alone(home))
		return home->self;
	return device_knows(home, &pkt, &lcore) ? lcore : hashed(home, key);
}

uint32_t
pln_home_of_port(const struct pln_home *home, uint16_t port)
{
	const struct pln_flow_key key = { .local_port = port };

	return pln_home_is_alone(home) ? home->self : hashed(home, &key);
}

uint32_t
pln_home_of_pair(const struct pln_home *home, const struct pln_flow_key *key, uint8_t proto)
{
	const struct pln_steer_pkt pkt = {
		.key = { .local = key->local, .remote = key->remote },
		.proto = proto,
		.fragment = true,
	};
	uint32_t lcore;

	if (pln_home_is_alone(home))
		return home->self;
	return device_knows(home, &pkt, &lcore) ? lcore : hashed(home, &pkt.key);
}
