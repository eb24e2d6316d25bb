/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ARP packets of the one kind this stack speaks, IPv4 addresses over Ethernet (RFC 826, "Packet
 * format"). Whether a sender is believed is decided in ip/arp.
 */
#include "wire/arp_hdr.h"

#define HTYPE_ETHERNET 1U
#define PTYPE_IP4      0x0800U
#define HLEN_ETHERNET  6U
#define PLEN_IP4       4U

/* Offsets of the fields. */
enum {
	HTYPE = 0,
	PTYPE = 2,
	HLEN = 4,
	PLEN = 5,
	OPCODE = 6,
	SHA = 8,
	SPA = 14,
	THA = 18,
	TPA = 24,
};

enum pln_drop
pln_arp_hdr_parse(const uint8_t *p, size_t len, struct pln_arp_hdr *out)
{
	if (len < PLN_ARP_HDR_LEN)
		return PLN_ARP_SHORT;
	if (pln_bytes_get16(p + HTYPE) != HTYPE_ETHERNET || pln_bytes_get16(p + PTYPE) != PTYPE_IP4)
		return PLN_ARP_BAD_TYPE;
	if (p[HLEN] != HLEN_ETHERNET || p[PLEN] != PLEN_IP4)
		return PLN_ARP_BAD_TYPE;
	out->opcode = pln_bytes_get16(p + OPCODE);
	if (out->opcode != PLN_ARP_REQUEST && out->opcode != PLN_ARP_REPLY)
		return PLN_ARP_BAD_OPCODE;
	memcpy(out->sha.bytes, p + SHA, sizeof(out->sha.bytes));
	memcpy(out->tha.bytes, p + THA, sizeof(out->tha.bytes));
	memcpy(&out->spa.raw, p + SPA, sizeof(out->spa.raw));
	memcpy(&out->tpa.raw, p + TPA, sizeof(out->tpa.raw));
	return PLN_ACCEPT;
}

void
pln_arp_hdr_emit(uint8_t *p, const struct pln_arp_hdr *hdr)
{
	pln_bytes_put16(p + HTYPE, HTYPE_ETHERNET);
	pln_bytes_put16(p + PTYPE, PTYPE_IP4);
	p[HLEN] = HLEN_ETHERNET;
	p[PLEN] = PLEN_IP4;
	pln_bytes_put16(p + OPCODE, hdr->opcode);
	memcpy(p + SHA, hdr->sha.bytes, sizeof(hdr->sha.bytes));
	memcpy(p + SPA, &hdr->spa.raw, sizeof(hdr->spa.raw));
	memcpy(p + THA, hdr->tha.bytes, sizeof(hdr->tha.bytes));
	memcpy(p + TPA, &hdr->tpa.raw, sizeof(hdr->tpa.raw));
}
