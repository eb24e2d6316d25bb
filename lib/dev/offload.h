/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which offloads to ask of a device, and what that lets the stack leave to it: pure decisions on bit masks.
 */
#ifndef POLLEN_DEV_OFFLOAD_H
#define POLLEN_DEV_OFFLOAD_H

#include <pollen/host.h>
#include <pollen/link.h>

#include "base/error.h"
#include "dev/device.h"

PLN_C_BEGIN

struct pln_offload_offer {
	const struct pln_device *device;
	const char *name; /* the port's, for errors */
	uint64_t rx;      /* RTE_ETH_RX_OFFLOAD_* the driver says it can do */
	uint64_t tx;      /* RTE_ETH_TX_OFFLOAD_* likewise */
	uint16_t seg_max; /* mbufs it takes in one TSO frame */
	bool vlan_wanted; /* our frames carry a tag */
	enum pln_host_csum csum;
	bool no_tso; /* segmentation is left to the stack */
	bool lro;    /* received segments are to be gathered */
};

struct pln_offload {
	uint64_t rx; /* to ask for in rte_eth_dev_configure */
	uint64_t tx;
	uint32_t capabilities; /* enum pln_link_capability */
	uint32_t tso_max;      /* bytes of TCP payload in one TSO frame, 0 without TSO */
	bool prepare;          /* frames go through rte_eth_tx_prepare */
};

/* @return 0, or -ENOTSUP when what was demanded of the device (checksums, gathering) is not in it, with a sentence; `out` is then untouched. */
int pln_offload_choose(const struct pln_offload_offer *offer, struct pln_offload *out,
                       struct pln_error *error);

PLN_C_END

#endif
