/* SPDX-License-Identifier: BSD-3-Clause */
/* One IPv4 datagram in the making: the bytes that have come, in buffers at their place, and which are missing (RFC 791 §3.2). */
#ifndef POLLEN_IP_DGRAM_H
#define POLLEN_IP_DGRAM_H

#include "dev/mbuf.h"

PLN_C_BEGIN

#define PLN_DGRAM_BLOCKS 64U /* buffers: pools whose buffers hold less than 1 KiB reassemble less */
#define PLN_DGRAM_UNIT   8U  /* bytes: where a fragment may begin */
#define PLN_DGRAM_WORDS  128U /* of a bitmap with a bit for each 8 of 65 536 bytes */

struct pln_dgram {
	struct pln_ip4_hdr
		ip; /* of the first fragment once it is here; before, addresses, protocol and id */
	struct pln_mac src_mac;
	bool used;
	bool rejected; /* an overlap: swallows the rest */
	bool has_first, has_last;
	bool link_broadcast; /* of any fragment */
	uint8_t ecn_seen;    /* a bit for each codepoint */
	uint16_t first_len;  /* bytes of payload in the first fragment */
	uint32_t total;      /* bytes of payload in all, once the last fragment is here */
	uint32_t end;        /* behind the highest byte that has come */
	uint32_t bytes;      /* have come */
	uint32_t block_len;  /* bytes of payload that one buffer holds */
	uint32_t truesize;   /* bytes of memory that it takes */
	uint32_t held_bytes; /* memory of its buffers */
	uint64_t serial;     /* when it was begun, in order */
	uint64_t deadline_ns;
	struct rte_mbuf *block[PLN_DGRAM_BLOCKS];
	uint64_t got[PLN_DGRAM_WORDS];
	uint64_t start[PLN_DGRAM_WORDS];
};

/* The bytes of a fragment: [off, off + len) of the datagram's payload. */
struct pln_frag {
	struct pln_pkt *pkt;
	uint32_t off, len;
	bool last;
};

enum pln_dgram_verdict {
	PLN_DGRAM_NEW,         /* nothing of it has come */
	PLN_DGRAM_DUPLICATE,   /* came before, with the same ends and bytes */
	PLN_DGRAM_CONTRADICTS, /* overlaps another, or they differ about where the datagram ends */
};

enum pln_dgram_verdict pln_dgram_judge(const struct pln_dgram *d, const struct pln_frag *f);

/* Copy a new fragment to its place; there are blocks for it. The header bytes before a first one's data go along. */
void pln_dgram_put(struct pln_dgram *d, const struct pln_frag *f);

static inline bool
pln_dgram_complete(const struct pln_dgram *d)
{
	return d->has_last && d->bytes == d->total;
}

/*
 * RFC 3168 §5.3: a congestion mark on one fragment is one on the whole; but where another fragment says that its sender does not
 * understand marks, the packet is to be dropped: false. Mixed codepoints without a mark: the first fragment's counts.
 */
bool pln_dgram_merge_ecn(struct pln_dgram *d);

/* A complete one as a packet, which owns the buffers from now on. */
struct pln_pkt *pln_dgram_finish(struct pln_dgram *d);

/* The first fragment of an incomplete one as a packet to be quoted, which owns the first buffer from now on. */
struct pln_pkt *pln_dgram_first(struct pln_dgram *d);

PLN_C_END

#endif
