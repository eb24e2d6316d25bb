/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Completes checksums and cuts TCP segments as devices do. Every frame cut has the headers of the
 * large one; sequence number and IP identification advance, FIN and PSH stand on the last frame only,
 * CWR on the first only (RFC 3168 §6.1.2: it answers once). Checksums are computed from the bytes alone: what stood in their
 * fields before does not matter.
 */
#include "stack/softseg.h"

#include "wire/cksum.h"
#include "wire/ip4_hdr.h"
#include "wire/tcp_hdr.h"
#include "wire/udp_hdr.h"

#define IP_LEN_OFF    2U
#define IP_ID_OFF     4U
#define IP_CKSUM_OFF  10U
#define IP_SRC_OFF    12U
#define IP_DST_OFF    16U
#define TCP_SEQ_OFF   4U
#define TCP_FLAGS_OFF 13U

static uint32_t
header_len(const struct pln_softseg *s)
{
	return (uint32_t)s->l2_len + s->l3_len + s->l4_len;
}

bool
pln_softseg_valid(const struct pln_softseg *s)
{
	bool tcp = s->tcp_cksum || s->seg_size != 0;

	if ((s->ip_cksum || s->udp_cksum || tcp) && s->l3_len < PLN_IP4_HDR_LEN)
		return false;
	if (s->udp_cksum && (tcp || header_len(s) + PLN_UDP_HDR_LEN > s->len))
		return false;
	if (s->seg_size != 0 && s->l4_len < PLN_TCP_HDR_LEN)
		return false;
	return header_len(s) + (tcp && s->seg_size == 0 ? PLN_TCP_HDR_LEN : 0) <= s->len;
}

uint32_t
pln_softseg_count(const struct pln_softseg *s)
{
	uint32_t payload = s->len - header_len(s);

	if (s->seg_size == 0 || payload == 0)
		return 1;
	return (payload + s->seg_size - 1) / s->seg_size;
}

static void
put_cksum(uint8_t *field, uint32_t sum)
{
	uint16_t value = pln_cksum_finish(sum);

	memcpy(field, &value, sizeof(value));
}

static void
complete_l4(const struct pln_softseg *s, uint8_t *ip, uint32_t len)
{
	uint8_t *l4 = ip + s->l3_len;
	uint8_t *field = l4 + (s->udp_cksum ? PLN_UDP_HDR_CKSUM_OFF : PLN_TCP_HDR_CKSUM_OFF);
	uint8_t proto = s->udp_cksum ? PLN_IP4_PROTO_UDP : PLN_IP4_PROTO_TCP;
	struct pln_be32 src, dst;
	uint16_t value;

	memcpy(&src, ip + IP_SRC_OFF, sizeof(src));
	memcpy(&dst, ip + IP_DST_OFF, sizeof(dst));
	memset(field, 0, sizeof(value));
	value = pln_cksum_finish(
		pln_cksum_add(pln_cksum_pseudo4(src, dst, proto, (uint16_t)len), l4, len));
	if (s->udp_cksum)
		value = pln_udp_hdr_cksum(value);
	memcpy(field, &value, sizeof(value));
}

static void
complete_cksums(const struct pln_softseg *s, uint8_t *frame, uint32_t len)
{
	uint8_t *ip = frame + s->l2_len;

	if (s->ip_cksum) {
		memset(ip + IP_CKSUM_OFF, 0, sizeof(uint16_t));
		put_cksum(ip + IP_CKSUM_OFF, pln_cksum_add(0, ip, s->l3_len));
	}
	if (s->tcp_cksum || s->udp_cksum)
		complete_l4(s, ip, len - s->l2_len - s->l3_len);
}

/* The headers of the frame whose payload starts `s->done` bytes into the large one's. */
static void
advance_headers(const struct pln_softseg *s, uint8_t *out, uint32_t len, bool last)
{
	uint8_t *ip = out + s->l2_len;
	uint8_t *tcp = ip + s->l3_len;

	pln_bytes_put16(ip + IP_LEN_OFF, (uint16_t)(len - s->l2_len));
	pln_bytes_put16(ip + IP_ID_OFF, (uint16_t)(pln_bytes_get16(ip + IP_ID_OFF) + s->taken));
	pln_bytes_put32(tcp + TCP_SEQ_OFF, pln_bytes_get32(tcp + TCP_SEQ_OFF) + s->done);
	if (!last)
		tcp[TCP_FLAGS_OFF] &= (uint8_t) ~(PLN_TCP_FIN | PLN_TCP_PSH);
	if (s->taken > 0)
		tcp[TCP_FLAGS_OFF] &= (uint8_t)~PLN_TCP_CWR;
}

uint32_t
pln_softseg_next(struct pln_softseg *s, uint8_t *out)
{
	uint32_t header = header_len(s);
	uint32_t left = s->len - header - s->done;
	uint32_t take = s->seg_size != 0 && left > s->seg_size ? s->seg_size : left;

	if (s->taken > 0 && left == 0)
		return 0;
	memcpy(out, s->frame, header);
	memcpy(out + header, s->frame + header + s->done, take);
	if (s->seg_size != 0)
		advance_headers(s, out, header + take, take == left);
	complete_cksums(s, out, header + take);
	s->done += take;
	s->taken++;
	return header + take;
}
