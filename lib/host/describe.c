/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host in words: what was asked for and what was got, for -v; notices that a user should read once; the port in a phrase, for
 * errors.
 */
#include <inttypes.h>

#include "base/text.h"
#include "host/host.h"

static unsigned int
megabytes(uint64_t bytes)
{
	return (unsigned int)(bytes >> 20);
}

static const char *
memory_words(enum pln_eal_memory memory)
{
	switch (memory) {
	case PLN_EAL_MEMORY_USER:
		return "as the EAL arguments say";
	case PLN_EAL_MEMORY_HUGE:
		return "hugepages";
	case PLN_EAL_MEMORY_ORDINARY:
		return "ordinary pages";
	case PLN_EAL_MEMORY_SHARED:
		return "hugepages, shared";
	}
	return "";
}

static const char *
csum_words(enum pln_host_csum csum)
{
	switch (csum) {
	case PLN_HOST_CSUM_AUTO:
		return "auto";
	case PLN_HOST_CSUM_SW:
		return "sw";
	case PLN_HOST_CSUM_HW:
		return "hw";
	}
	return "";
}

static void
describe_environment(const struct pln_host *host, struct pln_text *text)
{
	char args[1024];

	pln_eal_args_print(&host->environment.args, args, sizeof(args));
	pln_text_add(text, "EAL: %s\n", args);
	pln_text_add(
		text, "memory: %s; %u MB needed, %u MB of hugepages free; %u buffers of %u bytes\n",
		memory_words(host->environment.args.memory),
		pln_eal_args_megabytes(host->memory.need_bytes), megabytes(host->hugepages_bytes),
		host->memory.buffers, host->memory.frame_len);
}

static void
describe_port(const struct pln_host *host, struct pln_text *text)
{
	const struct pln_ethdev *dev = &host->dev;
	const uint8_t *mac = dev->queues[0].link.mac.bytes;

	pln_text_add(text, "port: %s (%s)", dev->name, dev->info.driver_name);
	if (dev->has_netif)
		pln_text_add(text, " on interface %s", dev->netif.name);
	pln_text_add(text, ", MAC %02x:%02x:%02x:%02x:%02x:%02x, link %s\n", mac[0], mac[1], mac[2],
	             mac[3], mac[4], mac[5], pln_ethdev_up(dev) ? "up" : "down");
	if (host->spare_ports > 0)
		pln_text_add(text, "ports left alone: %u\n", host->spare_ports);
	pln_text_add(text, "queues: %u each way; descriptors asked %u rx, %u tx; got %u, %u\n",
	             dev->n_queues, dev->config.rx_desc, dev->config.tx_desc, dev->rx_desc,
	             dev->tx_desc);
}

static void
describe_lcores(const struct pln_host *host, struct pln_text *text)
{
	unsigned int i, queues = host->dev.n_queues;

	if (host->n_lcores <= 1)
		return;
	pln_text_add(text, "stacks: %u, on lcores", host->n_lcores);
	for (i = 0; i < host->n_lcores; i++)
		pln_text_add(text, " %u", host->lcores[i].id);
	pln_text_add(text, "\nsteering: %s: %s\n", pln_steer_name(host->steer->mode),
	             host->steer->why);
	if (host->proof.sent > 0)
		pln_text_add(text, "probes: %u sent to the gateway, %u answered, %u elsewhere\n",
		             host->proof.sent, host->proof.answered, host->proof.astray);
	if (queues < host->n_lcores)
		pln_text_add(text,
		             "the device has %u for %u lcores: the first %u receive and send for "
		             "the others\n",
		             queues, host->n_lcores, queues);
}

