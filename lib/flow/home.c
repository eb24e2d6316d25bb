/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the device's rule is known, and ports decide by it, the lcore that it leads to; else a keyed hash, scaled to the number of
 * stacks: an outsider cannot aim his flows at one of them. A rule that looks at addresses alone would leave all other lcores without a
 * port for that peer. A pair of addresses alone is a key with the rest zero, which no connection has.
 */
#include "flow/home.h"

static uint32_t
hashed(const struct pln_home *home, const struct pln_flow_key *key)
{
	uint64_t hash = pln_siphash(&home->key, key, sizeof(*key));

	return (uint32_t)(((hash & UINT32_MAX) * home->count) >> 32);
}

void
pln_home_init(struct pln_home *home, const struct pln_siphash_key *secret,
              const struct pln_steer *steer, uint32_t count, uint32_t self)
{
	PLN_ASSERT(self < count);
	PLN_ASSERT(steer == NULL || steer->lcores <= count);
	home->key = pln_siphash_derive(secret, "home");
	home->steer = steer;
	home->count = count;
	home->self = self;
}

uint32_t
pln_home_of_flow(const struct pln_home *home, const struct pln_flow_key *key)
{
	struct pln_home_aim aim;

	if (pln_home_is_alone(home))
		return home->self;
	pln_home_aim(home, key, &aim);
	return pln_home_aim_at(&aim, key->local_port);
}

static bool
ports_decide(enum pln_steer_by by)
{
	return by == PLN_STEER_BY_HASH || by == PLN_STEER_BY_RULE || by == PLN_STEER_BY_MIX;
}

void
pln_home_aim(const struct pln_home *home, const struct pln_flow_key *key, struct pln_home_aim *aim)
{
	const struct pln_steer_pkt pkt = { .key = *key, .proto = PLN_IP4_PROTO_TCP };

	aim->home = home;
	aim->key = *key;
	aim->by_device = false;
	if (home->steer == NULL)
		return;
	pln_steer_aim(home->steer, &pkt, &aim->device);
	aim->by_device = ports_decide(aim->device.by);
}

uint32_t
pln_home_aim_at(const struct pln_home_aim *aim, uint16_t local_port)
{
	struct pln_flow_key key = aim->key;

	if (aim->by_device)
		return (uint32_t)pln_steer_aim_lcore(&aim->device, local_port);
	key.local_port = local_port;
	return hashed(aim->home, &key);
}

uint32_t
pln_home_of_pair(const struct pln_home *home, const struct pln_flow_key *key, uint8_t proto)
{
	const struct pln_steer_pkt pkt = {
		.key = { .local = key->local, .remote = key->remote },
		.proto = proto,
		.fragment = true,
	};
	int lcore;

	if (pln_home_is_alone(home))
		return home->self;
	lcore = home->steer != NULL ? pln_steer_lcore(home->steer, &pkt) : PLN_STEER_UNKNOWN;
	return lcore >= 0 ? (uint32_t)lcore : hashed(home, &pkt.key);
}
