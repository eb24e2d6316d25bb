/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port as a link. Decides MTU and MAC: on a kernel interface (af_packet, af_xdp, pcap) both are the kernel's and are not touched; a
 * tap is told its MTU and keeps its MAC; a NIC is told both. The VLAN tag is the stack's own, in the frame's bytes; a NIC that
 * filters tags is told ours. Does not read checksum flags (stack/rx) nor choose offloads (dev/offload).
 */
#include "dev/ethdev.h"

#include <unistd.h>

#include <rte_bus.h>
#include <rte_errno.h>
#include <rte_mempool.h>

#include "dev/mbuf.h"

#define FRAME_HEAD  22U   /* Ethernet header, one tag, frame check sequence */
#define BUFFER_LEN  2048U /* the usual receive buffer */
#define BUFFER_STEP 1024U
#define MIN_MTU     68U /* RFC 791 */
#define FEW_RX_DESC 8U  /* for a driver that holds this many mbufs to read one frame into */

/* ------------------------------------------------------------------------------------------------ the data path */

/* The port is being restarted: whoever has seen that leaves it alone. */
static bool
stays_out(struct pln_ethdev_queue *queue)
{
	if (!pln_ethdev_closed(queue->dev))
		return false;
	__atomic_store_n(&queue->left, true, __ATOMIC_RELEASE);
	return true;
}

static uint16_t
port_rx(void *ctx, struct rte_mbuf **frames, uint16_t n)
{
	struct pln_ethdev_queue *queue = ctx;

	if (stays_out(queue))
		return 0;
	return rte_eth_rx_burst(queue->dev->port, queue->index, frames, n);
}

static uint16_t
port_tx(void *ctx, struct rte_mbuf **frames, uint16_t n)
{
	struct pln_ethdev_queue *queue = ctx;

	if (stays_out(queue))
		return 0;
	return rte_eth_tx_burst(queue->dev->port, queue->index, frames, n);
}

/* As port_tx, for a device that is asked for checksums or segmentation. A frame that the driver refuses to prepare would be
 * refused for ever: it is freed, so that those behind it can go. */
static uint16_t
port_tx_prepared(void *ctx, struct rte_mbuf **frames, uint16_t n)
{
	struct pln_ethdev_queue *queue = ctx;
	uint16_t port = queue->dev->port, ready, sent;

	if (stays_out(queue))
		return 0;
	ready = rte_eth_tx_prepare(port, queue->index, frames, n);
	sent = rte_eth_tx_burst(port, queue->index, frames, ready);
	if (sent < ready || ready == n)
		return sent;
	rte_pktmbuf_free(frames[ready]);
	queue->tx_refused++;
	return ready + 1;
}

static bool
port_up(void *ctx)
{
	const struct pln_ethdev_queue *queue = ctx;

	return pln_ethdev_up(queue->dev);
}

/* ------------------------------------------------------------------------------------------------ deciding */

/* A kernel interface does not tell what frames it may hand us; the kernel's own MTU does. */
static uint32_t
device_max_mtu(const struct pln_ethdev *dev)
{
	const struct rte_eth_dev_info *info = &dev->info;
	const struct rte_devargs *args = rte_dev_devargs(info->device);
	uint32_t head = RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;
	uint32_t max = info->max_mtu;

	if (dev->device->flags & PLN_DEVICE_PACKET_RING)
		return pln_device_packet_mtu(pln_device_arg(args == NULL ? NULL : args->args,
		                                            "framesz", PLN_DEVICE_PACKET_SLOT));
	if (max != UINT16_MAX && info->max_rx_pktlen > max)
		return max;
	if (info->max_rx_pktlen > head && info->max_rx_pktlen - head < max)
		max = info->max_rx_pktlen - head;
	return max;
}

/* The device's own MTU: what we use when nobody asks for another. */
static uint16_t
current_mtu(const struct pln_ethdev *dev)
{
	uint16_t mtu = RTE_ETHER_MTU;

	if (dev->has_netif && (dev->device->flags & PLN_DEVICE_KERNEL))
		mtu = dev->netif.mtu;
	else if (rte_eth_dev_get_mtu(dev->port, &mtu) != 0 || mtu == 0)
		mtu = RTE_ETHER_MTU;
	return mtu < dev->max_mtu ? mtu : dev->max_mtu;
}

