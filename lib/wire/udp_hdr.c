/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UDP headers in and out (RFC 768). A length field below the header's own, or beyond what IP brought, is refused; one that is less
 * leaves bytes behind the datagram that belong to nobody. The checksum is the caller's: the bytes may lie in several buffers.
 */
#include "wire/udp_hdr.h"

enum pln_drop
pln_udp_hdr_parse(const uint8_t *p, size_t first, size_t len, struct pln_udp_hdr *out)
{
	uint16_t claimed;

	if (first < PLN_UDP_HDR_LEN || len < PLN_UDP_HDR_LEN)
		return PLN_UDP_SHORT;
	claimed = pln_bytes_get16(p + 4);
	if (claimed < PLN_UDP_HDR_LEN || claimed > len)
		return PLN_UDP_BAD_LENGTH;
	out->src_port = pln_bytes_get16(p);
	out->dst_port = pln_bytes_get16(p + 2);
	out->len = claimed;
	out->has_cksum = pln_bytes_get16(p + PLN_UDP_HDR_CKSUM_OFF) != 0;
	return PLN_ACCEPT;
}

void
pln_udp_hdr_emit(uint8_t *p, const struct pln_udp_hdr *hdr)
{
	pln_bytes_put16(p, hdr->src_port);
	pln_bytes_put16(p + 2, hdr->dst_port);
	pln_bytes_put16(p + 4, hdr->len);
	pln_bytes_put16(p + PLN_UDP_HDR_CKSUM_OFF, 0);
}
