/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel on our port: a tap with the port's MAC and MTU, whose carrier follows the link, and a thread that carries frames. Decides
 * which ports our own connections take: none of those that the kernel gives to its own, so that one address is enough for both.
 */
#include <stdio.h>
#include <stdlib.h>

#include "dev/mbuf.h"
#include "host/host.h"
#include "stack/stack.h"

#define KERNEL_PORTS "/proc/sys/net/ipv4/ip_local_port_range"
#define PORTS_MIN    1024U /* of ours, at least so many; none below is anybody's to choose */

static bool
is_same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

int
pln_host_share_check(const struct pln_host_port *port, struct pln_error *error)
{
	const struct pln_host *host = port->host;
	const char *share = port->config.share;

	for (unsigned int i = 0; share != NULL && i < host->n_ports; i++) {
		const struct pln_host_port_config *other = &host->ports[i].config;

		if (is_same(share, other->interface))
			return pln_error_set(
				error, -EINVAL,
				"%s cannot be both our port and the kernel's way to it: give "
				"another tap for the kernel, or a name that no interface has.",
				share);
		if (i != port->index && is_same(share, other->share))
			return pln_error_set(error, -EINVAL,
			                     "%s is given for two ports; each has a tap of its "
			                     "own for the kernel.",
			                     share);
	}
	return share == NULL ? 0 : pln_tap_check_name(share, error);
}

bool
pln_host_share_ports(const struct pln_port_span *kernel, struct pln_port_span *ours)
{
	uint32_t above = UINT16_MAX - (uint32_t)kernel->last;

	if (above >= PORTS_MIN) {
		*ours = (struct pln_port_span){ (uint16_t)(kernel->last + 1), UINT16_MAX };
		return true;
	}
	if (kernel->first < 2 * PORTS_MIN)
		return false;
	*ours = (struct pln_port_span){ PORTS_MIN, (uint16_t)(kernel->first - 1) };
	return true;
}

/* A kernel that does not tell has Linux's own. */
static struct pln_port_span
kernel_ports(void)
{
	struct pln_port_span ports = { 32768, 60999 };
	FILE *file = fopen(KERNEL_PORTS, "re");
	unsigned long first, last;
	char text[64] = "", *rest;

	if (file == NULL)
		return ports;
	if (fgets(text, sizeof(text), file) == NULL)
		text[0] = '\0';
	fclose(file);
	first = strtoul(text, &rest, 10);
	last = strtoul(rest, NULL, 10);
	if (first > 0 && first <= last && last <= UINT16_MAX)
		ports = (struct pln_port_span){ (uint16_t)first, (uint16_t)last };
	return ports;
}

static int
choose_ports(struct pln_host_port *port, struct pln_error *error)
{
	struct pln_port_span kernel = kernel_ports();

	if (pln_host_share_ports(&kernel, &port->share.ports))
		return 0;
	return pln_error_set(error, -EADDRNOTAVAIL,
	                     "The kernel takes source ports from %u to %u, which leaves none to "
	                     "us on the shared address. Give it fewer: sysctl -w "
	                     "net.ipv4.ip_local_port_range='32768 60999'",
	                     kernel.first, kernel.last);
}

/* ------------------------------------------------------------------------------------------------ the thread's calls */

static void
wake_first(void *ctx)
{
	struct pln_host_port *port = ctx;

	pln_mbox_wake(&port->lanes[0].stack->mbox);
}

static void
follow_link(void *ctx)
{
	struct pln_host_port *port = ctx;

	pln_tap_set_carrier(&port->share.tap, pln_ethdev_up(&port->dev));
}

/* ------------------------------------------------------------------------------------------------ life */

/* Where it may run: on the processors that we were given and do not poll on; if there are none, on all. */
static void
spare_cpus(const struct pln_host *host, cpu_set_t *cpus)
{
	cpu_set_t polled, both;

	CPU_ZERO(&polled);
	for (unsigned int i = 0; i < host->n_lcores; i++) {
		rte_cpuset_t one = rte_lcore_cpuset(host->lcores[i].id);

		CPU_OR(&polled, &polled, &one);
	}
	CPU_AND(&both, &host->cpus, &polled);
	CPU_XOR(cpus, &host->cpus, &both);
	if (CPU_COUNT(cpus) == 0)
		*cpus = host->cpus;
}

static int
make_porter(struct pln_host_port *port, struct pln_error *error)
{
	struct pln_host_share *share = &port->share;
	struct pln_porter_config config = {
		.fd = share->tap.fd,
		.port = port->dev.queues[0].link,
		.lanes = port->host->n_lcores,
		.cpus = &share->cpus,
		.wake = wake_first,
		.look_after = follow_link,
		.ctx = port,
	};
	char name[RTE_MEMPOOL_NAMESIZE];
	int rc;

	snprintf(name, sizeof(name), "pollen_kernel_%u", port->dev.port);
	spare_cpus(port->host, &share->cpus);
	share->pool = pln_mbuf_pool_create(name, port->memory.kernel_buffers,
	                                   (uint16_t)port->memory.frame_len, SOCKET_ID_ANY);
	config.pool = share->pool;
	rc = share->pool != NULL ? pln_porter_create(&config, &share->porter) : -ENOMEM;
	if (rc == 0)
		return 0;
	return pln_error_set(error, rc, "Frames cannot be carried between the port and %s: %s.",
	                     share->tap.name, strerror(-rc));
}

/* Neighbours of IPv6, routers and switches speak to groups, which only the kernel joins, on an interface that is not the NIC. A vdev
 * passes them anyway. */
static void
accept_groups(const struct pln_ethdev *dev)
{
	if (!dev->is_vdev && rte_eth_allmulticast_enable(dev->port) != 0)
		rte_eth_promiscuous_enable(dev->port);
}

int
pln_host_share_open(struct pln_host_port *port, struct pln_error *error)
{
	const struct pln_link *link = &port->dev.queues[0].link;
	struct pln_tap_config config = { port->config.share, link->mac, link->mtu };
	int rc;

	if (config.name == NULL)
		return 0;
	rc = choose_ports(port, error);
	if (rc == 0)
		rc = pln_tap_open(&port->share.tap, &config, error);
	if (rc != 0)
		return rc;
	port->share.open = true;
	accept_groups(&port->dev);
	return make_porter(port, error);
}

const struct pln_link *
pln_host_share_link(const struct pln_host_port *port, unsigned int lcore)
{
	return port->share.open ? pln_porter_link(port->share.porter, lcore) : NULL;
}

int
pln_host_share_limit(const struct pln_host_port *port, struct pln_stack *stack)
{
	const struct pln_port_span *ports = &port->share.ports;
	char range[16];

	if (!port->share.open)
		return 0;
	snprintf(range, sizeof(range), "%u-%u", ports->first, ports->last);
	return pln_stack_opt_set(stack, "port_range", range);
}

int
pln_host_share_start(struct pln_host_port *port)
{
	return port->share.open ? pln_porter_start(port->share.porter) : 0;
}

void
pln_host_share_stop(struct pln_host_port *port)
{
	if (port->share.porter != NULL)
		pln_porter_stop(port->share.porter);
}

void
pln_host_share_close(struct pln_host_port *port)
{
	pln_porter_destroy(port->share.porter);
	rte_mempool_free(port->share.pool);
	if (port->share.open)
		pln_tap_close(&port->share.tap);
}
