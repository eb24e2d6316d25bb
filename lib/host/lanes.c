/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For each lcore a stack on a port, with a pool and a way to the device of its own. The first queues of the device go to the first lcores;
 * the others send by way of them, in turn. All stacks of a port have the same address and routes, and one secret that says which flows are
 * whose. What a port's stacks are made of lies on the port's NUMA node.
 */
#include <rte_errno.h>
#include <rte_lcore.h>

#include "base/numa.h"
#include "dev/mbuf.h"
#include "dev/mbuf_store.h"
#include "host/host.h"
#include "stack/group.h"

/* ------------------------------------------------------------------------------------------------ memory */

static bool
prefer_node(const struct pln_host_port *port)
{
	return pln_numa_prefer(port->node < 0 ? 0 : port->node);
}

/* On the port's node; elsewhere if EAL has no memory there. */
static struct rte_mempool *
pool_near(const struct pln_host_port *port, const char *name)
{
	uint32_t count = port->memory.buffers;
	uint16_t len = (uint16_t)port->memory.frame_len;
	struct rte_mempool *pool =
		pln_mbuf_pool_create(name, count, len, port->node < 0 ? 0 : port->node);

	return pool != NULL ? pool : pln_mbuf_pool_create(name, count, len, SOCKET_ID_ANY);
}

static int
make_pool(struct pln_host_port *port, unsigned int lcore, struct pln_error *error)
{
	const struct pln_host *host = port->host;
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "pollen_port_%u_%u", port->dev.port, (uint16_t)lcore);
	port->lanes[lcore].pool = pool_near(port, name);
	if (port->lanes[lcore].pool != NULL) {
		if (lcore < port->dev.n_queues) /* it frees what it sends */
			pln_mbuf_store_own(port->lanes[lcore].pool, host->lcores[lcore].id);
		return 0;
	}
	return pln_error_set(
		error, -ENOMEM,
		"There is too little memory: %u packet buffers of %u bytes for each of "
		"%u lcores and the rest need %u MB. %u MB of hugepages were free at "
		"the start. Reserve more (sudo dpdk-hugepages.py --reserve %uM) or "
		"raise -m.",
		port->memory.buffers, port->memory.frame_len, host->n_lcores,
		pln_eal_args_megabytes(host->need_bytes),
		(unsigned int)(host->hugepages_bytes >> 20),
		pln_eal_args_megabytes(host->need_bytes));
}

int
pln_host_lanes_open(struct pln_host_port *port, struct pln_error *error)
{
	unsigned int i, count = port->host->n_lcores;
	bool prefers = prefer_node(port);
	int rc = 0;

	port->lanes = pln_numa_alloc(count * sizeof(*port->lanes));
	if (port->lanes == NULL)
		rc = pln_error_set(error, -ENOMEM, "There is no memory.");
	if (port->memory.frame_len < port->dev.frame_len)
		port->memory.frame_len = port->dev.frame_len;
	for (i = 0; port->lanes != NULL && i < count && rc == 0; i++)
		rc = make_pool(port, i, error);
	if (prefers)
		pln_numa_prefer_none();
	return rc;
}

/* ------------------------------------------------------------------------------------------------ links and stacks */

/* Its own queue, or the way by one that has a queue. */
static int
make_link(struct pln_host_port *port, unsigned int lcore, struct pln_link *link)
{
	struct pln_host_lane *lane = &port->lanes[lcore];
	unsigned int queues = port->dev.n_queues;
	int rc;

	PLN_ASSERT(queues > 0);
	if (lcore < queues) {
		pln_relay_owner_init(&lane->queue, &port->dev.queues[lcore].link);
		*link = port->host->n_lcores > queues ? lane->queue.link : lane->queue.queue;
	} else {
		rc = pln_relay_open(&lane->relay, &port->lanes[lcore % queues].queue);
		if (rc != 0)
			return rc;
		*link = lane->relay.link;
	}
	if (!port->host->capturing)
		return 0;
	pln_pcap_tap_init(&lane->tap, &port->host->pcap, port->dev.port, link);
	*link = lane->tap.link;
	return 0;
}

static int
make_stack(struct pln_host_port *port, unsigned int lcore)
{
	struct pln_host *host = port->host;
	struct pln_host_lane *lane = &port->lanes[lcore];
	struct pln_link link;
	struct pln_stack_config config = {
		.size = sizeof(config),
		.link = &link,
		.mempool = lane->pool,
		.now = pln_host_now(host),
		.max_conns = host->config.max_conns,
		.max_time_wait = host->config.max_time_wait,
		.trace_records = host->config.trace_records,
		.kernel = pln_host_share_link(port, lcore),
	};
	int rc = make_link(port, lcore, &link);

	if (host->config.seed != 0)
		config.seed = host->config.seed + (uint64_t)port->index * host->n_lcores + lcore;
	if (rc == 0)
		rc = pln_stack_create(&config, &lane->stack);
	if (rc == 0)
		rc = pln_host_share_limit(port, lane->stack);
	if (rc == 0 && port->index > 0)
		pln_stack_share_lcore(lane->stack, host->ports[0].lanes[lcore].stack);
	return rc;
}

