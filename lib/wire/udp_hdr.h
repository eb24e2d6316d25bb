/* SPDX-License-Identifier: BSD-3-Clause */
/* UDP header (RFC 768): eight bytes. */
#ifndef POLLEN_WIRE_UDP_HDR_H
#define POLLEN_WIRE_UDP_HDR_H

#include "base/bytes.h"
#include "base/counters.h"

PLN_C_BEGIN

#define PLN_UDP_HDR_LEN       8U
#define PLN_UDP_HDR_CKSUM_OFF 6U

struct pln_udp_hdr {
	uint16_t src_port, dst_port; /* host order */
	uint16_t len;                /* bytes, header included */
	bool has_cksum;              /* RFC 768: zero in its place means none was made */
};

/* `first` bytes lie at p, `len` is what the IP packet holds. PLN_ACCEPT, PLN_UDP_SHORT or PLN_UDP_BAD_LENGTH. */
enum pln_drop pln_udp_hdr_parse(const uint8_t *p, size_t first, size_t len,
                                struct pln_udp_hdr *out);

/* Write 8 bytes, the checksum's zero. */
void pln_udp_hdr_emit(uint8_t *p, const struct pln_udp_hdr *hdr);

/* RFC 768: "If the computed checksum is zero, it is transmitted as all ones." In memory order. */
static inline uint16_t
pln_udp_hdr_cksum(uint16_t computed)
{
	return computed == 0 ? UINT16_MAX : computed;
}

PLN_C_END

#endif
