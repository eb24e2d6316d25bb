/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes the process around a stack, step by step, and takes it apart backwards: interface and addresses, memory, EAL, port, capture,
 * stack. Each step fails with a sentence; what it decides is in the room that does it.
 */
#include "host/host.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_pause.h>
#include <rte_pdump.h>

#include "host/hugepages.h"
#include "host/pci.h"
#include "host/relax.h"
#include "stack/stack.h"

#define RX_DESC         1024U
#define TX_DESC         1024U
#define RECV_BYTES      (16U << 20)
#define MAX_CONNS       1024U
#define DEFAULT_MTU     1500U
#define LINK_WAIT_NS    (4 * PLN_NS_PER_S) /* a NIC takes up to 3 s to agree with its switch */
#define LINK_STEP_NS    (10 * PLN_NS_PER_MS)
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
	if (own->vlan > 4094)
		return pln_error_set(error, -EINVAL, "A VLAN is 1 to 4094, not %u.", own->vlan);
	if (own->mac.bytes[0] & 1)
		return pln_error_set(error, -EINVAL,
		                     "Our MAC cannot be a group address (first byte odd).");
	host->mtu_asked = own->mtu;
	if (getrandom(&host->secret, sizeof(host->secret), 0) != (ssize_t)sizeof(host->secret))
		return pln_error_set(error, -EIO, "The system has no random numbers.");
	return 0;
}

static int
find_interface(struct pln_host *host, struct pln_error *error)
{
	if (host->config.interface == NULL)
		return 0;
	return pln_interface_find(host->config.interface, host->config.mtu, &host->interface,
	                          error);
}

/* The MTU the device will have, as far as one can tell before there is a device. */
static uint16_t
expected_mtu(const struct pln_host *host)
{
	if (host->config.interface != NULL)
		return host->interface.netif.mtu;
	return host->config.mtu != 0 ? host->config.mtu : DEFAULT_MTU;
}

static void
compute_memory(struct pln_host *host, char **eal_args)
{
	const struct pln_host_config *config = &host->config;
	struct pln_memory_input in = {
		.mtu = expected_mtu(host),
		.recv_bytes = config->recv_bytes,
		.max_conns = config->max_conns,
		.trace_records = config->trace_records,
		.rx_desc = RX_DESC,
		.tx_desc = TX_DESC,
		.capture = config->capture_path != NULL,
		.stacks = pln_host_guess_lcores(host, eal_args),
	};

	host->memory = pln_memory_need(&in);
	host->hugepages_bytes = pln_hugepages_free(PLN_HUGEPAGES_ROOT);
	if (host->hugepages_bytes >= host->memory.need_bytes &&
	    !pln_hugepages_grantable(host->memory.need_bytes))
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
	                     address, driver, pln_eal_args_megabytes(host->memory.need_bytes),
	                     (unsigned int)(host->hugepages_bytes >> 20),
	                     pln_eal_args_megabytes(host->memory.need_bytes));
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

