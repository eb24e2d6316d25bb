/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP messages in and out (RFC 792), and the packet that an error quotes (RFC 1122 §3.2.2: the IP
 * header and at least the first eight bytes behind it). What a message changes is decided in icmp/
 * and by the connection it concerns.
 */
#include "wire/icmp_hdr.h"

#include "wire/cksum.h"

#define ADVISED    576U /* bytes: RFC 1191 §5 */
#define QUOTED_LEN 8U   /* bytes behind the quoted IP header */

static bool
is_echo(uint8_t type)
{
	return type == PLN_ICMP_ECHO || type == PLN_ICMP_ECHO_REPLY;
}

void
pln_icmp_hdr_decode(const uint8_t *p, struct pln_icmp_hdr *out)
{
	memset(out, 0, sizeof(*out));
	out->type = p[0];
	out->code = p[1];
	if (is_echo(out->type)) {
		out->id = pln_bytes_get16(p + 4);
		out->seq = pln_bytes_get16(p + 6);
	} else if (out->type == PLN_ICMP_UNREACHABLE && out->code == PLN_ICMP_CODE_TOO_BIG) {
		out->next_mtu = pln_bytes_get16(p + 6);
	} else if (out->type == PLN_ICMP_PARAM_PROBLEM) {
		out->pointer = p[4];
	} else if (out->type == PLN_ICMP_REDIRECT) {
		memcpy(&out->gateway.raw, p + 4, sizeof(out->gateway.raw));
	}
}

enum pln_drop
pln_icmp_hdr_parse(const uint8_t *p, size_t len, struct pln_icmp_hdr *out)
{
	if (len < PLN_ICMP_HDR_LEN)
		return PLN_ICMP_SHORT;
	if (pln_cksum_finish(pln_cksum_add(0, p, len)) != 0)
		return PLN_ICMP_BAD_CHECKSUM;
	pln_icmp_hdr_decode(p, out);
	return PLN_ACCEPT;
}

enum pln_drop
pln_icmp_hdr_quote(const uint8_t *p, size_t len, struct pln_icmp_quote *out)
{
	const uint8_t *l4;

	if (len < PLN_ICMP_HDR_LEN)
		return PLN_ICMP_SHORT;
	memset(out, 0, sizeof(*out));
	p += PLN_ICMP_HDR_LEN;
	len -= PLN_ICMP_HDR_LEN;
	if (pln_ip4_hdr_parse_quoted(p, len, &out->ip) != PLN_ACCEPT)
		return PLN_ICMP_SHORT;
	if (len < out->ip.hdr_len + QUOTED_LEN)
		return PLN_ICMP_SHORT;
	if (out->ip.frag_off != 0)
		return PLN_ACCEPT; /* the ports went with the first fragment */
	l4 = p + out->ip.hdr_len;
	if (out->ip.proto == PLN_IP4_PROTO_TCP || out->ip.proto == PLN_IP4_PROTO_UDP) {
		out->src_port = pln_bytes_get16(l4);
		out->dst_port = pln_bytes_get16(l4 + 2);
	}
	if (out->ip.proto == PLN_IP4_PROTO_TCP)
		out->seq = pln_bytes_get32(l4 + 4);
	return PLN_ACCEPT;
}

int
pln_icmp_hdr_errno(uint8_t type, uint8_t code, bool *hard)
{
	static const struct {
		int error;
		bool hard;
	} unreachable[] = {
		{ ENETUNREACH, false },                                                  /* net */
		{ EHOSTUNREACH, false }, { ENOPROTOOPT, true },  { ECONNREFUSED, true }, /* port */
		{ EMSGSIZE, false },     { EOPNOTSUPP, false },  /* source route failed */
		{ ENETUNREACH, true },                           /* unknown */
		{ EHOSTDOWN, true },                             /* unknown */
		{ ENONET, true },                                /* source host isolated */
		{ ENETUNREACH, true },                           /* prohibited */
		{ EHOSTUNREACH, true },  { ENETUNREACH, false }, /* for this type of service */
		{ EHOSTUNREACH, false }, { EHOSTUNREACH, true }, /* filtered */
		{ EHOSTUNREACH, true },                          /* precedence */
		{ EHOSTUNREACH, true },
	};

	*hard = type == PLN_ICMP_PARAM_PROBLEM;
	if (type == PLN_ICMP_PARAM_PROBLEM)
		return -EPROTO;
	if (type != PLN_ICMP_UNREACHABLE || code >= PLN_ARRAY_LEN(unreachable))
		return -EHOSTUNREACH;
	*hard = unreachable[code].hard;
	return -unreachable[code].error;
}

uint16_t
pln_icmp_hdr_next_mtu(const struct pln_icmp_error *error)
{
	/* RFC 1191 §7.1, table 7-1, as far down as ADVISED needs it */
	static const uint16_t plateau[] = { 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508 };
	size_t i = 0;

	if (error->next_mtu != 0)
		return error->next_mtu;
	if (error->quote.ip.total_len < ADVISED)
		return ADVISED; /* §5; nothing so short had to be fragmented: the length is not to be believed */
	while (plateau[i] >= error->quote.ip.total_len)
		i++;
	return plateau[i];
}

void
pln_icmp_hdr_emit_echo(uint8_t *p, const struct pln_icmp_hdr *hdr)
{
	PLN_ASSERT(is_echo(hdr->type));
	p[0] = hdr->type;
	p[1] = 0;
	pln_bytes_put16(p + PLN_ICMP_HDR_CKSUM_OFF, 0);
	pln_bytes_put16(p + 4, hdr->id);
	pln_bytes_put16(p + 6, hdr->seq);
}

void
pln_icmp_hdr_seal(uint8_t *p, size_t len)
{
	uint16_t cksum;

	pln_bytes_put16(p + PLN_ICMP_HDR_CKSUM_OFF, 0);
	cksum = pln_cksum_finish(pln_cksum_add(0, p, len));
	memcpy(p + PLN_ICMP_HDR_CKSUM_OFF, &cksum, sizeof(cksum));
}
