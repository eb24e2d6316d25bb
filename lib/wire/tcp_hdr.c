/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP headers in and out (RFC 9293 §3.1). The reserved bits are ignored on receipt and sent as zero
 * ("Must be zero in generated segments and must be ignored in received segments if the
 * corresponding future features are not implemented"). The checksum, which needs the IP header and
 * maybe the device, is the caller's.
 */
#include "wire/tcp_hdr.h"

/* Offsets of the fields. */
enum {
	SRC_PORT = 0,
	DST_PORT = 2,
	SEQ = 4,
	ACK = 8,
	DATA_OFFSET = 12,
	FLAGS = 13,
	WINDOW = 14,
	URGENT = 18,
};

enum pln_drop
pln_tcp_hdr_parse(const uint8_t *p, size_t len, struct pln_seg *out)
{
	size_t hdr_len;

	if (len < PLN_TCP_HDR_LEN)
		return PLN_TCP_SHORT;
	hdr_len = (size_t)(p[DATA_OFFSET] >> 4) * 4;
	if (hdr_len < PLN_TCP_HDR_LEN || hdr_len > len)
		return PLN_TCP_BAD_OFFSET;
	PLN_ASSERT(len <= UINT16_MAX); /* an IP payload */
	out->src_port = pln_bytes_get16(p + SRC_PORT);
	out->dst_port = pln_bytes_get16(p + DST_PORT);
	out->seq = pln_bytes_get32(p + SEQ);
	out->ack = pln_bytes_get32(p + ACK);
	out->flags = p[FLAGS];
	out->wnd = pln_bytes_get16(p + WINDOW);
	out->up = pln_bytes_get16(p + URGENT);
	out->hdr_len = (uint16_t)hdr_len;
	out->payload_len = (uint16_t)(len - hdr_len);
	out->len = out->payload_len;
	out->len += (out->flags & PLN_TCP_SYN) != 0;
	out->len += (out->flags & PLN_TCP_FIN) != 0;
	return pln_tcp_opts_parse(p + PLN_TCP_HDR_LEN, hdr_len - PLN_TCP_HDR_LEN, &out->opts);
}

size_t
pln_tcp_hdr_emit(uint8_t *p, const struct pln_seg *seg)
{
	size_t hdr_len = PLN_TCP_HDR_LEN + pln_tcp_opts_emit(p + PLN_TCP_HDR_LEN, &seg->opts);

	PLN_ASSERT(seg->wnd <= UINT16_MAX);
	pln_bytes_put16(p + SRC_PORT, seg->src_port);
	pln_bytes_put16(p + DST_PORT, seg->dst_port);
	pln_bytes_put32(p + SEQ, seg->seq);
	pln_bytes_put32(p + ACK, seg->ack);
	p[DATA_OFFSET] = (uint8_t)(hdr_len / 4 << 4);
	p[FLAGS] = seg->flags;
	pln_bytes_put16(p + WINDOW, (uint16_t)seg->wnd);
	pln_bytes_put16(p + PLN_TCP_HDR_CKSUM_OFF, 0);
	pln_bytes_put16(p + URGENT, seg->up);
	return hdr_len;
}