static int
start_eal(struct pln_host *host, char **words, struct pln_error *error)
{
	char lcores[LCORES_TEXT_LEN];
	struct pln_eal_args_input in = {
		.program = host->config.program,
		.user = words,
		.vdev = host->config.interface != NULL ? host->interface.vdev : NULL,
		.mem = host->config.mem,
		.pid = getpid(),
	};
	int rc;

	if (host->config.interface != NULL)
		pln_interface_vdev(&host->interface, pln_host_guess_lcores(host, words),
		                   pln_interface_lockable());
	compute_memory(host, words);
	in.need_bytes = host->memory.need_bytes;
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

/* ------------------------------------------------------------------------------------------------ port and stack */

static void
wait_for_link(const struct pln_ethdev *dev)
{
	struct timespec step = { .tv_nsec = (long)LINK_STEP_NS };

	for (uint64_t waited = 0; waited < LINK_WAIT_NS && !pln_ethdev_up(dev);
	     waited += LINK_STEP_NS)
		nanosleep(&step, NULL);
}

static int
start_device(struct pln_host *host, struct pln_error *error)
{
	struct rte_mempool *pools[PLN_ETHDEV_QUEUES_MAX];

	for (unsigned int i = 0; i < host->dev.n_queues; i++)
		pools[i] = host->lcores[i].pool;
	return pln_ethdev_start(&host->dev, pools, error);
}

static int
start_port(struct pln_host *host, struct pln_error *error)
{
	uint16_t interface_mtu = host->interface.netif.mtu; /* 0 without one */
	struct pln_ethdev_config config = {
		.mtu = host->config.mtu != 0 ? host->config.mtu : interface_mtu,
		.device_mtu = interface_mtu,
		.vlan = host->config.vlan,
		.mac = host->config.mac,
		.csum = host->config.csum,
		.rx_desc = RX_DESC,
		.tx_desc = TX_DESC,
		.queues = (uint16_t)pln_host_count_lcores(host),
	};
	struct pln_environment_hush hush;
	uint16_t port;
	int rc = pln_host_choose_port(host, &port, error);

	if (rc == 0)
		rc = pln_ethdev_open(&host->dev, port, &config, error);
	host->dev_open = rc == 0;
	if (rc == 0 && host->dev.has_netif && host->config.addr.family != PLN_FAMILY_NONE)
		rc = pln_host_refuse_owned(&host->config.addr, error);
	if (rc == 0)
		rc = pln_host_lcores_open(host, error);
	if (rc != 0)
		return rc;
	hush = pln_environment_hush(host->config.verbose);
	rc = start_device(host, error);
	pln_environment_unhush(&host->environment, &hush);
	if (rc != 0)
		pln_environment_quote(&host->environment, error);
	else if (!host->dev.is_vdev)
		wait_for_link(&host->dev);
	return rc;
}

static int
start_capture(struct pln_host *host, struct pln_error *error)
{
	struct pln_pcap_config config = {
		.path = host->config.capture_path,
		.filter = host->config.capture_filter,
		.program = host->config.program,
		.port = host->dev.port,
		.mtu = host->dev.config.mtu,
	};
	int rc;

	if (host->environment.args.memory == PLN_EAL_MEMORY_SHARED)
		rte_pdump_init();
	if (config.path == NULL)
		return 0;
	rc = pln_pcap_open(&host->pcap, &config, error);
	host->capturing = rc == 0;
	return rc;
}

/* ------------------------------------------------------------------------------------------------ life */

static int
start(struct pln_host *host, const struct pln_host_config *config, struct pln_error *error)
{
	int rc = take_config(host, config, error);

	if (rc == 0)
		rc = find_interface(host, error);
	if (rc == 0)
		rc = pln_host_complete_addrs(host, error);
	if (rc != 0)
		return rc;
	rc = start_environment(host, error);
	if (rc == 0)
		rc = start_port(host, error);
	if (rc == 0)
		rc = start_capture(host, error);
	if (rc == 0)
		rc = pln_host_steer(host, error);
	if (rc == 0)
		rc = pln_host_lcores_start(host, error);
	if (rc == 0)
		rc = pln_host_prove(host, error);
	return rc;
}

int
pln_host_create(const struct pln_host_config *config, struct pln_host **out,
                struct pln_error *error)
{
	struct pln_host *host;
	int rc;

	if (posix_memalign((void **)&host, RTE_CACHE_LINE_SIZE, sizeof(*host)) != 0)
		return pln_error_set(error, -ENOMEM, "There is no memory.");
	memset(host, 0, sizeof(*host));
	rc = start(host, config, error);
	if (rc != 0) {
		pln_host_destroy(host);
		return rc;
	}
	*out = host;
	return 0;
}

static void
stop_port(struct pln_host *host)
{
	struct pln_environment_hush hush = pln_environment_hush(host->config.verbose);

	pln_ethdev_stop(&host->dev);
	pln_environment_unhush(&host->environment, &hush);
}

void
pln_host_destroy(struct pln_host *host)
{
	if (host == NULL)
		return;
	pln_host_lcores_stop(host);
	if (host->capturing)
		pln_pcap_close(&host->pcap);
	pln_host_steer_end(host);
	if (host->dev_open)
		stop_port(host);
	pln_host_lcores_close(host);
	pln_environment_stop(&host->environment);
	free(host->env_text);
	free(host);
}

uint64_t
pln_host_now(const struct pln_host *host)
{
	return pln_clock_ns(&host->clock, rte_get_tsc_cycles());
}

void
pln_host_relax(struct pln_host *host, struct pln_stack *stack, unsigned int idle_turns)
{
	uint64_t next = stack != NULL ? pln_stack_next(stack) : PLN_NEVER;
	struct pln_relax_step step =
		pln_relax_choose(idle_turns, host->dev.is_vdev, pln_host_now(host), next);
	struct timespec length = { .tv_nsec = (long)step.sleep_ns };

	switch (step.what) {
	case PLN_RELAX_SPIN:
		break;
	case PLN_RELAX_PAUSE:
		rte_pause();
		break;
	case PLN_RELAX_YIELD:
		sched_yield();
		break;
	case PLN_RELAX_SLEEP:
		if (stack != NULL)
			pln_stack_doze(stack, step.sleep_ns);
		else
			nanosleep(&length, NULL);
		break;
	}
}

uint64_t
pln_host_captured(const struct pln_host *host, int *error)
{
	if (error != NULL)
		*error = host->pcap.error;
	return host->pcap.captured;
}
