/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a device does to a frame on its way out, in software and on plain bytes: complete the checksums
 * that were left to it, and cut one large TCP segment into many (TSO). For links that have no device
 * below them.
 */
#ifndef POLLEN_STACK_SOFTSEG_H
#define POLLEN_STACK_SOFTSEG_H

#include "base/decl.h"

PLN_C_BEGIN

/* A frame and what was left to the device. */
struct pln_softseg {
	const uint8_t *frame; /* contiguous */
	uint32_t len;         /* bytes */
	uint16_t l2_len, l3_len, l4_len;
	uint16_t seg_size; /* payload bytes of a segment; 0: the frame is not to be cut */
	bool ip_cksum, tcp_cksum, udp_cksum;
	uint32_t done;  /* payload bytes taken so far */
	uint16_t taken; /* frames taken so far */
};

/* Are the lengths such that the headers lie inside the frame? */
bool pln_softseg_valid(const struct pln_softseg *s);

/* Frames that will be taken, at least 1. */
uint32_t pln_softseg_count(const struct pln_softseg *s);

/* Write the next frame, complete, to `out` (at least s->len bytes); 0 when all have been taken. */
uint32_t pln_softseg_next(struct pln_softseg *s, uint8_t *out);

PLN_C_END

#endif
