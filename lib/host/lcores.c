/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For each lcore a stack, with a pool and a way to the device of its own. The first queues of the device go to the first lcores; the
 * others send by way of them, in turn. All stacks have the same address and routes, and one secret that says which flows are whose.
 */
#include <stdlib.h>

#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include "dev/mbuf.h"
#include "host/host.h"
#include "stack/group.h"

unsigned int
pln_host_guess_lcores(const struct pln_host *host, char **eal_args)
{
	struct pln_eal_scan scan = pln_eal_args_scan(eal_args);

	return RTE_MIN(scan.lcores > 0 ? scan.lcores : 1, host->config.max_stacks);
}

unsigned int
pln_host_count_lcores(const struct pln_host *host)
{
	unsigned int count = RTE_MIN(rte_lcore_count(), host->config.max_stacks);

	return RTE_MIN(count, PLN_GROUP_MAX);
}

/* ------------------------------------------------------------------------------------------------ memory */

static int
make_pool(struct pln_host *host, struct pln_host_lcore *lcore, struct pln_error *error)
{
	int socket = rte_eth_dev_socket_id(host->dev.port);
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "pollen_port_%u_%u", host->dev.port, lcore->index);
	lcore->pool =
		pln_mbuf_pool_create(name, host->memory.buffers, (uint16_t)host->memory.frame_len,
	                             socket < 0 ? SOCKET_ID_ANY : socket);
	if (lcore->pool != NULL)
		return 0;
	return pln_error_set(
		error, -ENOMEM,
		"There is too little memory: %u packet buffers of %u bytes for each of "
		"%u lcores and the rest need %u MB. %u MB of hugepages were free at "
		"the start. Reserve more (sudo dpdk-hugepages.py --reserve %uM) or "
		"raise -m.",
		host->memory.buffers, host->memory.frame_len, host->n_lcores,
		pln_eal_args_megabytes(host->memory.need_bytes),
		(unsigned int)(host->hugepages_bytes >> 20),
		pln_eal_args_megabytes(host->memory.need_bytes));
}

int
pln_host_lcores_open(struct pln_host *host, struct pln_error *error)
{
	unsigned int i, id = rte_get_main_lcore();
	int rc = 0;

	host->n_lcores = pln_host_count_lcores(host);
	if (posix_memalign((void **)&host->lcores, RTE_CACHE_LINE_SIZE,
	                   host->n_lcores * sizeof(*host->lcores)) != 0) {
		host->lcores = NULL;
		return pln_error_set(error, -ENOMEM, "There is no memory.");
	}
	memset(host->lcores, 0, host->n_lcores * sizeof(*host->lcores));
	if (host->memory.frame_len < host->dev.frame_len)
		host->memory.frame_len = host->dev.frame_len;
	for (i = 0; i < host->n_lcores && rc == 0; i++) {
		struct pln_host_lcore *lcore = &host->lcores[i];

		lcore->host = host;
		lcore->index = i;
		lcore->id = id;
		rc = make_pool(host, lcore, error);
		id = rte_get_next_lcore(i == 0 ? -1 : (int)id, true, false);
	}
	return rc;
}

/* ------------------------------------------------------------------------------------------------ links and stacks */

/* Its own queue, or the way by one that has a queue. */
static int
make_link(struct pln_host *host, struct pln_host_lcore *lcore, struct pln_link *link)
{
	unsigned int queues = host->dev.n_queues;
	int rc;

	if (lcore->index < queues) {
		pln_relay_owner_init(&lcore->queue, &host->dev.queues[lcore->index].link);
		*link = host->n_lcores > queues ? lcore->queue.link : lcore->queue.queue;
	} else {
		rc = pln_relay_open(&lcore->relay, &host->lcores[lcore->index % queues].queue);
		if (rc != 0)
			return rc;
		*link = lcore->relay.link;
	}
	if (!host->capturing)
		return 0;
	pln_pcap_tap_init(&lcore->tap, &host->pcap, link);
	*link = lcore->tap.link;
	return 0;
}

static int
make_stack(struct pln_host *host, struct pln_host_lcore *lcore)
{
	struct pln_link link;
	struct pln_stack_config config = {
		.size = sizeof(config),
		.link = &link,
		.mempool = lcore->pool,
		.seed = host->config.seed != 0 ? host->config.seed + lcore->index : 0,
		.now = pln_host_now(host),
		.max_conns = host->config.max_conns,
		.trace_records = host->config.trace_records,
	};
	int rc = make_link(host, lcore, &link);

	return rc == 0 ? pln_stack_create(&config, &lcore->stack) : rc;
}

static int
join_group(struct pln_host *host)
{
	unsigned int i;
	int rc;

	if (host->n_lcores == 1)
		return 0;
	rc = pln_group_create(host->n_lcores, &host->secret, host->steer, &host->group);
	for (i = 0; i < host->n_lcores && rc == 0; i++)
		rc = pln_group_join(host->group, i, host->lcores[i].stack);
	return rc;
}

/* ------------------------------------------------------------------------------------------------ addresses */

static void
set_acd(struct pln_host *host)
{
	static const char *const names[] = {
		[PLN_HOST_ACD_DETECT] = "detect",
		[PLN_HOST_ACD_OFF] = "off",
		[PLN_HOST_ACD_FULL] = "full",
	};

	pln_stack_opt_set(host->lcores[0].stack, "acd", names[host->config.acd]);
}

