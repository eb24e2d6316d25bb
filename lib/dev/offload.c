/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chooses offloads. A device is believed about checksums when it drives hardware or the user says so. Receive flags are passed up
 * as the device sets them (a frame of a kernel peer may carry L4_NONE: good data, checksum not filled in); reading them is
 * stack/rx's. TSO needs the TCP checksum, and chains to put headers before data. Gathering (LRO) needs the device's word on checksums:
 * what it has put together has none that could be computed again.
 */
#include "dev/offload.h"

#include <rte_ethdev.h>

#define RX_CKSUM                                                                                   \
	(RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM |                            \
	 RTE_ETH_RX_OFFLOAD_UDP_CKSUM)
#define TX_CKSUM                                                                                   \
	(RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM |                            \
	 RTE_ETH_TX_OFFLOAD_UDP_CKSUM)

/* An IP packet is at most 65535 bytes with headers of up to 20 + 60. */
#define TSO_PAYLOAD_MAX (65535U - 80U)
/* A TSO frame is one header mbuf and data mbufs that may be as short as an ordinary segment. */
#define TSO_SEGMENT 1448U

static uint32_t
tso_payload(uint16_t seg_max)
{
	uint32_t by_segs = seg_max > 2 ? (seg_max - 2U) * TSO_SEGMENT : TSO_SEGMENT;

	return by_segs < TSO_PAYLOAD_MAX ? by_segs : TSO_PAYLOAD_MAX;
}

static bool
wants_tso(const struct pln_offload_offer *offer, uint64_t tx)
{
	uint64_t needs = RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_MULTI_SEGS;

	return !offer->no_tso && (tx & needs) == needs &&
	       (offer->tx & RTE_ETH_TX_OFFLOAD_TCP_TSO) != 0 &&
	       (offer->device->flags & PLN_DEVICE_NO_TSO) == 0;
}

static uint32_t
capabilities_of(uint64_t rx, uint64_t tx)
{
	uint32_t bits = 0;

	if (tx & RTE_ETH_TX_OFFLOAD_TCP_CKSUM)
		bits |= PLN_LINK_TX_TCP_CKSUM;
	if (tx & RTE_ETH_TX_OFFLOAD_UDP_CKSUM)
		bits |= PLN_LINK_TX_UDP_CKSUM;
	if (tx & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM)
		bits |= PLN_LINK_TX_IP4_CKSUM;
	if (tx & RTE_ETH_TX_OFFLOAD_MULTI_SEGS)
		bits |= PLN_LINK_TX_MULTI_SEGS;
	if (tx & RTE_ETH_TX_OFFLOAD_TCP_TSO)
		bits |= PLN_LINK_TX_TSO;
	if (rx & RX_CKSUM)
		bits |= PLN_LINK_RX_CKSUM_FLAGS;
	return bits;
}

/* Gathered segments come in chains of buffers; stack/resegment takes them apart. */
static uint64_t
gathering(const struct pln_offload_offer *offer, uint64_t rx)
{
	if (!offer->lro || (rx & RTE_ETH_RX_OFFLOAD_TCP_CKSUM) == 0 ||
	    (offer->rx & RTE_ETH_RX_OFFLOAD_TCP_LRO) == 0)
		return 0;
	return RTE_ETH_RX_OFFLOAD_TCP_LRO | (offer->rx & RTE_ETH_RX_OFFLOAD_SCATTER);
}

static int
refuse_csum(const struct pln_offload_offer *offer, struct pln_error *error)
{
	return pln_error_set(error, -ENOTSUP,
	                     "%s (%s) computes no checksums, so --csum=hw cannot be had; "
	                     "--csum=auto or sw computes them here.",
	                     offer->name, offer->device->driver);
}

static int
refuse_lro(const struct pln_offload_offer *offer, struct pln_error *error)
{
	return pln_error_set(error, -ENOTSUP,
	                     "%s (%s) gathers no segments, or is not trusted with their checksums "
	                     "(--csum), so --lro=on cannot be had.",
	                     offer->name, offer->device->driver);
}

int
pln_offload_choose(const struct pln_offload_offer *offer, struct pln_offload *out,
                   struct pln_error *error)
{
	bool hardware = offer->csum == PLN_HOST_CSUM_HW ||
	                (offer->csum == PLN_HOST_CSUM_AUTO &&
	                 (offer->device->flags & PLN_DEVICE_TRUST_CKSUM) != 0);
	uint64_t rx = 0, tx = 0;

	if (hardware) {
		rx |= offer->rx & RX_CKSUM;
		tx |= offer->tx & TX_CKSUM;
	}
	if (offer->csum == PLN_HOST_CSUM_HW && (rx | tx) == 0)
		return refuse_csum(offer, error);
	rx |= gathering(offer, rx);
	if (offer->lro && (rx & RTE_ETH_RX_OFFLOAD_TCP_LRO) == 0)
		return refuse_lro(offer, error);
	if ((offer->device->flags & PLN_DEVICE_HANDS_OVER) == 0)
		tx |= offer->tx & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	if (wants_tso(offer, tx))
		tx |= RTE_ETH_TX_OFFLOAD_TCP_TSO;
	if (offer->vlan_wanted)
		rx |= offer->rx & RTE_ETH_RX_OFFLOAD_VLAN_FILTER;
	out->rx = rx;
	out->tx = tx;
	out->capabilities = capabilities_of(rx, tx);
	if ((tx & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0 &&
	    (offer->device->flags & PLN_DEVICE_COPIES) == 0)
		out->capabilities |= PLN_LINK_TX_EAL_MEMORY;
	out->tso_max = tx & RTE_ETH_TX_OFFLOAD_TCP_TSO ? tso_payload(offer->seg_max) : 0;
	out->prepare = (tx & (TX_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_TSO)) != 0;
	return 0;
}
