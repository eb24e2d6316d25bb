/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv4 addresses as the rooms keep them, and as the public headers have them (struct pln_addr): from one to the other. */
#ifndef POLLEN_BASE_IP4_H
#define POLLEN_BASE_IP4_H

#include "base/bytes.h"

PLN_C_BEGIN

static inline struct pln_addr
pln_ip4_addr(struct pln_be32 ip4)
{
	struct pln_addr addr = { PLN_FAMILY_IP4, { 0 } };

	memcpy(addr.bytes, &ip4, sizeof(ip4));
	return addr;
}

static inline struct pln_endpoint
pln_ip4_endpoint(struct pln_be32 ip4, uint16_t port)
{
	struct pln_endpoint ep = { pln_ip4_addr(ip4), port };

	return ep;
}

/* Zero for an address of another family, or of none. */
static inline struct pln_be32
pln_ip4_of(const struct pln_addr *addr)
{
	struct pln_be32 ip4 = { 0 };

	if (addr->family == PLN_FAMILY_IP4)
		memcpy(&ip4, addr->bytes, sizeof(ip4));
	return ip4;
}

PLN_C_END

#endif
