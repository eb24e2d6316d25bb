/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which lcores turn stacks, and the turning: each has a stack on every port, and what it runs turns them all.
 */
#include <stdlib.h>

#include <rte_launch.h>
#include <rte_lcore.h>

#include "base/numa.h"
#include "host/host.h"
#include "stack/group.h"

unsigned int
pln_host_guess_lcores(const struct pln_host *host, char **eal_args)
{
	struct pln_eal_scan scan = pln_eal_args_scan(eal_args);

	return RTE_MIN(scan.lcores > 0 ? scan.lcores : 1, host->config.max_stacks);
}

/* Where its processors are, whatever its number: --lcores may put it anywhere. */
static int
node_of(unsigned int id)
{
	rte_cpuset_t cpus = rte_lcore_cpuset(id);
	int node = -1;

	for (unsigned int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		int its = CPU_ISSET(cpu, &cpus) ? pln_numa_node_of_cpu(cpu) : -1;

		if (its >= 0 && node >= 0 && its != node)
			return -1;
		node = its >= 0 ? its : node;
	}
	return node;
}

int
pln_host_lcores_open(struct pln_host *host, struct pln_error *error)
{
	unsigned int i, id = rte_get_main_lcore();

	host->n_lcores = RTE_MIN(rte_lcore_count(), host->config.max_stacks);
	host->n_lcores = RTE_MIN(host->n_lcores, PLN_GROUP_MAX);
	if (posix_memalign((void **)&host->lcores, RTE_CACHE_LINE_SIZE,
	                   host->n_lcores * sizeof(*host->lcores)) != 0) {
		host->lcores = NULL;
		return pln_error_set(error, -ENOMEM, "There is no memory.");
	}
	for (i = 0; i < host->n_lcores; i++) {
		host->lcores[i] = (struct pln_host_lcore){
			.host = host,
			.index = i,
			.id = id,
			.node = node_of(id),
		};
		id = rte_get_next_lcore(i == 0 ? -1 : (int)id, true, false);
	}
	return 0;
}

unsigned int
pln_host_lcore_count(const struct pln_host *host)
{
	return host->n_lcores;
}

unsigned int
pln_host_port_count(const struct pln_host *host)
{
	return host->n_ports;
}

unsigned int
pln_host_stack_count(const struct pln_host *host)
{
	return host->n_lcores * host->n_ports;
}

struct pln_stack *
pln_host_stack(struct pln_host *host, unsigned int i)
{
	if (i >= pln_host_stack_count(host))
		return NULL;
	return host->ports[i / host->n_lcores].lanes[i % host->n_lcores].stack;
}

struct pln_stack *
pln_host_lcore_stack(struct pln_host *host, unsigned int lcore, unsigned int port)
{
	if (lcore >= host->n_lcores || port >= host->n_ports)
		return NULL;
	return host->ports[port].lanes[lcore].stack;
}

unsigned int
pln_host_each(struct pln_host *host, pln_stack_call *call, void *ctx)
{
	unsigned int i;

	for (i = 0; i < pln_host_stack_count(host); i++)
		if (pln_stack_post(pln_host_stack(host, i), call, ctx) != 0)
			break;
	return i;
}

/* All stacks of an lcore; returns what there was to do. */
static unsigned int
turn(struct pln_host_lcore *lcore)
{
	struct pln_host *host = lcore->host;
	unsigned int work = 0;

	for (unsigned int p = 0; p < host->n_ports; p++) {
		struct pln_stack *stack = host->ports[p].lanes[lcore->index].stack;

		work += pln_stack_poll(stack, pln_host_now(host));
		pln_stack_flush(stack, pln_host_now(host));
	}
	return work;
}

/* What arrives here may be another's, who is not through yet: it is handed over until all are. */
static void
turn_for_others(struct pln_host_lcore *lcore)
{
	struct pln_host *host = lcore->host;
	unsigned int idle = 0;

	__atomic_fetch_sub(&host->running, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&host->running, __ATOMIC_ACQUIRE) > 0) {
		idle = turn(lcore) == 0 ? idle + 1 : 0;
		pln_host_relax(host, host->ports[0].lanes[lcore->index].stack, idle);
	}
}

static int
run_main(void *arg)
{
	struct pln_host_lcore *lcore = arg;
	int rc = lcore->main(lcore->host, lcore->index, lcore->ctx);

	turn_for_others(lcore);
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
