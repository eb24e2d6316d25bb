/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP messages (RFC 792; RFC 1191 for the next-hop MTU). */
#ifndef POLLEN_WIRE_ICMP_HDR_H
#define POLLEN_WIRE_ICMP_HDR_H

#include "base/bytes.h"
#include "base/counters.h"
#include "wire/ip4_hdr.h"

PLN_C_BEGIN

#define PLN_ICMP_HDR_LEN         8U
#define PLN_ICMP_HDR_CKSUM_OFF   2U
#define PLN_ICMP_ECHO_REPLY      0U
#define PLN_ICMP_UNREACHABLE     3U
#define PLN_ICMP_SOURCE_QUENCH   4U
#define PLN_ICMP_REDIRECT        5U
#define PLN_ICMP_ECHO            8U
#define PLN_ICMP_TIME_EXCEEDED   11U
#define PLN_ICMP_PARAM_PROBLEM   12U
#define PLN_ICMP_TIMESTAMP       13U
#define PLN_ICMP_TIMESTAMP_REPLY 14U
#define PLN_ICMP_CODE_REASSEMBLY 1U /* of time exceeded */
#define PLN_ICMP_CODE_PROTOCOL   2U /* of unreachable */
#define PLN_ICMP_CODE_PORT       3U
#define PLN_ICMP_CODE_TOO_BIG    4U /* of unreachable: fragmentation needed (RFC 1191 §4) */

struct pln_icmp_hdr {
	uint8_t type, code;
	uint16_t id, seq;        /* of echo and echo reply, host order */
	uint16_t next_mtu;       /* of "fragmentation needed", host order, else 0 */
	uint8_t pointer;         /* of a parameter problem, else 0 */
	struct pln_be32 gateway; /* of a redirect, else 0 */
};

/* What an ICMP error quotes: the IP header we sent and the first eight bytes behind it. */
struct pln_icmp_quote {
	struct pln_ip4_hdr ip;
	uint16_t src_port, dst_port; /* host order; 0 unless first fragment of TCP or UDP */
	uint32_t seq;                /* TCP sequence number quoted */
};

/* An error message about a packet of another protocol: what stack/rx must pass on. */
struct pln_icmp_error {
	uint8_t type, code;
	uint16_t next_mtu;       /* bytes, of "fragmentation needed", else 0 */
	uint8_t pointer;         /* of a parameter problem, else 0 */
	struct pln_be32 gateway; /* of a redirect, else 0 */
	struct pln_icmp_quote quote;
};

/* Header and checksum over all `len` bytes. PLN_ACCEPT, PLN_ICMP_SHORT or PLN_ICMP_BAD_CHECKSUM. */
enum pln_drop pln_icmp_hdr_parse(const uint8_t *p, size_t len, struct pln_icmp_hdr *out);

/* The fields of a header whose eight bytes are there; nothing is checked. */
void pln_icmp_hdr_decode(const uint8_t *p, struct pln_icmp_hdr *out);

/*
 * The quoted packet of an error message; `p` and `len` as for pln_icmp_hdr_parse. PLN_ACCEPT or
 * PLN_ICMP_SHORT.
 */
enum pln_drop pln_icmp_hdr_quote(const uint8_t *p, size_t len, struct pln_icmp_quote *out);

/*
 * What an application is told of an ICMP error, as Linux has it (RFC 1122 §4.1.3.3, §4.2.3.9): negative errno; `hard`: trying again
 * will not help.
 */
int pln_icmp_hdr_errno(uint8_t type, uint8_t code, bool *hard);

/*
 * The MTU that "fragmentation needed" means: what it says, or, where it says nothing, the next plateau below the quoted packet's
 * length (RFC 1191 §5, §7).
 */
uint16_t pln_icmp_hdr_next_mtu(const struct pln_icmp_error *error);

/*
 * Write 8 bytes with checksum 0 for echo or echo reply; pln_icmp_hdr_seal sums the whole message
 * afterwards.
 */
void pln_icmp_hdr_emit_echo(uint8_t *p, const struct pln_icmp_hdr *hdr);
void pln_icmp_hdr_seal(uint8_t *p, size_t len);

PLN_C_END

#endif