/* The first stack asks whether the address is its own, and announces it; the others use what it has. */
static int
add_addr(struct pln_host *host, const struct pln_host_lcore *lcore)
{
	const struct pln_host_config *config = &host->config;
	struct pln_be32 addr;
	int rc = pln_stack_take_ip4(&config->addr, &addr);

	if (rc != 0)
		return rc;
	return pln_ip_addr_add(&lcore->stack->ip, addr, config->prefix_len, lcore->index == 0);
}

static int
address_stack(struct pln_host *host, const struct pln_host_lcore *lcore, struct pln_error *error)
{
	const struct pln_addr any = { .family = PLN_FAMILY_IP4 };
	const struct pln_host_config *config = &host->config;
	char text[PLN_ADDR_TEXT_LEN];
	int rc = add_addr(host, lcore);

	if (rc != 0)
		return pln_error_set(
			error, rc,
			"%s/%u is no address a host can have: it names the subnet itself "
			"or its broadcast.",
			pln_addr_format(&config->addr, text), config->prefix_len);
	if (config->gateway.family == PLN_FAMILY_NONE)
		return 0;
	rc = pln_stack_route_add(lcore->stack, &any, 0, &config->gateway);
	if (rc != 0)
		return pln_error_set(error, rc, "The gateway %s cannot be used: %s.",
		                     pln_addr_format(&config->gateway, text), strerror(-rc));
	return 0;
}

static int
address_all(struct pln_host *host, struct pln_error *error)
{
	unsigned int i;
	int rc = 0;

	if (host->config.addr.family == PLN_FAMILY_NONE) /* see no_addr */
		return 0;
	set_acd(host);
	for (i = 0; i < host->n_lcores && rc == 0; i++)
		rc = address_stack(host, &host->lcores[i], error);
	return rc == 0 ? pln_host_claim(host, error) : rc;
}

/* ------------------------------------------------------------------------------------------------ life */

int
pln_host_lcores_start(struct pln_host *host, struct pln_error *error)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < host->n_lcores && rc == 0; i++)
		rc = make_stack(host, &host->lcores[i]);
	if (rc == 0)
		rc = join_group(host);
	if (rc != 0)
		return pln_error_set(error, rc, "The stack cannot be made: %s.", strerror(-rc));
	return address_all(host, error);
}

void
pln_host_lcores_stop(struct pln_host *host)
{
	unsigned int i;

	pln_group_destroy(host->group);
	for (i = 0; host->lcores != NULL && i < host->n_lcores; i++)
		pln_stack_destroy(host->lcores[i].stack);
}

void
pln_host_lcores_close(struct pln_host *host)
{
	unsigned int i;

	for (i = 0; host->lcores != NULL && i < host->n_lcores; i++)
		pln_relay_close(&host->lcores[i].relay);
	for (i = 0; host->lcores != NULL && i < host->n_lcores; i++)
		rte_mempool_free(host->lcores[i].pool);
	free(host->lcores);
}

unsigned int
pln_host_stack_count(const struct pln_host *host)
{
	return host->n_lcores;
}

struct pln_stack *
pln_host_stack(struct pln_host *host, unsigned int i)
{
	return i < host->n_lcores ? host->lcores[i].stack : NULL;
}

unsigned int
pln_host_each(struct pln_host *host, pln_stack_call *call, void *ctx)
{
	unsigned int i;

	for (i = 0; i < host->n_lcores; i++)
		if (pln_stack_post(host->lcores[i].stack, call, ctx) != 0)
			break;
	return i;
}

/* What arrives here may be another's, who is not through yet: it is handed over until all are. */
static void
turn_for_others(struct pln_host *host, struct pln_stack *stack)
{
	unsigned int idle = 0;

	__atomic_fetch_sub(&host->running, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&host->running, __ATOMIC_ACQUIRE) > 0) {
		idle = pln_stack_poll(stack, pln_host_now(host)) == 0 ? idle + 1 : 0;
		pln_stack_flush(stack, pln_host_now(host));
		pln_host_relax(host, stack, idle);
	}
}

static int
run_main(void *arg)
{
	struct pln_host_lcore *lcore = arg;
	int rc = lcore->main(lcore->host, lcore->index, lcore->ctx);

	turn_for_others(lcore->host, lcore->stack);
	return rc;
}

int
pln_host_run(struct pln_host *host, pln_host_main *main, void *ctx)
{
	unsigned int i, launched;
	int rc = 0, ended;

	for (i = 0; i < host->n_lcores; i++) {
		host->lcores[i].main = main;
		host->lcores[i].ctx = ctx;
	}
	host->running = host->n_lcores;
	for (launched = 1; launched < host->n_lcores && rc == 0; launched++)
		rc = rte_eal_remote_launch(run_main, &host->lcores[launched],
		                           host->lcores[launched].id);
	if (rc != 0) /* the last of them, and those behind it, do not run */
		__atomic_fetch_sub(&host->running, host->n_lcores - --launched, __ATOMIC_RELEASE);
	ended = run_main(&host->lcores[0]);
	rc = rc != 0 ? rc : ended;
	for (i = 1; i < launched; i++) {
		ended = rte_eal_wait_lcore(host->lcores[i].id);
		rc = rc != 0 ? rc : ended;
	}
	return rc;
}
