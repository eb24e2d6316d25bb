/* SPDX-License-Identifier: BSD-3-Clause */
/* Ethernet II header with an optional 802.1Q tag (RFC 894, IEEE 802.3, 802.1Q). */
#ifndef POLLEN_WIRE_ETH_HDR_H
#define POLLEN_WIRE_ETH_HDR_H

#include "base/bytes.h"
#include "base/counters.h"

PLN_C_BEGIN

#define PLN_ETH_HDR_LEN     14U
#define PLN_ETH_VLAN_LEN    4U
#define PLN_ETH_MIN_PAYLOAD 46U
#define PLN_ETH_TYPE_IP4    0x0800U
#define PLN_ETH_TYPE_ARP    0x0806U
#define PLN_ETH_TYPE_VLAN   0x8100U
#define PLN_ETH_NO_VLAN     0xffffU

struct pln_eth_hdr {
	struct pln_mac dst, src;
	uint16_t type;    /* host order, of the payload behind any tag */
	uint16_t vlan;    /* VLAN identifier 0 to 4095, PLN_ETH_NO_VLAN without tag */
	uint16_t hdr_len; /* bytes: 14 or 18 */
};

/* PLN_ACCEPT or PLN_ETH_SHORT. */
enum pln_drop pln_eth_hdr_parse(const uint8_t *frame, size_t len, struct pln_eth_hdr *out);

/*
 * Write the header; returns its length (18 when hdr->vlan is a tag). `frame` has room for 18 bytes.
 */
size_t pln_eth_hdr_emit(uint8_t *frame, const struct pln_eth_hdr *hdr);

static inline bool
pln_eth_hdr_is_group(const struct pln_mac *mac)
{
	return (mac->bytes[0] & 1U) != 0;
}

bool pln_eth_hdr_is_broadcast(const struct pln_mac *mac);

PLN_C_END

#endif
