/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where does a packet go? Answers for one packet, and for all local ports of a flow whose addresses and remote port are fixed:
 *
 *   the device's hash   constant XOR what the port adds (flow/toeplitz), then the table, then who polls the queue
 *   rules               ports from 32768 up are ours, drawn for connections we open: their low bits tell; below, where services
 *                       listen, the low bits of the peer's port tell, so that one service is spread
 *   our own hash        SipHash over addresses and remote port, then the local port is mixed in by multiplication: what an outsider
 *                       can vary goes through the keyed part, so it cannot aim at an lcore; all of a fragmented datagram goes by
 *                       its addresses, so that it meets
 *
 * How a mode is chosen is in steer_choose.c.
 */
#include "flow/steer.h"

static bool
has_ports(const struct pln_steer_pkt *pkt)
{
	return !pkt->fragment &&
	       (pkt->proto == PLN_IP4_PROTO_TCP || pkt->proto == PLN_IP4_PROTO_UDP);
}

/* ------------------------------------------------------------------------------------------------ the device's hash */

static uint16_t
queue_of_hash(const struct pln_steer *steer, uint32_t hash)
{
	uint32_t i = steer->reta_mask != 0 ? hash & steer->reta_mask : hash % steer->reta_size;

	return steer->reta[i];
}

static bool
hashes_ports(const struct pln_steer *steer, const struct pln_steer_pkt *pkt)
{
	uint32_t wanted = pkt->proto == PLN_IP4_PROTO_TCP ? PLN_STEER_HASH_TCP : PLN_STEER_HASH_UDP;

	return has_ports(pkt) && (steer->hashes & wanted) != 0;
}

static bool
hashes_addrs(const struct pln_steer *steer, const struct pln_steer_pkt *pkt)
{
	uint32_t enough = PLN_STEER_HASH_IP4 | (pkt->fragment ? PLN_STEER_HASH_FRAG : 0);

	return (steer->hashes & enough) != 0;
}

/* What a device does not hash it puts on its first queue. */
static void
aim_device(struct pln_steer_aim *aim, const struct pln_steer_pkt *pkt)
{
	const struct pln_steer *steer = aim->steer;
	const struct pln_flow_key *key = &pkt->key;
	uint32_t hash;

	if (!steer->known)
		return;
	hash = pln_toeplitz_addrs(&steer->hash, key->remote, key->local);
	if (hashes_ports(steer, pkt)) {
		aim->by = PLN_STEER_BY_HASH;
		aim->fixed = hash ^ pln_toeplitz_ports(&steer->hash, key->remote_port, 0);
		return;
	}
	aim->by = PLN_STEER_BY_FIXED;
	aim->fixed = hashes_addrs(steer, pkt) ? queue_of_hash(steer, hash) : 0;
}

/* ------------------------------------------------------------------------------------------------ rules */

static uint16_t
queue_of_rule(const struct pln_steer *steer, uint16_t remote_port, uint16_t local_port)
{
	uint16_t port = local_port & PLN_STEER_OURS ? local_port : remote_port;

	return (uint16_t)((port & (steer->classes - 1U)) % steer->queues);
}

static void
aim_rules(struct pln_steer_aim *aim, const struct pln_steer_pkt *pkt)
{
	aim->by = has_ports(pkt) ? PLN_STEER_BY_RULE : PLN_STEER_BY_FIXED;
	aim->fixed = has_ports(pkt) ? pkt->key.remote_port : 0;
}

/* Low bits enough to tell the queues apart; where these are no power of two, four times as many, so that none has far more. */
static uint16_t
classes_for(uint16_t queues)
{
	uint32_t classes = 1, enough = (queues & (queues - 1U)) == 0 ? queues : 4U * queues;

	while (classes < enough)
		classes *= 2;
	return (uint16_t)classes;
}

/* The two rules of a class: our port in it, or the peer's, where ours is a service's. */
static void
fill_rules(struct pln_port_rule *rules, uint8_t proto, uint16_t class_bits, uint16_t mask,
           uint16_t queue)
{
	rules[0] = (struct pln_port_rule){ .dst = (uint16_t)(PLN_STEER_OURS | class_bits),
		                           .dst_mask = (uint16_t)(PLN_STEER_OURS | mask),
		                           .queue = queue,
		                           .proto = proto };
	rules[1] = (struct pln_port_rule){ .src = class_bits,
		                           .src_mask = mask,
		                           .dst_mask = PLN_STEER_OURS,
		                           .queue = queue,
		                           .proto = proto };
}

