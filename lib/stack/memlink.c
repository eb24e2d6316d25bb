/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A link in memory: implements <pollen/memlink.h>. Received frames wait as mbufs, in chains where they
 * are longer than a buffer, as a device with scattered receive would make them. Sent frames are copied
 * out into a ring of bytes, so that nothing the stack still refers to leaves this link; what was left
 * to the "device" (checksums, TSO) is done on that way by stack/softseg.
 */
#include <stdlib.h>

#include <rte_mbuf.h>

#include <pollen/memlink.h>

#include "dev/eal.h"
#include "dev/mbuf.h"
#include "stack/sized.h"
#include "stack/softseg.h"
#include "wire/eth_hdr.h"

#define QUEUE_FRAMES  1024U          /* each way */
#define TX_RING_BYTES (8U << 20)     /* of sent frames, each with its length before it */
#define FRAME_MAX     (65535U + 18U) /* the longest IP packet behind a tagged Ethernet header */
#define MTU_MIN       68U            /* RFC 791 */
#define MTU_DEFAULT   1500U
#define TSO_MAX       61440U /* bytes of payload: with any headers below 64 KiB */

/* Source of frames made of bare IP packets: locally administered, and nobody's. */
static const struct pln_mac bare_src = { { 0x02, 0, 0, 0, 0, 0xfe } };

struct pln_memlink {
	struct pln_link link;
	struct rte_mempool *mempool;
	struct rte_mbuf *rx[QUEUE_FRAMES];
	uint32_t rx_head, rx_count;
	uint8_t *tx;       /* TX_RING_BYTES */
	uint32_t tx_head;  /* offset of the oldest frame's length */
	uint32_t tx_bytes; /* used */
	uint32_t tx_count; /* frames */
	bool tx_blocked;
	uint8_t whole[FRAME_MAX]; /* a frame out of its chain */
	uint8_t piece[FRAME_MAX]; /* and one cut from it */
};

static void
ring_write(struct pln_memlink *link, const void *data, uint32_t len)
{
	uint32_t at = (link->tx_head + link->tx_bytes) % TX_RING_BYTES;
	uint32_t first = len < TX_RING_BYTES - at ? len : TX_RING_BYTES - at;

	memcpy(link->tx + at, data, first);
	memcpy(link->tx, (const uint8_t *)data + first, len - first);
	link->tx_bytes += len;
}

static void
ring_peek(const struct pln_memlink *link, uint32_t skip, void *data, uint32_t len)
{
	uint32_t at = (link->tx_head + skip) % TX_RING_BYTES;
	uint32_t first = len < TX_RING_BYTES - at ? len : TX_RING_BYTES - at;

	memcpy(data, link->tx + at, first);
	memcpy((uint8_t *)data + first, link->tx, len - first);
}

static void
ring_drop(struct pln_memlink *link, uint32_t len)
{
	link->tx_head = (link->tx_head + len) % TX_RING_BYTES;
	link->tx_bytes -= len;
}

/* Was all that this frame asks for offered? What we never offered is the stack's mistake. */
static bool
was_offered(const struct pln_memlink *link, const struct rte_mbuf *m, const struct pln_softseg *s)
{
	uint32_t asked = 0;

	if (m->nb_segs > 1)
		asked |= PLN_LINK_TX_MULTI_SEGS;
	if (s->seg_size != 0)
		asked |= PLN_LINK_TX_TSO;
	else if (s->ip_cksum)
		asked |= PLN_LINK_TX_IP4_CKSUM;
	if (s->tcp_cksum)
		asked |= PLN_LINK_TX_TCP_CKSUM;
	if (s->udp_cksum)
		asked |= PLN_LINK_TX_UDP_CKSUM;
	return (asked & ~link->link.capabilities) == 0;
}

