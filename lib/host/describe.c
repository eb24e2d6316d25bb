/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host in words: what was asked for and what was got, for -v; notices that a user should read once; the ports in a phrase, for
 * errors.
 */
#include <inttypes.h>

#include "base/text.h"
#include "host/host.h"
#include "host/idle.h"
#include "host/nodes.h"

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
	pln_text_add(text, "memory: %s; %u MB needed, %u MB of hugepages free\n",
	             memory_words(host->environment.args.memory),
	             pln_eal_args_megabytes(host->need_bytes), megabytes(host->hugepages_bytes));
}

static bool
is_used(const struct pln_host *host, uint16_t id)
{
	for (unsigned int i = 0; i < host->n_ports; i++)
		if (host->ports[i].dev.port == id)
			return true;
	return false;
}

static void
describe_spare(const struct pln_host *host, struct pln_text *text)
{
	char name[RTE_ETH_NAME_MAX_LEN];
	unsigned int count = 0;

	for (uint16_t id = rte_eth_find_next(0); id < RTE_MAX_ETHPORTS;
	     id = rte_eth_find_next((uint16_t)(id + 1)))
		if (!is_used(host, id) && rte_eth_dev_get_name_by_port(id, name) == 0)
			pln_text_add(text, count++ == 0 ? "ports left alone: %s" : ", %s", name);
	if (count > 0)
		pln_text_add(text, "\n");
}

static void
describe_stacks(const struct pln_host *host, struct pln_text *text)
{
	if (pln_host_stack_count(host) <= 1)
		return;
	pln_text_add(text, "stacks: %u, on lcores", pln_host_stack_count(host));
	for (unsigned int i = 0; i < host->n_lcores; i++)
		pln_text_add(text, " %u", host->lcores[i].id);
	pln_text_add(text, host->n_ports > 1 ? ", for each of %u ports\n" : "\n", host->n_ports);
}

static void
describe_port(const struct pln_host_port *port, struct pln_text *text)
{
	const struct pln_ethdev *dev = &port->dev;
	const uint8_t *mac = dev->queues[0].link.mac.bytes;

	pln_text_add(text, "port: %s (%s)", dev->name, dev->info.driver_name);
	if (dev->has_netif)
		pln_text_add(text, " on interface %s", dev->netif.name);
	if (port->node >= 0)
		pln_text_add(text, ", NUMA node %d", port->node);
	pln_text_add(text, ", MAC %02x:%02x:%02x:%02x:%02x:%02x, link %s\n", mac[0], mac[1], mac[2],
	             mac[3], mac[4], mac[5], pln_ethdev_up(dev) ? "up" : "down");
	pln_text_add(text, "queues: %u each way; descriptors asked %u rx, %u tx; got %u, %u\n",
	             dev->n_queues, dev->config.rx_desc, dev->config.tx_desc, dev->rx_desc,
	             dev->tx_desc);
	pln_text_add(text, "memory: %u buffers of %u bytes for each lcore\n", port->memory.buffers,
	             port->memory.frame_len);
}

/* Its queue, or by way of whom it sends and receives. */
static void
describe_lcores(const struct pln_host_port *port, struct pln_text *text)
{
	const struct pln_host *host = port->host;
	unsigned int i, queues = port->dev.n_queues;

	PLN_ASSERT(queues > 0);
	if (host->n_lcores <= 1)
		return;
	for (i = 0; i < host->n_lcores && i < queues; i++)
		pln_text_add(text, "%s %u has queue %u", i == 0 ? "lcores:" : ",",
		             host->lcores[i].id, i);
	for (; i < host->n_lcores; i++)
		pln_text_add(text, ", %u goes by way of %u", host->lcores[i].id,
		             host->lcores[i % queues].id);
	pln_text_add(text, "\nsteering: %s: %s\n", pln_steer_name(port->steer->mode),
	             port->steer->why);
	if (port->proof.sent > 0)
		pln_text_add(text, "probes: %u sent to the gateway, %u answered, %u elsewhere\n",
		             port->proof.sent, port->proof.answered, port->proof.astray);
	if (queues < host->n_lcores)
		pln_text_add(text,
		             "the device has %u for %u lcores: the first %u receive and send for "
		             "the others\n",
		             queues, host->n_lcores, queues);
}

