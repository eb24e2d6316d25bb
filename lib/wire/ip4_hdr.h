/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv4 header (RFC 791 §3.1; what a host must check: RFC 1122 §3.2.1). Options are walked, not
 * interpreted.
 */
#ifndef POLLEN_WIRE_IP4_HDR_H
#define POLLEN_WIRE_IP4_HDR_H

#include "base/bytes.h"
#include "base/counters.h"

PLN_C_BEGIN

#define PLN_IP4_HDR_LEN    20U
#define PLN_IP4_PROTO_ICMP 1U
#define PLN_IP4_PROTO_TCP  6U
#define PLN_IP4_PROTO_UDP  17U
#define PLN_IP4_DF         0x4000U
#define PLN_IP4_MF         0x2000U

struct pln_ip4_hdr {
	struct pln_be32 src, dst;
	uint16_t total_len; /* bytes, header included */
	uint16_t hdr_len;   /* bytes, 20 to 60 */
	uint16_t id;
	uint16_t frag_off; /* bytes, a multiple of 8 */
	bool df, mf;
	uint8_t tos; /* DS field and ECN */
	uint8_t ttl;
	uint8_t proto;
};

/*
 * Parse and check: version, header length, total length against `len`, checksum (unless
 * `cksum_done`, when the device has verified it), options. PLN_ACCEPT, PLN_IP_SHORT,
 * PLN_IP_BAD_VERSION, PLN_IP_BAD_HEADER_LEN, PLN_IP_BAD_CHECKSUM, PLN_IP_BAD_OPTION or
 * PLN_IP_SOURCE_ROUTE.
 */
enum pln_drop pln_ip4_hdr_parse(const uint8_t *p, size_t len, bool cksum_done,
                                struct pln_ip4_hdr *out);

/*
 * The header that an ICMP error quotes: the packet may end right behind it and its checksum may be
 * stale, so only version and header length are checked, and the options are not looked at.
 * PLN_ACCEPT, PLN_IP_SHORT, PLN_IP_BAD_VERSION or PLN_IP_BAD_HEADER_LEN.
 */
enum pln_drop pln_ip4_hdr_parse_quoted(const uint8_t *p, size_t len, struct pln_ip4_hdr *out);

/* Where in a header that was refused as PLN_IP_BAD_OPTION the bad option begins: what a parameter problem points at. */
uint8_t pln_ip4_hdr_bad_option(const uint8_t *p, size_t hdr_len);

/* Write 20 bytes, checksum included; hdr_len is ignored. */
void pln_ip4_hdr_emit(uint8_t *p, const struct pln_ip4_hdr *hdr);

/* Address classes; host questions of RFC 1122 §3.2.1.3. */
static inline bool
pln_ip4_hdr_is_multicast(struct pln_be32 a)
{
	return (pln_be32_get(a) >> 28) == 0xe;
}

static inline bool
pln_ip4_hdr_is_loopback(struct pln_be32 a)
{
	return (pln_be32_get(a) >> 24) == 127;
}

/*
 * Zero network, loopback, multicast, class E or limited broadcast: never a host's source address.
 */
bool pln_ip4_hdr_is_martian(struct pln_be32 a);

PLN_C_END

#endif
