/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port is configured with all that is wished for, then without what it refuses: a hash key of ours, interrupts.
 */
#include "dev/ethdev.h"

/* With a hash key of ours, or without one where the device refuses that. */
static int
apply_rss(struct pln_ethdev *dev, struct rte_eth_conf *conf)
{
	int rc = pln_rss_ask(&dev->rss, &dev->info, dev->n_queues, true, conf);

	if (rc == 0)
		rc = rte_eth_dev_configure(dev->port, dev->n_queues, dev->n_queues, conf);
	if (rc == 0 || !dev->rss.asked)
		return rc;
	rc = pln_rss_ask(&dev->rss, &dev->info, dev->n_queues, false, conf);
	return rc == 0 ? rte_eth_dev_configure(dev->port, dev->n_queues, dev->n_queues, conf) : rc;
}

/* A socket of the kernel's tells of frames without being asked. */
static bool
wants_interrupts(const struct pln_ethdev *dev)
{
	uint32_t flags = dev->device->flags;

	if (flags & PLN_DEVICE_PACKET_RING)
		return false;
	return dev->config.wakes == PLN_ETHDEV_WAKES_ASKED ||
	       (dev->config.wakes == PLN_ETHDEV_WAKES_KNOWN && (flags & PLN_DEVICE_WAKES));
}

static bool
tells_of_link(const struct pln_ethdev *dev)
{
	return (*dev->info.dev_flags & RTE_ETH_DEV_INTR_LSC) != 0 &&
	       !(dev->device->flags & PLN_DEVICE_NO_LSC);
}

/* What it can do without is left out where the device refuses it. */
int
pln_ethdev_apply(struct pln_ethdev *dev, struct rte_eth_conf *conf)
{
	int rc;

	conf->intr_conf.rxq = wants_interrupts(dev);
	conf->intr_conf.lsc = tells_of_link(dev);
	rc = apply_rss(dev, conf);
	if (rc != 0 && conf->intr_conf.rxq) {
		conf->intr_conf.rxq = 0;
		rc = apply_rss(dev, conf);
	}
	if (rc != 0 && conf->intr_conf.lsc) {
		conf->intr_conf.lsc = 0;
		rc = apply_rss(dev, conf);
	}
	dev->rx_interrupts = conf->intr_conf.rxq;
	return rc;
}
