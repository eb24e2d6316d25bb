/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What differs between a received mbuf and the frame that was on the wire: a tag that the device stripped (IEEE 802.1Q), which is put
 * back, and a transport checksum that a peer on the same machine never filled in because nobody was to look at it; the kernel will.
 */
#include "dev/porter_frame.h"

#include <sys/uio.h>

#include <rte_ether.h>
#include <rte_net.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "base/bytes.h"
#include "compat.h"

#define PIECES 72U /* of a frame: the buffers of 64 KiB, its addresses, the tag */

static uint16_t
sum_of(const struct rte_mbuf *m, uint32_t ptype, const struct rte_net_hdr_lens *lens)
{
	const void *ip = rte_pktmbuf_mtod_offset(m, const void *, lens->l2_len);
	uint16_t l4 = (uint16_t)(lens->l2_len + lens->l3_len);

	return RTE_ETH_IS_IPV4_HDR(ptype) ? rte_ipv4_udptcp_cksum_mbuf(m, ip, l4)
	                                  : rte_ipv6_udptcp_cksum_mbuf(m, ip, l4);
}

static void
complete_cksum(struct rte_mbuf *m)
{
	struct rte_net_hdr_lens lens;
	uint32_t ptype = rte_net_get_ptype(m, &lens, RTE_PTYPE_ALL_MASK);
	uint32_t l4 = ptype & RTE_PTYPE_L4_MASK, field = lens.l2_len + lens.l3_len;
	uint16_t *at;

	if (l4 != RTE_PTYPE_L4_TCP && l4 != RTE_PTYPE_L4_UDP)
		return;
	field += (uint32_t)(l4 == RTE_PTYPE_L4_TCP ? offsetof(struct rte_tcp_hdr, cksum)
	                                           : offsetof(struct rte_udp_hdr, dgram_cksum));
	if (field + sizeof(*at) > m->data_len)
		return;
	at = rte_pktmbuf_mtod_offset(m, uint16_t *, field);
	*at = 0;
	*at = sum_of(m, ptype, &lens);
}

/* Behind both addresses. */
static unsigned int
put_tag_back(const struct rte_mbuf *m, struct iovec *pieces, uint8_t *tag)
{
	const unsigned int at = 2 * RTE_ETHER_ADDR_LEN;

	pln_bytes_put16(tag, RTE_ETHER_TYPE_VLAN);
	pln_bytes_put16(tag + 2, m->vlan_tci);
	pieces[0] = (struct iovec){ rte_pktmbuf_mtod(m, void *), at };
	pieces[1] = (struct iovec){ tag, 4 };
	pieces[2] = (struct iovec){ rte_pktmbuf_mtod_offset(m, void *, at), m->data_len - at };
	return 3;
}

bool
pln_porter_frame_write(int fd, struct rte_mbuf *m)
{
	bool stripped = (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0 &&
	                m->data_len >= RTE_ETHER_HDR_LEN;
	struct iovec pieces[PIECES];
	uint8_t tag[4];
	unsigned int n;

	if ((m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_NONE)
		complete_cksum(m);
	pieces[0] = (struct iovec){ rte_pktmbuf_mtod(m, void *), m->data_len };
	n = stripped ? put_tag_back(m, pieces, tag) : 1;
	for (const struct rte_mbuf *seg = m->next; seg != NULL; seg = seg->next) {
		if (n == PIECES)
			return false;
		pieces[n++] = (struct iovec){ rte_pktmbuf_mtod(seg, void *), seg->data_len };
	}
	return writev(fd, pieces, (int)n) >= 0;
}
