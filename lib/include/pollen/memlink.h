/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A link in memory: frames are injected into it and collected from it one at a time, byte for byte. With a stack on it and a
 * clock turned by hand, a program can do with TCP what it likes, deterministically (docs/guide/embedding.md).
 */
#ifndef POLLEN_MEMLINK_H
#define POLLEN_MEMLINK_H

#include <sys/types.h>

#include <pollen/link.h>
#include <pollen/types.h>

PLN_C_BEGIN

struct pln_memlink;

/* What the link pretends to be. */
struct pln_memlink_config {
	size_t size;        /* sizeof(struct pln_memlink_config) */
	struct pln_mac mac; /* the stack's address on it */
	uint16_t mtu;       /* 0: 1500 */
	uint32_t
		capabilities; /* enum pln_link_capability the stack shall see; checksums are then completed here */
	struct rte_mempool *mempool; /* NULL: the process-wide pool */
};

/* How an injected frame is to be taken: bits of `flags`. */
enum pln_memlink_flag {
	PLN_MEMLINK_CKSUM_GOOD = 1 << 0, /* the receiver need not verify checksums */
	PLN_MEMLINK_IP =
		1 << 1, /* bare IP packet: an Ethernet header to our MAC is put before it */
	PLN_MEMLINK_CKSUM_NONE =
		1
		<< 2, /* as a kernel peer on the same host: data good, checksum field not filled in */
};

/** Create one; starts EAL like pln_stack_create. @return 0, -EINVAL, -ENOMEM. */
PLN_API int pln_memlink_create(const struct pln_memlink_config *config, struct pln_memlink **out);

/** Free it and the frames it holds, after the stack on it. NULL is allowed. */
PLN_API void pln_memlink_destroy(struct pln_memlink *link);

/** The link to give to pln_stack_create; valid as long as the memlink. */
PLN_API const struct pln_link *pln_memlink_link(struct pln_memlink *link);

/** Put a frame before the stack; copied. @return 0; -EMSGSIZE; -ENOBUFS (1024 are waiting); -ENOMEM; -EINVAL. */
PLN_API int pln_memlink_inject(struct pln_memlink *link, const void *frame, size_t len, int flags);

/** Take the next frame the stack sent, oldest first, checksums complete. @return its length; 0: none; -EMSGSIZE (buf too short: kept). */
PLN_API ssize_t pln_memlink_collect(struct pln_memlink *link, void *buf, size_t len);

/** Frames waiting to be collected. */
PLN_API uint32_t pln_memlink_pending(const struct pln_memlink *link);

/** Make the transmit side refuse frames, as a full ring would, until switched off again. */
PLN_API void pln_memlink_block_tx(struct pln_memlink *link, bool blocked);

PLN_C_END

#endif
