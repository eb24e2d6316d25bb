/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The seam under a stack: whatever can receive and send bursts of frames. A NIC's queue, a test cable, a capture wrapped
 * around either. A program builds one of its own by filling in the two functions; <pollen/memlink.h> has one in memory.
 */
#ifndef POLLEN_LINK_H
#define POLLEN_LINK_H

#include <pollen/types.h>

PLN_C_BEGIN

struct rte_mbuf;
struct rte_mempool;

/* What the device below does, so that the stack need not: bits of pln_link.capabilities. */
enum pln_link_capability {
	PLN_LINK_TX_TCP_CKSUM =
		1
		<< 0, /* completes TCP checksums marked in ol_flags; needs tx_prepare done by its tx */
	PLN_LINK_TX_IP4_CKSUM = 1 << 1,   /* completes IPv4 header checksums */
	PLN_LINK_TX_MULTI_SEGS = 1 << 2,  /* takes chained mbufs */
	PLN_LINK_TX_TSO = 1 << 3,         /* segments TCP by itself */
	PLN_LINK_RX_CKSUM_FLAGS = 1 << 4, /* sets RTE_MBUF_F_RX_{IP,L4}_CKSUM_* truthfully */
	PLN_LINK_TX_EAL_MEMORY =
		1
		<< 5, /* reads EAL's memory only (by DMA, or in another process): bytes sent by reference from elsewhere are copied */
	PLN_LINK_TX_UDP_CKSUM = 1 << 6, /* completes UDP checksums, as those of TCP */
};

/* What a stack stands on; filled in by the program, copied by pln_stack_create. */
struct pln_link {
	/* Receive up to `n` frames; the caller owns what is returned. Frames come from the stack's mempool, or carry a private
	 * area of at least pln_link_priv_size() bytes. Returns the count. */
	uint16_t (*rx)(void *ctx, struct rte_mbuf **frames, uint16_t n);
	/* Send up to `n` frames; the link owns those it took, the first ones. Returns their count. Must not change the bytes of
	 * mbufs it shares (indirect, or refcnt > 1). */
	uint16_t (*tx)(void *ctx, struct rte_mbuf **frames, uint16_t n);
	/* Is the link up? NULL: always. Control path. */
	bool (*up)(void *ctx);
	void *ctx;             /* handed to the functions above */
	uint32_t capabilities; /* enum pln_link_capability */
	struct pln_mac mac;    /* our address on it */
	uint16_t mtu;          /* bytes of IP packet it carries */
	uint16_t vlan;         /* 802.1Q identifier 1 to 4094 of our frames, 0 for untagged */
	uint32_t tso_max;      /* bytes of TCP payload in one TSO frame */
};

/** Bytes of private area the stack needs in every received mbuf. Any thread. */
PLN_API size_t pln_link_priv_size(void);

PLN_C_END

#endif