size_t
pln_steer_rules(uint16_t queues, struct pln_port_rule *rules)
{
	uint16_t classes, mask;
	size_t n;

	if (queues == 0 || queues > PLN_STEER_QUEUES_MAX)
		return 0;
	classes = classes_for(queues);
	mask = (uint16_t)(classes - 1);
	n = (size_t)classes * PLN_STEER_CLASS_RULES;
	if (n > PLN_STEER_RULES_MAX)
		return 0;
	for (uint16_t c = 0; rules != NULL && c < classes; c++, rules += PLN_STEER_CLASS_RULES) {
		uint16_t queue = (uint16_t)(c % queues);

		fill_rules(rules, PLN_IP4_PROTO_TCP, c, mask, queue);
		fill_rules(rules + 2, PLN_IP4_PROTO_UDP, c, mask, queue);
	}
	return n;
}

/* ------------------------------------------------------------------------------------------------ our own hash */

/* 64 bits to an lcore, by the high ones. */
static uint64_t
scale(uint64_t hash, uint16_t lcores)
{
	return (hash >> 32) * lcores >> 32;
}

/* The finalizer of MurmurHash3 (public domain): each bit of the input changes each of the output half of the time. */
static uint64_t
stir(uint64_t x)
{
	x ^= x >> 33;
	x *= UINT64_C(0xff51afd7ed558ccd);
	x ^= x >> 33;
	x *= UINT64_C(0xc4ceb9fe1a85ec53);
	return x ^ x >> 33;
}

static void
aim_own(struct pln_steer_aim *aim, const struct pln_steer_pkt *pkt)
{
	const struct pln_steer *steer = aim->steer;
	bool by_ports = has_ports(pkt);
	/* Written in the pieces that SipHash reads: 12 bytes. */
	const struct {
		uint64_t addrs;
		uint32_t port;
	} in = {
		(uint64_t)pkt->key.local.raw << 32 | pkt->key.remote.raw,
		by_ports ? (uint32_t)pkt->key.remote_port << 16 | pkt->proto : 0,
	};
	uint64_t hash = pln_siphash(&steer->secret, &in, 12);

	aim->by = by_ports ? PLN_STEER_BY_MIX : PLN_STEER_BY_FIXED;
	aim->fixed = by_ports ? hash : scale(hash, steer->lcores);
}

/* ------------------------------------------------------------------------------------------------ asking */

void
pln_steer_aim(const struct pln_steer *steer, const struct pln_steer_pkt *pkt,
              struct pln_steer_aim *aim)
{
	aim->steer = steer;
	aim->fixed = 0;
	aim->by = PLN_STEER_BY_NOTHING;
	switch (steer->mode) {
	case PLN_STEER_SINGLE:
		aim->by = PLN_STEER_BY_FIXED;
		return;
	case PLN_STEER_SOFTWARE:
		aim_own(aim, pkt);
		return;
	case PLN_STEER_PAIRED:
	case PLN_STEER_AUTO:
		return;
	case PLN_STEER_RSS:
	case PLN_STEER_ADOPT:
		aim_device(aim, pkt);
		break;
	case PLN_STEER_RULES:
		aim_rules(aim, pkt);
		break;
	}
	if (aim->by == PLN_STEER_BY_FIXED)
		aim->fixed = steer->lcore_of[aim->fixed];
}

int
pln_steer_aim_lcore(const struct pln_steer_aim *aim, uint16_t local_port)
{
	const struct pln_steer *steer = aim->steer;

	switch (aim->by) {
	case PLN_STEER_BY_NOTHING:
		break;
	case PLN_STEER_BY_FIXED:
		return (int)aim->fixed;
	case PLN_STEER_BY_HASH:
		return steer->lcore_of[queue_of_hash(
			steer,
			(uint32_t)aim->fixed ^ pln_toeplitz_ports(&steer->hash, 0, local_port))];
	case PLN_STEER_BY_RULE:
		return steer->lcore_of[queue_of_rule(steer, (uint16_t)aim->fixed, local_port)];
	case PLN_STEER_BY_MIX:
		return (int)scale(stir(aim->fixed + local_port), steer->lcores);
	}
	return PLN_STEER_UNKNOWN;
}

int
pln_steer_lcore(const struct pln_steer *steer, const struct pln_steer_pkt *pkt)
{
	struct pln_steer_aim aim;

	pln_steer_aim(steer, pkt, &aim);
	return pln_steer_aim_lcore(&aim, pkt->key.local_port);
}

int
pln_steer_queue(const struct pln_steer *steer, const struct pln_steer_pkt *pkt)
{
	const struct pln_flow_key *key = &pkt->key;
	struct pln_steer_aim aim = { .steer = steer, .by = PLN_STEER_BY_NOTHING };

	if (steer->queues == 1)
		return 0;
	if (steer->mode == PLN_STEER_RULES)
		return has_ports(pkt) ? queue_of_rule(steer, key->remote_port, key->local_port) : 0;
	aim_device(&aim, pkt);
	if (aim.by == PLN_STEER_BY_FIXED)
		return (int)aim.fixed;
	if (aim.by == PLN_STEER_BY_HASH)
		return queue_of_hash(steer,
		                     (uint32_t)aim.fixed ^
		                             pln_toeplitz_ports(&steer->hash, 0, key->local_port));
	return PLN_STEER_UNKNOWN;
}
