/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv4 headers in and out (RFC 791 §3.1), with the checks that RFC 1122 §3.2.1 asks of a host.
 * Options are walked so that a malformed list and a source route are seen (RFC 7126 §4.3, §4.4);
 * none is acted upon; those that RFC 6814 deprecates are passed over like any that is not known.
 * Whether an address is ours, and what becomes of fragments, is decided above.
 */
#include "wire/ip4_hdr.h"

#include "wire/cksum.h"

#define VERSION       4U
#define FRAG_OFF_MASK 0x1fffU
#define FRAG_UNIT     8U
#define CKSUM_OFF     10U
#define OPT_END       0U
#define OPT_NOP       1U
#define OPT_LSRR      131U
#define OPT_SSRR      137U
#define OPT_MIN_LEN   2U
#define FIRST_CLASS_D 224U

/* Version and header length hold, and `len` covers the header: take its fields. */
static void
decode(const uint8_t *p, struct pln_ip4_hdr *out)
{
	uint16_t frag = pln_bytes_get16(p + 6);

	out->hdr_len = (uint16_t)((p[0] & 0x0fU) * 4U);
	out->tos = p[1];
	out->total_len = pln_bytes_get16(p + 2);
	out->id = pln_bytes_get16(p + 4);
	out->df = (frag & PLN_IP4_DF) != 0;
	out->mf = (frag & PLN_IP4_MF) != 0;
	out->frag_off = (uint16_t)((frag & FRAG_OFF_MASK) * FRAG_UNIT);
	out->ttl = p[8];
	out->proto = p[9];
	memcpy(&out->src.raw, p + 12, sizeof(out->src.raw));
	memcpy(&out->dst.raw, p + 16, sizeof(out->dst.raw));
}

/* RFC 791 §3.1: single-byte options, or kind, length (both included) and data. *at: how far it is sound, from the header's start. */
static enum pln_drop
check_options(const uint8_t *hdr, size_t hdr_len, size_t *at)
{
	for (*at = PLN_IP4_HDR_LEN; *at < hdr_len && hdr[*at] != OPT_END;) {
		size_t left = hdr_len - *at, opt_len = 1;
		const uint8_t *p = hdr + *at;

		if (p[0] != OPT_NOP) {
			if (left < OPT_MIN_LEN || p[1] < OPT_MIN_LEN || p[1] > left)
				return PLN_IP_BAD_OPTION;
			opt_len = p[1];
		}
		if (p[0] == OPT_LSRR || p[0] == OPT_SSRR)
			return PLN_IP_SOURCE_ROUTE;
		*at += opt_len;
	}
	return PLN_ACCEPT;
}

uint8_t
pln_ip4_hdr_bad_option(const uint8_t *p, size_t hdr_len)
{
	size_t at;

	(void)check_options(p, hdr_len, &at);
	return (uint8_t)at;
}

enum pln_drop
pln_ip4_hdr_parse_quoted(const uint8_t *p, size_t len, struct pln_ip4_hdr *out)
{
	if (len < PLN_IP4_HDR_LEN)
		return PLN_IP_SHORT;
	if (p[0] >> 4 != VERSION)
		return PLN_IP_BAD_VERSION;
	if ((p[0] & 0x0fU) * 4U < PLN_IP4_HDR_LEN)
		return PLN_IP_BAD_HEADER_LEN;
	if ((size_t)(p[0] & 0x0fU) * 4U > len)
		return PLN_IP_SHORT;
	decode(p, out);
	return PLN_ACCEPT;
}

enum pln_drop
pln_ip4_hdr_parse(const uint8_t *p, size_t len, bool cksum_done, struct pln_ip4_hdr *out)
{
	enum pln_drop drop = pln_ip4_hdr_parse_quoted(p, len, out);
	size_t at;

	if (drop != PLN_ACCEPT)
		return drop;
	if (out->total_len < out->hdr_len || out->total_len > len)
		return PLN_IP_SHORT;
	/*
	 * RFC 1122 §3.2.1.2: "A host MUST verify the IP header checksum on every received datagram"
	 */
	if (!cksum_done && pln_cksum_finish(pln_cksum_add(0, p, out->hdr_len)) != 0)
		return PLN_IP_BAD_CHECKSUM;
	return check_options(p, out->hdr_len, &at);
}

void
pln_ip4_hdr_emit(uint8_t *p, const struct pln_ip4_hdr *hdr)
{
	unsigned int frag = hdr->frag_off / FRAG_UNIT;
	uint16_t cksum;

	frag |= hdr->df ? PLN_IP4_DF : 0;
	frag |= hdr->mf ? PLN_IP4_MF : 0;
	p[0] = VERSION << 4 | PLN_IP4_HDR_LEN / 4;
	p[1] = hdr->tos;
	pln_bytes_put16(p + 2, hdr->total_len);
	pln_bytes_put16(p + 4, hdr->id);
	pln_bytes_put16(p + 6, (uint16_t)frag);
	p[8] = hdr->ttl;
	p[9] = hdr->proto;
	pln_bytes_put16(p + CKSUM_OFF, 0);
	memcpy(p + 12, &hdr->src.raw, sizeof(hdr->src.raw));
	memcpy(p + 16, &hdr->dst.raw, sizeof(hdr->dst.raw));
	cksum = pln_cksum_finish(pln_cksum_add(0, p, PLN_IP4_HDR_LEN));
	memcpy(p + CKSUM_OFF, &cksum, sizeof(cksum));
}

bool
pln_ip4_hdr_is_martian(struct pln_be32 a)
{
	uint32_t net = pln_be32_get(a) >> 24;

	return net == 0 || net == 127 || net >= FIRST_CLASS_D;
}
