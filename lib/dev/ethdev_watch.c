/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What can be seen of a port from outside: its link, its driver's statistics by their own names; and how lcores are asked to leave it.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "dev/ethdev.h"

bool
pln_ethdev_up(const struct pln_ethdev *dev)
{
	struct rte_eth_link link = { 0 };
	struct pln_netif netif;

	if (dev->has_netif && pln_netif_get(dev->netif.name, &netif) == 0 && !netif.running)
		return false;
	if (rte_eth_link_get_nowait(dev->port, &link) != 0)
		return false;
	return link.link_status == RTE_ETH_LINK_UP;
}

uint64_t
pln_ethdev_received(const struct pln_ethdev *dev)
{
	struct rte_eth_stats stats;

	return rte_eth_stats_get(dev->port, &stats) == 0 ? stats.ipackets : 0;
}

static uint64_t
tx_refused(const struct pln_ethdev *dev)
{
	uint64_t sum = 0;

	for (uint16_t i = 0; i < dev->n_queues; i++)
		sum += dev->queues[i].tx_refused;
	return sum;
}

size_t
pln_ethdev_xstats(const struct pln_ethdev *dev, char *buf, size_t len)
{
	struct pln_text text = pln_text_init(buf, len);
	int n = rte_eth_xstats_get_names(dev->port, NULL, 0);
	struct rte_eth_xstat_name *names = NULL;
	struct rte_eth_xstat *values = NULL;

	if (n > 0) {
		names = calloc((size_t)n, sizeof(*names));
		values = calloc((size_t)n, sizeof(*values));
	}
	if (names != NULL && values != NULL &&
	    rte_eth_xstats_get_names(dev->port, names, (unsigned int)n) == n &&
	    rte_eth_xstats_get(dev->port, values, (unsigned int)n) == n) {
		for (int i = 0; i < n; i++) {
			if (values[i].value != 0 && values[i].id < (uint64_t)n)
				pln_text_add(&text, "%s: %" PRIu64 "\n", names[values[i].id].name,
				             values[i].value);
		}
	}
	if (tx_refused(dev) != 0)
		pln_text_add(&text, "tx_refused_frames: %" PRIu64 "\n", tx_refused(dev));
	free(names);
	free(values);
	return text.used;
}

void
pln_ethdev_close(struct pln_ethdev *dev, uint16_t own)
{
	for (uint16_t i = 0; i < dev->n_queues; i++)
		__atomic_store_n(&dev->queues[i].left, i == own, __ATOMIC_RELAXED);
	__atomic_store_n(&dev->closed, true, __ATOMIC_SEQ_CST);
}

bool
pln_ethdev_left(const struct pln_ethdev *dev)
{
	for (uint16_t i = 0; i < dev->n_queues; i++)
		if (!__atomic_load_n(&dev->queues[i].left, __ATOMIC_ACQUIRE))
			return false;
	return true;
}

void
pln_ethdev_reopen(struct pln_ethdev *dev)
{
	__atomic_store_n(&dev->closed, false, __ATOMIC_RELEASE);
}
