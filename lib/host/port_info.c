/* SPDX-License-Identifier: BSD-3-Clause */
/* A port in figures, for programs that judge it; in words it is host/describe's. Reads, and asks the device for its link alone. */
#include "host/host.h"
#include "stack/sized.h"

static void
fill_steering(const struct pln_host_port *port, struct pln_port_info *info)
{
	if (port->steer == NULL)
		return;
	snprintf(info->steering, sizeof(info->steering), "%s", pln_steer_name(port->steer->mode));
	snprintf(info->steering_why, sizeof(info->steering_why), "%s", port->steer->why);
}

static void
fill_names(const struct pln_ethdev *dev, struct pln_port_info *info)
{
	snprintf(info->name, sizeof(info->name), "%s", dev->name);
	snprintf(info->driver, sizeof(info->driver), "%s", dev->info.driver_name);
	if (dev->has_netif)
		snprintf(info->interface, sizeof(info->interface), "%s", dev->netif.name);
}

int
pln_host_port_info(const struct pln_host *host, unsigned int i, struct pln_port_info *out)
{
	const struct pln_host_port *port = &host->ports[i < host->n_ports ? i : 0];
	const struct pln_ethdev *dev = &port->dev;
	struct pln_port_info info = {
		.size = sizeof(info),
		.up = pln_ethdev_up(dev),
		.mtu = dev->queues[0].link.mtu,
		.max_mtu = dev->max_mtu,
		.queues = dev->n_queues,
		.node = port->node,
		.capabilities = dev->queues[0].link.capabilities,
		.received = pln_ethdev_received(dev),
		.addr = port->config.addr,
		.prefix_len = port->config.prefix_len,
		.gateway = port->config.gateway,
		.probes_sent = port->proof.sent,
		.probes_answered = port->proof.answered,
		.probes_astray = port->proof.astray,
	};

	if (i >= host->n_ports)
		return -ENOENT;
	fill_names(dev, &info);
	fill_steering(port, &info);
	return pln_sized_give(out, &info, sizeof(info));
}
