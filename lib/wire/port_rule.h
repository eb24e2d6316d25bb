/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One rule that sends packets to a receive queue by their ports: what flow/steer plans and dev/rule gives to a device.
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

PLN_C_END

#endif
