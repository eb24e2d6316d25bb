/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes the process around the stacks, step by step, and takes it apart backwards: interfaces and addresses, memory, EAL, ports, capture,
 * stacks. Each step fails with a sentence; what it decides is in the room that does it.
 */
#include "host/host.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_pdump.h>

#include "host/hugepages.h"
#include "host/idle.h"
#include "host/pci.h"
#include "stack/stack.h"

#define RECV_BYTES      (16U << 20)
#define MAX_CONNS       1024U
#define DEFAULT_MTU     1500U
#define ENV_ARGS        "POLLEN_EAL_ARGS"
#define LCORES_TEXT_LEN 512U

/* EAL's words from the environment, for a program that was given none. */
struct env_args {
	char *text;
	char *words[PLN_EAL_ARGS_MAX];
};

/* ------------------------------------------------------------------------------------------------ before EAL */

static int
take_config(struct pln_host *host, const struct pln_host_config *config, struct pln_error *error)
{
	struct pln_host_config *own = &host->config;

	if (config->size == 0 || config->size > sizeof(*own))
		return pln_error_set(error, -EINVAL,
		                     "The program was built for another version of libpollen.");
	memcpy(own, config, config->size);
	if (own->recv_bytes == 0)
		own->recv_bytes = RECV_BYTES;
	if (own->max_conns == 0)
		own->max_conns = MAX_CONNS;
	if (own->max_stacks == 0)
		own->max_stacks = 1;
	if (own->acd > PLN_HOST_ACD_FULL)
		return pln_error_set(error, -EINVAL, "No such way to detect address conflicts.");
	if (own->poll > PLN_HOST_POLL_INTERRUPT)
		return pln_error_set(error, -EINVAL, "No such way to poll.");
	if (own->vlan > 4094)
		return pln_error_set(error, -EINVAL, "A VLAN is 1 to 4094, not %u.", own->vlan);
	CPU_ZERO(&host->cpus);
	if (sched_getaffinity(0, sizeof(host->cpus), &host->cpus) != 0)
		return pln_error_set(error, -errno, "The system tells no processors of ours.");
	return pln_host_ports_take(host, own, error);
}

static int
find_interface(struct pln_host_port *port, struct pln_error *error)
{
	if (port->config.interface == NULL)
		return 0;
	return pln_interface_find(port->config.interface, port->host->config.mtu, &port->interface,
	                          error);
}

static int
prepare_ports(struct pln_host *host, struct pln_error *error)
{
	int rc = 0;

	for (unsigned int i = 0; i < host->n_ports && rc == 0; i++) {
		rc = pln_host_share_check(&host->ports[i], error);
		if (rc == 0)
			rc = find_interface(&host->ports[i], error);
		if (rc == 0)
			rc = pln_host_complete_addrs(&host->ports[i], error);
	}
	return rc == 0 ? pln_host_compare_addrs(host, error) : rc;
}

/* The MTU the device will have, as far as one can tell before there is a device. */
static uint16_t
expected_mtu(const struct pln_host_port *port)
{
	if (port->config.interface != NULL)
		return port->interface.netif.mtu;
	return port->host->config.mtu != 0 ? port->host->config.mtu : DEFAULT_MTU;
}

static void
compute_memory(struct pln_host *host, unsigned int lcores)
{
	const struct pln_host_config *config = &host->config;

	host->need_bytes = PLN_MEMORY_EAL_BYTES + config->lcore_bytes * lcores;
	for (unsigned int i = 0; i < host->n_ports; i++) {
		struct pln_host_port *port = &host->ports[i];
		struct pln_memory_input in = {
			.mtu = expected_mtu(port),
			.recv_bytes = config->recv_bytes,
			.max_conns = config->max_conns,
			.trace_records = config->trace_records,
			.rx_desc = PLN_HOST_RX_DESC,
			.tx_desc = PLN_HOST_TX_DESC,
			.capture = config->capture_path != NULL,
			.shared = port->config.share != NULL,
			.stacks = lcores,
		};

		port->memory = pln_memory_need(&in);
		host->need_bytes += port->memory.need_bytes;
	}
	host->hugepages_bytes = pln_hugepages_free(PLN_HUGEPAGES_ROOT);
	if (host->hugepages_bytes >= host->need_bytes && !pln_hugepages_grantable(host->need_bytes))
		host->hugepages_bytes = 0;
}

