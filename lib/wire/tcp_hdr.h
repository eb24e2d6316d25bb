/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP header (RFC 9293 §3.1) to and from struct pln_seg, the record of one segment in the RFC's
 * words.
 */
#ifndef POLLEN_WIRE_TCP_HDR_H
#define POLLEN_WIRE_TCP_HDR_H

#include "wire/tcp_opts.h"

PLN_C_BEGIN

#define PLN_TCP_HDR_LEN 20U

enum pln_tcp_flag {
	PLN_TCP_FIN = 0x01,
	PLN_TCP_SYN = 0x02,
	PLN_TCP_RST = 0x04,
	PLN_TCP_PSH = 0x08,
	PLN_TCP_ACK = 0x10,
	PLN_TCP_URG = 0x20,
	PLN_TCP_ECE = 0x40,
	PLN_TCP_CWR = 0x80,
};

/* One segment, host order: SEG.SEQ, SEG.ACK, SEG.LEN, SEG.WND, SEG.UP (RFC 9293 §3.3.1). */
struct pln_seg {
	uint32_t seq;
	uint32_t ack;
	uint32_t len; /* SEG.LEN: payload bytes, plus one for SYN and one for FIN */
	uint32_t wnd; /* as in the header, not scaled */
	uint16_t up;  /* urgent pointer as in the header */
	uint16_t src_port, dst_port;
	uint16_t hdr_len;     /* bytes, options included */
	uint16_t payload_len; /* bytes */
	uint8_t flags;        /* enum pln_tcp_flag */
	struct pln_tcp_opts opts;
};

/*
 * Parse header and options; the checksum is the caller's. `len` is the IP payload's. PLN_ACCEPT,
 * PLN_TCP_SHORT, PLN_TCP_BAD_OFFSET or PLN_TCP_BAD_OPTION.
 */
enum pln_drop pln_tcp_hdr_parse(const uint8_t *p, size_t len, struct pln_seg *out);

/*
 * Write header and options with checksum 0; returns the header's length. hdr_len, len and
 * payload_len are ignored.
 */
size_t pln_tcp_hdr_emit(uint8_t *p, const struct pln_seg *seg);

/* Where the checksum field stands in the header. */
#define PLN_TCP_HDR_CKSUM_OFF 16U

PLN_C_END

#endif