static int
join_group(struct pln_host_port *port)
{
	unsigned int i, count = port->host->n_lcores;
	int rc;

	if (count == 1)
		return 0;
	rc = pln_group_create(count, &port->secret, port->steer, &port->group);
	for (i = 0; i < count && rc == 0; i++)
		rc = pln_group_join(port->group, i, port->lanes[i].stack);
	return rc;
}

static int
make_stacks(struct pln_host_port *port)
{
	bool prefers = prefer_node(port);
	int rc = 0;

	for (unsigned int i = 0; i < port->host->n_lcores && rc == 0; i++)
		rc = make_stack(port, i);
	if (rc == 0)
		rc = join_group(port);
	if (prefers)
		pln_numa_prefer_none();
	return rc;
}

/* ------------------------------------------------------------------------------------------------ addresses */

static void
set_acd(struct pln_host_port *port)
{
	static const char *const names[] = {
		[PLN_HOST_ACD_DETECT] = "detect",
		[PLN_HOST_ACD_OFF] = "off",
		[PLN_HOST_ACD_FULL] = "full",
	};

	pln_stack_opt_set(port->lanes[0].stack, "acd", names[port->host->config.acd]);
}

/* The first stack asks whether the address is its own, and announces it; the others use what it has. */
static int
add_addr(struct pln_host_port *port, unsigned int lcore)
{
	struct pln_be32 addr;
	int rc = pln_stack_take_ip4(&port->config.addr, &addr);

	if (rc != 0)
		return rc;
	return pln_ip_addr_add(&port->lanes[lcore].stack->ip, addr, port->config.prefix_len,
	                       lcore == 0);
}

static int
address_stack(struct pln_host_port *port, unsigned int lcore, struct pln_error *error)
{
	const struct pln_addr any = { .family = PLN_FAMILY_IP4 };
	const struct pln_host_port_config *config = &port->config;
	char text[PLN_ADDR_TEXT_LEN];
	int rc = add_addr(port, lcore);

	if (rc != 0)
		return pln_error_set(
			error, rc,
			"%s/%u is no address a host can have: it names the subnet itself "
			"or its broadcast.",
			pln_addr_format(&config->addr, text), config->prefix_len);
	if (config->gateway.family == PLN_FAMILY_NONE)
		return 0;
	rc = pln_stack_route_add(port->lanes[lcore].stack, &any, 0, &config->gateway);
	if (rc != 0)
		return pln_error_set(error, rc, "The gateway %s cannot be used: %s.",
		                     pln_addr_format(&config->gateway, text), strerror(-rc));
	return 0;
}

static int
address_all(struct pln_host_port *port, struct pln_error *error)
{
	int rc = 0;

	if (port->config.addr.family == PLN_FAMILY_NONE) /* see no_addr */
		return 0;
	set_acd(port);
	for (unsigned int i = 0; i < port->host->n_lcores && rc == 0; i++)
		rc = address_stack(port, i, error);
	return rc;
}

/* ------------------------------------------------------------------------------------------------ life */

int
pln_host_lanes_start(struct pln_host_port *port, struct pln_error *error)
{
	int rc = make_stacks(port);

	if (rc == 0)
		rc = pln_host_share_start(port);
	if (rc != 0)
		return pln_error_set(error, rc, "The stack cannot be made: %s.", strerror(-rc));
	return address_all(port, error);
}

void
pln_host_lanes_stop(struct pln_host_port *port)
{
	pln_group_destroy(port->group);
	for (unsigned int i = 0; port->lanes != NULL && i < port->host->n_lcores; i++)
		pln_stack_destroy(port->lanes[i].stack);
}

/* What a relay still held may have come from any pool: all of that first. */
uint32_t
pln_host_lanes_close(struct pln_host_port *port)
{
	unsigned int i, count = port->host->n_lcores;
	uint32_t kept = 0;

	if (port->lanes == NULL)
		return 0;
	for (i = 0; i < count; i++)
		pln_relay_close(&port->lanes[i].relay);
	for (i = 0; i < count; i++) {
		if (port->lanes[i].pool != NULL)
			kept += rte_mempool_in_use_count(port->lanes[i].pool);
		rte_mempool_free(port->lanes[i].pool);
	}
	pln_numa_free(port->lanes, count * sizeof(*port->lanes));
	return kept;
}