static int
decide_mtu(struct pln_ethdev *dev, struct pln_error *error)
{
	struct pln_ethdev_config *config = &dev->config;
	uint32_t max = device_max_mtu(dev);

	dev->max_mtu = (uint16_t)(max < UINT16_MAX ? max : UINT16_MAX);
	if (config->mtu == 0)
		config->mtu = current_mtu(dev);
	if (config->device_mtu < config->mtu)
		config->device_mtu = config->mtu;
	if (config->mtu < MIN_MTU)
		return pln_error_set(error, -EINVAL,
		                     "An MTU of %u is too small: IPv4 needs at least %u.",
		                     config->mtu, MIN_MTU);
	if (config->device_mtu > dev->max_mtu)
		return pln_error_set(error, -EINVAL,
		                     "%s (%s) carries packets of at most %u bytes, not %u: give a "
		                     "smaller --mtu.",
		                     dev->name, dev->info.driver_name, dev->max_mtu,
		                     config->device_mtu);
	if (dev->has_netif && (dev->device->flags & PLN_DEVICE_KERNEL) &&
	    config->mtu > dev->netif.mtu)
		return pln_error_set(error, -EINVAL,
		                     "The interface %s has an MTU of %u, less than the %u asked "
		                     "for. Raise it first: ip link set %s mtu %u",
		                     dev->netif.name, dev->netif.mtu, config->mtu, dev->netif.name,
		                     config->mtu);
	return 0;
}

/* Bytes a receive buffer must hold: a frame, and for af_packet a whole slot of its ring, which is what the driver checks. */
static uint32_t
buffer_len(const struct pln_ethdev *dev)
{
	const struct rte_devargs *args = rte_dev_devargs(dev->info.device);
	uint32_t need = dev->config.device_mtu + FRAME_HEAD;

	if (dev->device->flags & PLN_DEVICE_PACKET_RING) {
		uint32_t slot = pln_device_arg(args == NULL ? NULL : args->args, "framesz",
		                               PLN_DEVICE_PACKET_SLOT);

		need = slot > need ? slot : need;
	}
	if (need <= BUFFER_LEN)
		return BUFFER_LEN;
	return (need + BUFFER_STEP - 1) / BUFFER_STEP * BUFFER_STEP;
}

static int
decide_offloads(struct pln_ethdev *dev, struct pln_error *error)
{
	struct pln_offload_offer offer = {
		.device = dev->device,
		.name = dev->name,
		.rx = dev->info.rx_offload_capa,
		.tx = dev->info.tx_offload_capa,
		.seg_max = dev->info.tx_desc_lim.nb_seg_max,
		.vlan_wanted = dev->config.vlan != 0,
		.csum = dev->config.csum,
		.no_tso = dev->config.no_tso,
		.lro = dev->config.lro,
	};

	return pln_offload_choose(&offer, &dev->offload, error);
}

static bool
is_zero(const struct pln_mac *mac)
{
	return memcmp(mac, &(struct pln_mac){ 0 }, sizeof(*mac)) == 0;
}

/* The kernel's on its interface, whatever the driver made up; a random one where the driver has none (net_ring). */
static struct pln_mac
device_mac(const struct pln_ethdev *dev)
{
	struct rte_ether_addr addr = { 0 };
	struct pln_mac mac;

	if (dev->has_netif && (dev->device->flags & PLN_DEVICE_KERNEL))
		return dev->netif.mac;
	rte_eth_macaddr_get(dev->port, &addr);
	if (rte_is_zero_ether_addr(&addr))
		rte_eth_random_addr(addr.addr_bytes);
	memcpy(&mac, &addr, sizeof(mac));
	return mac;
}

static void
decide_queues(struct pln_ethdev *dev)
{
	unsigned int wish = dev->config.queues != 0 ? dev->config.queues : 1;

	wish = RTE_MIN(wish, PLN_ETHDEV_QUEUES_MAX);
	wish = RTE_MIN(wish, (unsigned int)dev->info.max_rx_queues);
	wish = RTE_MIN(wish, (unsigned int)dev->info.max_tx_queues);
	dev->n_queues = wish > 0 ? (uint16_t)wish : 1;
}

static void
fill_links(struct pln_ethdev *dev)
{
	struct pln_link link = {
		.rx = port_rx,
		.tx = dev->offload.prepare ? port_tx_prepared : port_tx,
		.up = port_up,
		.capabilities = dev->offload.capabilities,
		.mac = dev->config.mac,
		.mtu = dev->config.mtu,
		.vlan = dev->config.vlan,
		.tso_max = dev->offload.tso_max,
	};

	dev->mac_asked = !is_zero(&dev->config.mac);
	if (!dev->mac_asked)
		link.mac = device_mac(dev);
	for (uint16_t i = 0; i < dev->n_queues; i++) {
		dev->queues[i] = (struct pln_ethdev_queue){ .dev = dev, .index = i, .link = link };
		dev->queues[i].link.ctx = &dev->queues[i];
	}
}