static void
describe_idle(const struct pln_host *host, struct pln_text *text)
{
	pln_text_add(text, "idle: %s polling%s%s\n", pln_idle_name(host->relax.poll),
	             host->relax.woken ? ", woken by frames" : "",
	             host->relax.crowded ? ", lcores share processors and yield" : "");
}

static void
describe_mtu(const struct pln_host_port *port, struct pln_text *text)
{
	const struct pln_ethdev *dev = &port->dev;

	if (port->host->config.mtu == 0)
		pln_text_add(text, "MTU: asked for the device's");
	else
		pln_text_add(text, "MTU: asked %u", port->host->config.mtu);
	pln_text_add(text, ", got %u; the device carries up to %u\n", dev->queues[0].link.mtu,
	             dev->max_mtu);
	if (dev->queues[0].link.vlan != 0)
		pln_text_add(text, "VLAN: %u, tagged here\n", dev->queues[0].link.vlan);
}

static void
describe_offloads(const struct pln_host_port *port, struct pln_text *text)
{
	const struct pln_link *link = &port->dev.queues[0].link;
	uint32_t bits = link->capabilities;

	pln_text_add(text, "checksums: asked %s; sent TCP by %s, sent IPv4 by %s, received by %s\n",
	             csum_words(port->host->config.csum),
	             bits & PLN_LINK_TX_TCP_CKSUM ? "the device" : "software",
	             bits & PLN_LINK_TX_IP4_CKSUM ? "the device" : "software",
	             bits & PLN_LINK_RX_CKSUM_FLAGS ? "the device, software where it does not tell"
	                                            : "software");
	if (bits & PLN_LINK_TX_TSO)
		pln_text_add(text, "segmentation: by the device, up to %u bytes\n", link->tso_max);
	else
		pln_text_add(text, "segmentation: software\n");
	if (port->dev.offload.rx & RTE_ETH_RX_OFFLOAD_TCP_LRO)
		pln_text_add(text, "gathering of received segments: by the device\n");
	pln_text_add(text, "chained buffers: %s\n",
	             bits & PLN_LINK_TX_MULTI_SEGS ? "yes" : "no, copied into one");
	if (port->dev.device->flags & PLN_DEVICE_LOOPS)
		pln_text_add(text, "this device receives its own frames: no peer is reached\n");
}

static void
describe_addrs(const struct pln_host_port *port, struct pln_text *text)
{
	const struct pln_host_port_config *config = &port->config;
	char addr[PLN_ADDR_TEXT_LEN];

	pln_text_add(text, "address: %s/%u", pln_addr_format(&config->addr, addr),
	             config->prefix_len);
	if (config->gateway.family != PLN_FAMILY_NONE)
		pln_text_add(text, ", gateway %s", pln_addr_format(&config->gateway, addr));
	else
		pln_text_add(text, ", no gateway");
	pln_text_add(text, "%s\n", port->routed ? " (from the system's routes)" : "");
}

static void
describe_share(const struct pln_host_port *port, struct pln_text *text)
{
	const struct pln_host_share *share = &port->share;

	if (!share->open)
		return;
	pln_text_add(text,
	             "the kernel has the port too: by the tap %s, which %s; ports %u to %u are for "
	             "connections that we open\n",
	             share->tap.name, share->tap.made ? "ends with us" : "stays",
	             share->ports.first, share->ports.last);
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
	describe_spare(host, &text);
	describe_stacks(host, &text);
	describe_idle(host, &text);
	for (unsigned int i = 0; i < host->n_ports; i++) {
		describe_port(&host->ports[i], &text);
		describe_lcores(&host->ports[i], &text);
		describe_mtu(&host->ports[i], &text);
		describe_offloads(&host->ports[i], &text);
		describe_addrs(&host->ports[i], &text);
		describe_share(&host->ports[i], &text);
	}
	describe_capture(host, &text);
	return text.used;
}

static void
notice_memory(const struct pln_host *host, struct pln_text *text)
{
	if (host->environment.args.memory == PLN_EAL_MEMORY_ORDINARY)
		pln_text_add(
			text,
			"No hugepages to use (%u MB needed, %u MB free): ordinary pages do, more "
			"slowly.\n",
			pln_eal_args_megabytes(host->need_bytes), megabytes(host->hugepages_bytes));
}