/* A bound NIC whose driver knows physical addresses only cannot use ordinary pages. */
static int
check_physical(const struct pln_host *host, struct pln_error *error)
{
	const struct pln_eal_args *args = &host->environment.args;
	bool ordinary = args->memory == PLN_EAL_MEMORY_ORDINARY ||
	                (args->scan.has & PLN_EAL_HAS_NO_HUGE) != 0;
	char address[PLN_PCI_ADDRESS_LEN], driver[32];

	if (!ordinary || args->scan.pci_port == NULL ||
	    !pln_pci_address(args->scan.pci_port, address))
		return 0;
	pln_pci_driver("/sys/bus/pci/devices", address, driver, sizeof(driver));
	if (!pln_pci_driver_needs_physical(driver, pln_pci_has_iommu("/sys/kernel/iommu_groups")))
		return 0;
	return pln_error_set(error, -ENOMEM,
	                     "%s is bound to %s, which needs physical addresses and so hugepages: "
	                     "%u MB of them, %u MB are free. Reserve them: sudo dpdk-hugepages.py "
	                     "--reserve %uM. Behind an IOMMU, vfio-pci does without.",
	                     address, driver, pln_eal_args_megabytes(host->need_bytes),
	                     (unsigned int)(host->hugepages_bytes >> 20),
	                     pln_eal_args_megabytes(host->need_bytes));
}

static int
read_env_args(struct env_args *env, struct pln_error *error)
{
	const char *text = getenv(ENV_ARGS);
	int n;

	env->text = strdup(text == NULL ? "" : text);
	if (env->text == NULL)
		return pln_error_set(error, -ENOMEM, "There is no memory.");
	n = pln_eal_args_split(env->text, env->words, PLN_ARRAY_LEN(env->words));
	if (n >= 0)
		return 0;
	return pln_error_set(error, n, "The environment's " ENV_ARGS " has %s.",
	                     n == -E2BIG ? "too many words" : "a quote that is not closed");
}

/* Those that interfaces are opened by; a NULL behind them. */
static void
name_vdevs(struct pln_host *host, unsigned int queues, const char **vdevs)
{
	uint64_t lockable = pln_interface_lockable();
	unsigned int i, count = 0;

	for (i = 0; i < host->n_ports; i++)
		count += host->ports[i].config.interface != NULL;
	for (i = 0; i < host->n_ports; i++) {
		struct pln_host_port *port = &host->ports[i];

		if (port->config.interface == NULL)
			continue;
		pln_interface_vdev(&port->interface, i, queues, lockable / count);
		*vdevs++ = port->interface.vdev;
	}
	*vdevs = NULL;
}

static int
start_eal(struct pln_host *host, char **words, struct pln_error *error)
{
	unsigned int count = pln_host_guess_lcores(host, words);
	const char *vdevs[RTE_MAX_ETHPORTS + 1];
	char lcores[LCORES_TEXT_LEN];
	struct pln_eal_args_input in = {
		.program = host->config.program,
		.user = words,
		.vdevs = vdevs,
		.mem = host->config.mem,
		.pid = getpid(),
	};
	int rc;

	name_vdevs(host, count, vdevs);
	compute_memory(host, count);
	in.need_bytes = host->need_bytes;
	in.hugepages_bytes = host->hugepages_bytes;
	if (pln_environment_lcores(lcores, sizeof(lcores)) > 0)
		in.lcores = lcores;
	rc = pln_eal_args_build(&in, &host->environment.args, error);
	if (rc == 0)
		rc = check_physical(host, error);
	if (rc == 0)
		rc = pln_environment_start(&host->environment, host->config.verbose, error);
	if (rc == 0)
		pln_clock_init(&host->clock, rte_get_tsc_hz(), rte_get_tsc_cycles());
	return rc;
}

static int
start_environment(struct pln_host *host, struct pln_error *error)
{
	struct env_args env = { 0 };
	int rc = 0;

	if (host->config.eal_args == NULL)
		rc = read_env_args(&env, error);
	if (rc == 0)
		rc = start_eal(host,
		               host->config.eal_args != NULL ? host->config.eal_args : env.words,
		               error);
	/* EAL's words point into the line: it lives as long as they can be described. */
	host->env_text = env.text;
	return rc;
}

/* ------------------------------------------------------------------------------------------------ ports and stacks */

static int
open_ports(struct pln_host *host, struct pln_error *error)
{
	int rc = pln_host_lcores_open(host, error);

	for (unsigned int i = 0; i < host->n_ports && rc == 0; i++)
		rc = pln_host_port_open(&host->ports[i], error);
	return rc;
}

