/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One port of DPDK's as links for stacks: configured to what a stack can use, a queue each way for each of them as far as the device
 * has them, started, watched, stopped.
 * Offloads are dev/offload's choice, what a driver does not say about itself is dev/device's.
 */
#ifndef POLLEN_DEV_ETHDEV_H
#define POLLEN_DEV_ETHDEV_H

#include <rte_ethdev.h>

#include <pollen/host.h>
#include <pollen/link.h>

#include "base/error.h"
#include "dev/device.h"
#include "dev/netif.h"
#include "dev/offload.h"
#include "dev/rss.h"

PLN_C_BEGIN

#define PLN_ETHDEV_QUEUES_MAX 128U

/* Is the device to tell of received frames (dev/rxwait)? */
enum pln_ethdev_wakes {
	PLN_ETHDEV_WAKES_NOT = 0,
	PLN_ETHDEV_WAKES_KNOWN, /* where its driver is known to do that well */
	PLN_ETHDEV_WAKES_ASKED, /* wherever its driver says it can */
};

struct pln_ethdev_config {
	uint16_t mtu;        /* bytes of IP packet on our link; 0: the device's */
	uint16_t device_mtu; /* what the device is to be set to, at least `mtu`; 0: the same */
	uint16_t vlan;       /* 0: untagged */
	struct pln_mac mac;  /* zero: the device's */
	enum pln_host_csum csum;
	bool no_tso; /* as in struct pln_host_config */
	bool lro;
	uint16_t rx_desc; /* descriptors wished for; the device may change them */
	uint16_t tx_desc;
	uint16_t queues; /* each way, wished for; 0: 1. The device may have fewer */
	enum pln_ethdev_wakes wakes;
};

/* One queue each way, for one lcore. */
struct pln_ethdev_queue {
	struct pln_ethdev *dev;
	uint16_t index;
	uint64_t tx_refused;      /* frames the device would not take, freed */
	bool left;                /* its lcore has seen that the port is closed; atomic */
	struct rte_mempool *pool; /* of received frames */
	struct pln_link link;     /* for pln_stack_create; ctx is this struct */
} __rte_cache_aligned;

struct pln_ethdev {
	uint16_t port;
	uint16_t n_queues; /* in force */
	bool started;
	bool closed; /* its queues are left alone; atomic */
	bool is_vdev;
	bool mac_asked;     /* config.mac is a MAC of our own */
	bool has_netif;     /* rides on a kernel interface */
	bool rx_interrupts; /* in force */
	int accept_all_fd;  /* holds the kernel interface promiscuous for a MAC of our own; -1 */
	uint32_t frame_len; /* a receive buffer must hold this much */
	uint16_t max_mtu;   /* the device's limit */
	uint16_t rx_desc;   /* in force */
	uint16_t tx_desc;
	struct pln_ethdev_config config;
	const struct pln_device *device;
	struct rte_eth_dev_info info;
	struct pln_offload offload;
	struct pln_rss_state rss; /* how it spreads over its queues, if there are several */
	struct pln_netif netif;   /* when has_netif */
	char name[RTE_ETH_NAME_MAX_LEN];
	struct pln_ethdev_queue queues[PLN_ETHDEV_QUEUES_MAX];
};

/**
 * Look at a port and decide everything: MTU, offloads, MAC. Nothing on the device is changed.
 *
 * @return 0; -EINVAL (MTU); -ENOTSUP (checksums in hardware where there are none); -ENETDOWN (kernel interface is down);
 *         `error` says it in a sentence
 */
int pln_ethdev_open(struct pln_ethdev *dev, uint16_t port, const struct pln_ethdev_config *config,
                    struct pln_error *error);

/** Private to dev/ethdev: rte_eth_dev_configure with hash and interrupts added to `conf`, as far as the device takes them. 0 or -errno. */
int pln_ethdev_apply(struct pln_ethdev *dev, struct rte_eth_conf *conf);

/** Configure and start it as decided. @param pools of received frames, one a queue, buffers of frame_len. @return 0 or negative errno. */
int pln_ethdev_start(struct pln_ethdev *dev, struct rte_mempool *const *pools,
                     struct pln_error *error);

/**
 * Between the two, nobody looks at the queues: lcores that turn find them empty and full. Main thread, which itself turns queue `own`.
 * A lcore has seen it when it has turned once more: until pln_ethdev_left the device must not be touched.
 */
void pln_ethdev_close(struct pln_ethdev *dev, uint16_t own);
bool pln_ethdev_left(const struct pln_ethdev *dev);
void pln_ethdev_reopen(struct pln_ethdev *dev);

/** Any thread. */
static inline bool
pln_ethdev_closed(const struct pln_ethdev *dev)
{
	return __atomic_load_n(&dev->closed, __ATOMIC_ACQUIRE);
}

/**
 * Stop it and start it again as it was; all have left it. The link may take its time to come up.
 *
 * @param reset  the device is reset and configured anew, where its driver can do that
 * @return 0 or negative errno with a sentence
 */
int pln_ethdev_restart(struct pln_ethdev *dev, bool reset, struct pln_error *error);

/** Stop and close the port; harmless if it never started. */
void pln_ethdev_stop(struct pln_ethdev *dev);

/** Frames received so far, whether or not the stack liked them. */
uint64_t pln_ethdev_received(const struct pln_ethdev *dev);

bool pln_ethdev_up(const struct pln_ethdev *dev);

/** The driver's non-zero extended statistics, "name: value" a line. @return length without the NUL, cut to what fits. */
size_t pln_ethdev_xstats(const struct pln_ethdev *dev, char *buf, size_t len);

PLN_C_END

#endif