static void
find_netif(struct pln_ethdev *dev)
{
	bool rides = (dev->device->flags & (PLN_DEVICE_KERNEL | PLN_DEVICE_TAP)) != 0;

	dev->has_netif = rides && pln_netif_get_index(dev->info.if_index, &dev->netif) == 0;
}

int
pln_ethdev_open(struct pln_ethdev *dev, uint16_t port, const struct pln_ethdev_config *config,
                struct pln_error *error)
{
	const char *bus;
	int rc;

	memset(dev, 0, sizeof(*dev));
	dev->port = port;
	dev->accept_all_fd = -1;
	dev->config = *config;
	rc = rte_eth_dev_info_get(port, &dev->info);
	if (rc != 0)
		return pln_error_set(error, rc, "Port %u says nothing of itself: %s.", port,
		                     strerror(-rc));
	rte_eth_dev_get_name_by_port(port, dev->name);
	bus = rte_bus_name(rte_dev_bus(dev->info.device));
	dev->is_vdev = strcmp(bus, "vdev") == 0;
	dev->device = pln_device_find(dev->info.driver_name, dev->is_vdev);
	find_netif(dev);
	if (dev->has_netif && !dev->netif.up && (dev->device->flags & PLN_DEVICE_KERNEL))
		return pln_error_set(
			error, -ENETDOWN,
			"The interface %s is down. Bring it up first: ip link set %s up",
			dev->netif.name, dev->netif.name);
	rc = decide_mtu(dev, error);
	if (rc != 0)
		return rc;
	rc = decide_offloads(dev, error);
	if (rc != 0)
		return rc;
	dev->frame_len = buffer_len(dev);
	decide_queues(dev);
	pln_rss_look(&dev->rss, port, &dev->info, dev->device);
	fill_links(dev);
	return 0;
}

/* ------------------------------------------------------------------------------------------------ doing */

static int
fail_start(const struct pln_ethdev *dev, int rc, const char *what, struct pln_error *error)
{
	return pln_error_set(error, rc, "%s (%s): %s failed: %s.", dev->name, dev->info.driver_name,
	                     what, strerror(-rc));
}

/* What rte_eth_dev_configure is told. af_packet ignores an MTU and refuses one above its idea of Ethernet. */
static uint16_t
configured_mtu(const struct pln_ethdev *dev)
{
	uint16_t mtu = dev->config.device_mtu;

	if ((dev->device->flags & PLN_DEVICE_PACKET_RING) && mtu > RTE_ETHER_MTU)
		return RTE_ETHER_MTU;
	return mtu < dev->info.min_mtu ? dev->info.min_mtu : mtu;
}

static int
setup_queue(struct pln_ethdev *dev, uint16_t i, struct pln_error *error)
{
	int node = rte_eth_dev_socket_id(dev->port);
	unsigned int socket = node < 0 ? (unsigned int)SOCKET_ID_ANY : (unsigned int)node;
	int rc = rte_eth_rx_queue_setup(dev->port, i, dev->rx_desc, socket, NULL,
	                                dev->queues[i].pool);

	if (rc != 0)
		return fail_start(dev, rc, "setting up a receive queue", error);
	rc = rte_eth_tx_queue_setup(dev->port, i, dev->tx_desc, socket, NULL);
	if (rc != 0)
		return fail_start(dev, rc, "setting up a transmit queue", error);
	return 0;
}

static int
configure_queues(struct pln_ethdev *dev, struct pln_error *error)
{
	int rc;

	dev->rx_desc = dev->config.rx_desc;
	if (dev->device->flags & PLN_DEVICE_FEW_RX_DESC)
		dev->rx_desc = FEW_RX_DESC;
	dev->tx_desc = dev->config.tx_desc;
	rc = rte_eth_dev_adjust_nb_rx_tx_desc(dev->port, &dev->rx_desc, &dev->tx_desc);
	if (rc != 0)
		return fail_start(dev, rc, "sizing its queues", error);
	for (uint16_t i = 0; i < dev->n_queues && rc == 0; i++)
		rc = setup_queue(dev, i, error);
	return rc;
}

