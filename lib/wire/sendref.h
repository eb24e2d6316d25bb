/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The record of bytes to send, the twin of wire/pkt.h: it sits in the private area of the buffer that holds them (dev/mbuf), but
 * knows no buffer. tcp/snd/sendq queues such references; a segment's bytes are pieces of them.
 */
#ifndef POLLEN_WIRE_SENDREF_H
#define POLLEN_WIRE_SENDREF_H

#include "base/decl.h"

PLN_C_BEGIN

/* Bytes to send, inside a buffer. */
struct pln_sendref {
	struct pln_sendref *next;
	const uint8_t *data;
	uint32_t len; /* bytes */
	uint32_t
		room; /* bytes that may still be appended behind data + len (copied data), else 0 */
};

/* A piece of the bytes of a range, for building a segment. */
struct pln_piece {
	struct pln_sendref *ref;
	const uint8_t *data;
	uint32_t len;
};

/* Where a segment's bytes stand. */
struct pln_pieces {
	struct pln_piece piece[8];
	unsigned int count;
	uint32_t len; /* bytes in all: less than asked for when eight pieces do not reach */
};

PLN_C_END

#endif
