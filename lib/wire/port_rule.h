/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What flow/steer and the rooms of dev/ say to each other about a device's queues: one rule that sends packets to a queue by their
 * ports, which flow/steer plans and dev/rule gives to a device; and what a device hashes, which dev/rss reads and flow/steer computes.
 */
#ifndef POLLEN_WIRE_PORT_RULE_H
#define POLLEN_WIRE_PORT_RULE_H

#include "base/decl.h"

PLN_C_BEGIN

/* A packet of `proto` whose ports, masked, have these values goes to `queue`. Host order; a mask of 0 asks for nothing. */
struct pln_port_rule {
	uint16_t src, src_mask;
	uint16_t dst, dst_mask;
	uint16_t queue;
	uint8_t proto; /* PLN_IP4_PROTO_TCP or _UDP */
};

/* Which packets a device hashes by what. */
enum pln_steer_hashes {
	PLN_STEER_HASH_IP4 = 1 << 0,  /* by addresses: all that is not named below */
	PLN_STEER_HASH_FRAG = 1 << 1, /* fragments, by addresses */
	PLN_STEER_HASH_TCP = 1 << 2,  /* TCP by addresses and ports */
	PLN_STEER_HASH_UDP = 1 << 3,  /* UDP by addresses and ports */
};

PLN_C_END

#endif