static void
describe_offloads(const struct pln_memlink *link, const struct rte_mbuf *m, struct pln_softseg *s)
{
	bool tso = (m->ol_flags & RTE_MBUF_F_TX_TCP_SEG) != 0;

	*s = (struct pln_softseg){
		.frame = link->whole,
		.len = m->pkt_len,
		.l2_len = m->l2_len,
		.l3_len = m->l3_len,
		.l4_len = tso ? m->l4_len : 0,
		.seg_size = tso ? m->tso_segsz : 0,
		.ip_cksum = tso || (m->ol_flags & RTE_MBUF_F_TX_IP_CKSUM) != 0,
		.tcp_cksum =
			tso || (m->ol_flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_TCP_CKSUM,
		.udp_cksum = (m->ol_flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_UDP_CKSUM,
	};
	PLN_ASSERT(!tso || s->seg_size > 0);
	PLN_ASSERT(was_offered(link, m, s));
	PLN_ASSERT(pln_softseg_valid(s));
}

/* Copy a frame out; false when there is no room for all that it becomes. */
static bool
take_frame(struct pln_memlink *link, const struct rte_mbuf *m)
{
	struct pln_softseg s;
	uint32_t count, len;
	const void *bytes;

	PLN_ASSERT(m->pkt_len <= FRAME_MAX);
	describe_offloads(link, m, &s);
	count = pln_softseg_count(&s);
	if (link->tx_count + count > QUEUE_FRAMES && link->tx_count > 0)
		return false;
	if (s.len + count * (PLN_IP4_HDR_LEN * 8U) > TX_RING_BYTES - link->tx_bytes)
		return false;
	bytes = rte_pktmbuf_read(m, 0, m->pkt_len, link->whole);
	if (bytes != link->whole)
		memcpy(link->whole, bytes, m->pkt_len);
	while ((len = pln_softseg_next(&s, link->piece)) > 0) {
		ring_write(link, &len, sizeof(len));
		ring_write(link, link->piece, len);
		link->tx_count++;
	}
	return true;
}

static uint16_t
memlink_tx(void *ctx, struct rte_mbuf **frames, uint16_t n)
{
	struct pln_memlink *link = ctx;
	uint16_t i;

	if (link->tx_blocked)
		return 0;
	for (i = 0; i < n && take_frame(link, frames[i]); i++)
		rte_pktmbuf_free(frames[i]);
	return i;
}

static uint16_t
memlink_rx(void *ctx, struct rte_mbuf **frames, uint16_t n)
{
	struct pln_memlink *link = ctx;
	uint16_t i;

	for (i = 0; i < n && link->rx_count > 0; i++) {
		frames[i] = link->rx[link->rx_head];
		link->rx_head = (link->rx_head + 1) % QUEUE_FRAMES;
		link->rx_count--;
	}
	return i;
}

/* One more empty buffer at the end of a chain. */
static bool
extend(struct pln_memlink *link, struct rte_mbuf *m)
{
	struct rte_mbuf *last = rte_pktmbuf_alloc(link->mempool);

	if (last != NULL && rte_pktmbuf_chain(m, last) == 0)
		return true;
	rte_pktmbuf_free(last);
	return false;
}

/* Append bytes to a chain, taking further buffers as they are needed. */
static bool
append(struct pln_memlink *link, struct rte_mbuf *m, const void *data, size_t len)
{
	uint16_t room;

	while (len > 0) {
		room = rte_pktmbuf_tailroom(rte_pktmbuf_lastseg(m));
		if (room == 0) {
			if (!extend(link, m))
				return false;
			continue;
		}
		if (room > len)
			room = (uint16_t)len;
		memcpy(rte_pktmbuf_append(m, room), data, room);
		data = (const uint8_t *)data + room;
		len -= room;
	}
	return true;
}

/* The Ethernet header before a bare IP packet. */
static size_t
bare_header(const struct pln_memlink *link, uint8_t *header)
{
	struct pln_eth_hdr eth = {
		.dst = link->link.mac,
		.src = bare_src,
		.type = PLN_ETH_TYPE_IP4,
		.vlan = PLN_ETH_NO_VLAN,
	};

	return pln_eth_hdr_emit(header, &eth);
}

static uint64_t
rx_flags(int flags)
{
	if ((flags & PLN_MEMLINK_CKSUM_NONE) != 0)
		return RTE_MBUF_F_RX_L4_CKSUM_NONE;
	if ((flags & PLN_MEMLINK_CKSUM_GOOD) != 0)
		return RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	return RTE_MBUF_F_RX_IP_CKSUM_UNKNOWN | RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN;
}

int
pln_memlink_inject(struct pln_memlink *link, const void *frame, size_t len, int flags)
{
	int known = PLN_MEMLINK_CKSUM_GOOD | PLN_MEMLINK_IP | PLN_MEMLINK_CKSUM_NONE;
	uint8_t header[PLN_ETH_HDR_LEN + PLN_ETH_VLAN_LEN];
	size_t header_len = 0;
	struct rte_mbuf *m;

	if (len == 0 || (flags & ~known) != 0)
		return -EINVAL;
	if ((flags & PLN_MEMLINK_IP) != 0)
		header_len = bare_header(link, header);
	if (header_len + len > FRAME_MAX)
		return -EMSGSIZE;
	if (link->rx_count == QUEUE_FRAMES)
		return -ENOBUFS;
	m = rte_pktmbuf_alloc(link->mempool);
	if (m == NULL)
		return -ENOMEM;
	if (!append(link, m, header, header_len) || !append(link, m, frame, len)) {
		rte_pktmbuf_free(m);
		return -ENOMEM;
	}
	m->ol_flags |= rx_flags(flags);
	link->rx[(link->rx_head + link->rx_count) % QUEUE_FRAMES] = m;
	link->rx_count++;
	return 0;
}

ssize_t
pln_memlink_collect(struct pln_memlink *link, void *buf, size_t len)
{
	uint32_t frame_len;

	if (link->tx_count == 0)
		return 0;
	ring_peek(link, 0, &frame_len, sizeof(frame_len));
	if (frame_len > len)
		return -EMSGSIZE;
	ring_peek(link, sizeof(frame_len), buf, frame_len);
	ring_drop(link, (uint32_t)sizeof(frame_len) + frame_len);
	link->tx_count--;
	return (ssize_t)frame_len;
}

uint32_t
pln_memlink_pending(const struct pln_memlink *link)
{
	return link->tx_count;
}

void
pln_memlink_block_tx(struct pln_memlink *link, bool blocked)
{
	link->tx_blocked = blocked;
}

const struct pln_link *
pln_memlink_link(struct pln_memlink *link)
{
	return &link->link;
}

static void
fill_link(struct pln_memlink *link, const struct pln_memlink_config *config)
{
	link->link.rx = memlink_rx;
	link->link.tx = memlink_tx;
	link->link.ctx = link;
	/* Flags are only set where inject was told what to set, so they are always true. */
	link->link.capabilities = config->capabilities | PLN_LINK_RX_CKSUM_FLAGS;
	link->link.mac = config->mac;
	link->link.mtu = config->mtu != 0 ? config->mtu : MTU_DEFAULT;
	link->link.tso_max = (config->capabilities & PLN_LINK_TX_TSO) != 0 ? TSO_MAX : 0;
}

int
pln_memlink_create(const struct pln_memlink_config *config, struct pln_memlink **out)
{
	struct pln_memlink_config c;
	struct pln_memlink *link;
	int ret = pln_sized_take(&c, sizeof(c), config);

	if (ret != 0 || (c.mtu != 0 && c.mtu < MTU_MIN) || pln_eth_hdr_is_group(&c.mac))
		return -EINVAL;
	ret = pln_eal_ensure();
	if (ret != 0)
		return ret;
	link = calloc(1, sizeof(*link));
	if (link == NULL)
		return -ENOMEM;
	link->tx = malloc(TX_RING_BYTES);
	link->mempool = c.mempool != NULL ? c.mempool : pln_mbuf_shared_pool();
	if (link->tx == NULL || link->mempool == NULL) {
		free(link->tx);
		free(link);
		return -ENOMEM;
	}
	fill_link(link, &c);
	*out = link;
	return 0;
}

void
pln_memlink_destroy(struct pln_memlink *link)
{
	struct rte_mbuf *frame;

	if (link == NULL)
		return;
	while (memlink_rx(link, &frame, 1) == 1)
		rte_pktmbuf_free(frame);
	free(link->tx);
	free(link);
}