static int
start_capture(struct pln_host *host, struct pln_error *error)
{
	struct pln_pcap_config config = {
		.path = host->config.capture_path,
		.filter = host->config.capture_filter,
		.program = host->config.program,
		.port = host->ports[0].dev.port,
	};
	int rc;

	if (host->environment.args.memory == PLN_EAL_MEMORY_SHARED)
		rte_pdump_init();
	if (config.path == NULL)
		return 0;
	for (unsigned int i = 0; i < host->n_ports; i++)
		config.mtu = (uint16_t)RTE_MAX(config.mtu, host->ports[i].dev.config.mtu);
	rc = pln_pcap_open(&host->pcap, &config, error);
	host->capturing = rc == 0;
	for (unsigned int i = 1; i < host->n_ports && rc == 0; i++)
		rc = pln_pcap_add_port(&host->pcap, host->ports[i].dev.port, error);
	return rc;
}

static int
start_stacks(struct pln_host *host, struct pln_error *error)
{
	int rc = 0;

	for (unsigned int i = 0; i < host->n_ports && rc == 0; i++) {
		rc = pln_host_share_open(&host->ports[i], error);
		if (rc == 0)
			rc = pln_host_steer(&host->ports[i], error);
		if (rc == 0)
			rc = pln_host_lanes_start(&host->ports[i], error);
	}
	if (rc == 0)
		rc = pln_idle_start(host, error);
	if (rc == 0)
		rc = pln_host_claim(host, error);
	for (unsigned int i = 0; i < host->n_ports && rc == 0; i++)
		rc = pln_host_prove(&host->ports[i], error);
	return rc;
}

/* ------------------------------------------------------------------------------------------------ life */

static int
start(struct pln_host *host, const struct pln_host_config *config, struct pln_error *error)
{
	int rc = take_config(host, config, error);

	if (rc == 0)
		rc = prepare_ports(host, error);
	if (rc != 0)
		return rc;
	rc = start_environment(host, error);
	if (rc == 0)
		rc = open_ports(host, error);
	if (rc == 0)
		rc = start_capture(host, error);
	if (rc == 0)
		rc = start_stacks(host, error);
	return rc;
}

int
pln_host_create(const struct pln_host_config *config, struct pln_host **out,
                struct pln_error *error)
{
	struct pln_host *host;
	int rc;

	host = calloc(1, sizeof(*host));
	if (host == NULL)
		return pln_error_set(error, -ENOMEM, "There is no memory.");
	rc = start(host, config, error);
	if (rc != 0) {
		pln_host_destroy(host);
		return rc;
	}
	*out = host;
	return 0;
}

uint32_t
pln_host_destroy(struct pln_host *host)
{
	uint32_t kept = 0;
	unsigned int i;

	if (host == NULL)
		return 0;
	for (i = 0; i < host->n_ports; i++)
		pln_host_share_stop(&host->ports[i]);
	for (i = 0; i < host->n_ports; i++)
		pln_watch_stop(&host->ports[i]);
	pln_idle_stop(host);
	for (i = 0; i < host->n_ports; i++)
		pln_host_lanes_stop(&host->ports[i]);
	if (host->capturing)
		pln_pcap_close(&host->pcap);
	for (i = 0; i < host->n_ports; i++) {
		pln_host_steer_end(&host->ports[i]);
		pln_host_port_stop(&host->ports[i]);
		pln_host_share_close(&host->ports[i]);
		kept += pln_host_lanes_close(&host->ports[i]);
	}
	pln_environment_stop(&host->environment);
	free(host->lcores);
	free(host->ports);
	free(host->env_text);
	free(host);
	return kept;
}

void *
pln_host_alloc(struct pln_host *host, size_t bytes, size_t align)
{
	(void)host;
	/* On this lcore's node first, then on any that has some. */
	return rte_malloc("pollen", bytes, (unsigned int)align);
}

void
pln_host_free(struct pln_host *host, void *memory)
{
	(void)host;
	rte_free(memory);
}

uint64_t
pln_host_now(const struct pln_host *host)
{
	return pln_clock_ns(&host->clock, rte_get_tsc_cycles());
}

uint64_t
pln_host_captured(const struct pln_host *host, int *error)
{
	if (error != NULL)
		*error = host->pcap.error;
	return host->pcap.captured;
}
