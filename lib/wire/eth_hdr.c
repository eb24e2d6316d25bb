/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ethernet II headers, plain or with one 802.1Q tag, in and out. Who a frame is for, and whether
 * its type is spoken here, is decided by the caller. A second tag (802.1ad) is left to it as a type
 * that nobody speaks, and so is an 802.3 length.
 */
#include "wire/eth_hdr.h"

#define TYPE_OFF 12U
#define VID_MASK 0x0fffU

enum pln_drop
pln_eth_hdr_parse(const uint8_t *frame, size_t len, struct pln_eth_hdr *out)
{
	if (len < PLN_ETH_HDR_LEN)
		return PLN_ETH_SHORT;
	memcpy(out->dst.bytes, frame, sizeof(out->dst.bytes));
	memcpy(out->src.bytes, frame + sizeof(out->dst.bytes), sizeof(out->src.bytes));
	out->type = pln_bytes_get16(frame + TYPE_OFF);
	out->vlan = PLN_ETH_NO_VLAN;
	out->hdr_len = PLN_ETH_HDR_LEN;
	if (out->type != PLN_ETH_TYPE_VLAN)
		return PLN_ACCEPT;
	if (len < PLN_ETH_HDR_LEN + PLN_ETH_VLAN_LEN)
		return PLN_ETH_SHORT;
	out->vlan = pln_bytes_get16(frame + TYPE_OFF + 2) & VID_MASK;
	out->type = pln_bytes_get16(frame + TYPE_OFF + PLN_ETH_VLAN_LEN);
	out->hdr_len = PLN_ETH_HDR_LEN + PLN_ETH_VLAN_LEN;
	return PLN_ACCEPT;
}

size_t
pln_eth_hdr_emit(uint8_t *frame, const struct pln_eth_hdr *hdr)
{
	uint8_t *p = frame + TYPE_OFF;

	memcpy(frame, hdr->dst.bytes, sizeof(hdr->dst.bytes));
	memcpy(frame + sizeof(hdr->dst.bytes), hdr->src.bytes, sizeof(hdr->src.bytes));
	if (hdr->vlan != PLN_ETH_NO_VLAN) {
		pln_bytes_put16(p, PLN_ETH_TYPE_VLAN);
		pln_bytes_put16(p + 2, hdr->vlan & VID_MASK); /* priority 0 */
		p += PLN_ETH_VLAN_LEN;
	}
	pln_bytes_put16(p, hdr->type);
	return (size_t)(p + 2 - frame);
}

bool
pln_eth_hdr_is_broadcast(const struct pln_mac *mac)
{
	static const uint8_t all_ones[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	return memcmp(mac->bytes, all_ones, sizeof(all_ones)) == 0;
}