static int
configure(struct pln_ethdev *dev, struct pln_error *error)
{
	struct rte_eth_conf conf = {
		.rxmode = { .mtu = configured_mtu(dev), .offloads = dev->offload.rx },
		.txmode = { .offloads = dev->offload.tx },
	};
	int rc;

	if (dev->offload.rx & RTE_ETH_RX_OFFLOAD_TCP_LRO)
		conf.rxmode.max_lro_pkt_size = dev->info.max_lro_pkt_size;
	rc = pln_ethdev_apply(dev, &conf);
	if (rc != 0)
		return fail_start(dev, rc, "configuring it", error);
	/* The driver of a tap sets the interface to 1500 when it opens it, whatever it was before. */
	if (dev->device->flags & PLN_DEVICE_TAP) {
		rc = rte_eth_dev_set_mtu(dev->port, configured_mtu(dev));
		if (rc != 0)
			return fail_start(dev, rc, "setting its MTU", error);
	}
	return configure_queues(dev, error);
}

/* A MAC of our own: a NIC is told; a kernel interface keeps its own and lets ours through; a tap, and a vdev that has no filter to
 * tell, pass all. Without one we take the device's, which some drivers make up anew when they are configured. */
static void
take_device_mac(struct pln_ethdev *dev)
{
	struct pln_mac mac = device_mac(dev);

	for (uint16_t i = 0; i < dev->n_queues; i++)
		dev->queues[i].link.mac = mac;
}

static int
apply_mac(struct pln_ethdev *dev, struct pln_error *error)
{
	struct rte_ether_addr ours;
	int rc;

	if (!dev->mac_asked) {
		take_device_mac(dev);
		return 0;
	}
	if (dev->device->flags & PLN_DEVICE_TAP)
		return 0;
	if (dev->has_netif && dev->accept_all_fd >= 0)
		return 0;
	if (dev->has_netif) {
		dev->accept_all_fd = pln_netif_accept_all(dev->netif.index);
		if (dev->accept_all_fd < 0)
			return fail_start(dev, dev->accept_all_fd, "accepting a MAC of our own",
			                  error);
		return 0;
	}
	memcpy(&ours, &dev->queues[0].link.mac, sizeof(ours));
	rc = rte_eth_dev_default_mac_addr_set(dev->port, &ours);
	if (rc == 0 || rte_eth_promiscuous_enable(dev->port) == 0 || dev->is_vdev)
		return 0;
	return fail_start(dev, rc, "setting its MAC", error);
}

/* What a port forgets when it stops is said again. */
static int
begin(struct pln_ethdev *dev, struct pln_error *error)
{
	int rc = rte_eth_dev_start(dev->port);

	if (rc != 0)
		return fail_start(dev, rc, "starting it", error);
	dev->started = true;
	if (dev->rss.asked)
		pln_rss_settle(&dev->rss);
	if (dev->offload.rx & RTE_ETH_RX_OFFLOAD_VLAN_FILTER) {
		rc = rte_eth_dev_vlan_filter(dev->port, dev->config.vlan, 1);
		if (rc != 0)
			return fail_start(dev, rc, "admitting the VLAN", error);
	}
	return apply_mac(dev, error);
}

int
pln_ethdev_start(struct pln_ethdev *dev, struct rte_mempool *const *pools, struct pln_error *error)
{
	int rc;

	for (uint16_t i = 0; i < dev->n_queues; i++)
		dev->queues[i].pool = pools[i];
	rc = configure(dev, error);
	return rc == 0 ? begin(dev, error) : rc;
}

int
pln_ethdev_restart(struct pln_ethdev *dev, bool reset, struct pln_error *error)
{
	int rc = 0;

	rte_eth_dev_stop(dev->port);
	dev->started = false;
	/* A device that has been reset knows nothing any more; one that cannot be is begun anew. */
	if (reset && rte_eth_dev_reset(dev->port) == 0)
		rc = configure(dev, error);
	return rc == 0 ? begin(dev, error) : rc;
}

void
pln_ethdev_stop(struct pln_ethdev *dev)
{
	if (dev->accept_all_fd >= 0)
		close(dev->accept_all_fd);
	dev->accept_all_fd = -1;
	if (dev->started)
		rte_eth_dev_stop(dev->port);
	dev->started = false;
	if (rte_eth_dev_is_valid_port(dev->port))
		rte_eth_dev_close(dev->port);
}