static void
notice_nodes(const struct pln_host *host, struct pln_text *text)
{
	struct pln_nodes_facts facts = { .root = PLN_NODES_ROOT, .n_lcores = host->n_lcores };

	for (unsigned int i = 0; i < host->n_lcores; i++) {
		facts.lcore[i].id = host->lcores[i].id;
		facts.lcore[i].node = host->lcores[i].node;
	}
	for (unsigned int i = 0; i < host->n_ports; i++) {
		facts.port = host->ports[i].dev.port;
		facts.port_node = host->ports[i].node;
		pln_nodes_warn(&facts, text);
	}
}

static void
notice_share(const struct pln_host_port *port, struct pln_text *text)
{
	const char *name = port->dev.netif.name, *tap = port->share.tap.name;

	if (port->share.open && (port->dev.device->flags & PLN_DEVICE_KERNEL))
		pln_text_add(
			text,
			"The kernel sees the frames of %s twice: there, and on %s. Keep it from "
			"answering on %s; docs/guide/share.md says how.\n",
			name, tap, name);
}

static void
notice_steering(const struct pln_host_port *port, struct pln_text *text)
{
	if (port->proof.hash_failed)
		pln_text_add(
			text,
			"%s does not follow the hash that it shows, as packets have proven: %s "
			"instead.\n",
			port->dev.name,
			port->steer->mode == PLN_STEER_RULES ? "rules by port"
							     : pln_steer_name(port->steer->mode));
}

size_t
pln_host_notices(const struct pln_host *host, char *buf, size_t len)
{
	struct pln_text text = pln_text_init(buf, len);

	notice_memory(host, &text);
	notice_nodes(host, &text);
	for (unsigned int i = 0; i < host->n_ports; i++)
		notice_share(&host->ports[i], &text);
	for (unsigned int i = 0; i < host->n_ports; i++)
		notice_steering(&host->ports[i], &text);
	return text.used;
}

/* Which of several ports is meant. */
static const char *
name_of(const struct pln_host_port *port)
{
	return port->host->n_ports > 1 ? port->dev.name : "";
}

size_t
pln_host_port_status(const struct pln_host *host, char *buf, size_t len)
{
	struct pln_text text = pln_text_init(buf, len);

	for (unsigned int i = 0; i < host->n_ports; i++) {
		const struct pln_host_port *port = &host->ports[i];

		pln_text_add(&text, "%s%s%slink %s, %" PRIu64 " frames received", i > 0 ? "; " : "",
		             name_of(port), host->n_ports > 1 ? ": " : "",
		             pln_ethdev_up(&port->dev) ? "up" : "down",
		             pln_ethdev_received(&port->dev));
	}
	return text.used;
}

static size_t
count_share(const struct pln_host_port *port, char *buf, size_t len)
{
	struct pln_text text = pln_text_init(buf, len);
	struct pln_porter_counts counts;

	if (!port->share.open)
		return 0;
	counts = pln_porter_counts(port->share.porter);
	pln_text_add(&text, "share_written_frames: %" PRIu64 "\nshare_read_frames: %" PRIu64 "\n",
	             counts.written, counts.read);
	if (counts.refused > 0)
		pln_text_add(&text, "share_refused_frames (is %s up?): %" PRIu64 "\n",
		             port->share.tap.name, counts.refused);
	if (counts.too_long > 0)
		pln_text_add(&text, "share_too_long_frames (its MTU is %u at most): %" PRIu64 "\n",
		             port->dev.queues[0].link.mtu, counts.too_long);
	return text.used;
}

size_t
pln_host_xstats(const struct pln_host *host, char *buf, size_t len)
{
	size_t used = 0;

	for (unsigned int i = 0; i < host->n_ports && used < len; i++) {
		if (host->n_ports > 1) {
			struct pln_text text = pln_text_init(buf + used, len - used);

			pln_text_add(&text, "%s:\n", host->ports[i].dev.name);
			used += text.used;
		}
		used += pln_ethdev_xstats(&host->ports[i].dev, buf + used, len - used);
		used += count_share(&host->ports[i], buf + used, len - used);
	}
	return used;
}