static void
describe_mtu(const struct pln_host *host, struct pln_text *text)
{
	const struct pln_ethdev *dev = &host->dev;

	if (host->mtu_asked == 0)
		pln_text_add(text, "MTU: asked for the device's");
	else
		pln_text_add(text, "MTU: asked %u", host->mtu_asked);
	pln_text_add(text, ", got %u; the device carries up to %u\n", dev->queues[0].link.mtu,
	             dev->max_mtu);
	if (dev->queues[0].link.vlan != 0)
		pln_text_add(text, "VLAN: %u, tagged here\n", dev->queues[0].link.vlan);
}

static void
describe_offloads(const struct pln_host *host, struct pln_text *text)
{
	const struct pln_link *link = &host->dev.queues[0].link;
	uint32_t bits = link->capabilities;

	pln_text_add(text, "checksums: asked %s; sent TCP by %s, sent IPv4 by %s, received by %s\n",
	             csum_words(host->config.csum),
	             bits & PLN_LINK_TX_TCP_CKSUM ? "the device" : "software",
	             bits & PLN_LINK_TX_IP4_CKSUM ? "the device" : "software",
	             bits & PLN_LINK_RX_CKSUM_FLAGS ? "the device, software where it does not tell"
	                                            : "software");
	if (bits & PLN_LINK_TX_TSO)
		pln_text_add(text, "segmentation: by the device, up to %u bytes\n", link->tso_max);
	else
		pln_text_add(text, "segmentation: software\n");
	pln_text_add(text, "chained buffers: %s\n",
	             bits & PLN_LINK_TX_MULTI_SEGS ? "yes" : "no, copied into one");
	if (host->dev.device->flags & PLN_DEVICE_LOOPS)
		pln_text_add(text, "this device receives its own frames: no peer is reached\n");
}

static void
describe_addrs(const struct pln_host *host, struct pln_text *text)
{
	const struct pln_host_config *config = &host->config;
	char addr[PLN_ADDR_TEXT_LEN];

	pln_text_add(text, "address: %s/%u", pln_addr_format(&config->addr, addr),
	             config->prefix_len);
	if (config->gateway.family != PLN_FAMILY_NONE)
		pln_text_add(text, ", gateway %s", pln_addr_format(&config->gateway, addr));
	else
		pln_text_add(text, ", no gateway");
	pln_text_add(text, "%s\n", host->routed ? " (from the system's routes)" : "");
}

static void
describe_capture(const struct pln_host *host, struct pln_text *text)
{
	const struct pln_pcap *pcap = &host->pcap;

	if (!host->capturing)
		return;
	pln_text_add(text, "capture: %s\n", pcap->bpf == NULL ? "every frame" : "filtered");
}

size_t
pln_host_describe(const struct pln_host *host, char *buf, size_t len)
{
	struct pln_text text = pln_text_init(buf, len);

	describe_environment(host, &text);
	describe_port(host, &text);
	describe_lcores(host, &text);
	describe_mtu(host, &text);
	describe_offloads(host, &text);
	describe_addrs(host, &text);
	describe_capture(host, &text);
	return text.used;
}

size_t
pln_host_notices(const struct pln_host *host, char *buf, size_t len)
{
	struct pln_text text = pln_text_init(buf, len);

	if (host->environment.args.memory == PLN_EAL_MEMORY_ORDINARY)
		pln_text_add(
			&text,
			"No hugepages to use (%u MB needed, %u MB free): ordinary pages do, more "
			"slowly.\n",
			pln_eal_args_megabytes(host->memory.need_bytes),
			megabytes(host->hugepages_bytes));
	return text.used;
}

size_t
pln_host_port_status(const struct pln_host *host, char *buf, size_t len)
{
	struct pln_text text = pln_text_init(buf, len);

	pln_text_add(&text, "link %s, %" PRIu64 " frames received",
	             pln_ethdev_up(&host->dev) ? "up" : "down", pln_ethdev_received(&host->dev));
	return text.used;
}

size_t
pln_host_xstats(const struct pln_host *host, char *buf, size_t len)
{
	return pln_ethdev_xstats(&host->dev, buf, len);
}
