/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes the process around a stack, step by step, and takes it apart backwards: interface and addresses, memory, EAL, port, capture,
 * stack. Each step fails with a sentence; what it decides is in the room that does it.
 */
#include "host/host.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_pause.h>
#include <rte_pdump.h>

#include "dev/mbuf.h"
#include "host/hugepages.h"
#include "host/pci.h"
#include "host/relax.h"

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
	if (own->acd > PLN_HOST_ACD_FULL)
		return pln_error_set(error, -EINVAL, "No such way to detect address conflicts.");
	if (own->vlan > 4094)
		return pln_error_set(error, -EINVAL, "A VLAN is 1 to 4094, not %u.", own->vlan);
	if (own->mac.bytes[0] & 1)
		return pln_error_set(error, -EINVAL,
		                     "Our MAC cannot be a group address (first byte odd).");
	host->mtu_asked = own->mtu;
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
compute_memory(struct pln_host *host)
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
		.need_bytes = host->memory.need_bytes,
		.hugepages_bytes = host->hugepages_bytes,
		.pid = getpid(),
	};
	int rc;

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

static int
make_pool(struct pln_host *host, struct pln_error *error)
{
	int socket = rte_eth_dev_socket_id(host->dev.port);
	char name[RTE_MEMPOOL_NAMESIZE];

	if (host->memory.frame_len < host->dev.frame_len)
		host->memory.frame_len = host->dev.frame_len;
	snprintf(name, sizeof(name), "pollen_port_%u", host->dev.port);
	host->pool =
		pln_mbuf_pool_create(name, host->memory.buffers, (uint16_t)host->memory.frame_len,
	                             socket < 0 ? SOCKET_ID_ANY : socket);
	if (host->pool != NULL)
		return 0;
	return pln_error_set(error, -ENOMEM,
	                     "There is too little memory: %u packet buffers of %u bytes and the "
	                     "rest need %u MB. %u MB of hugepages were free at the start. Reserve "
	                     "more (sudo dpdk-hugepages.py --reserve %uM) or raise -m.",
	                     host->memory.buffers, host->memory.frame_len,
	                     pln_eal_args_megabytes(host->memory.need_bytes),
	                     (unsigned int)(host->hugepages_bytes >> 20),
	                     pln_eal_args_megabytes(host->memory.need_bytes));
}

static void
wait_for_link(const struct pln_ethdev *dev)
{
	struct timespec step = { .tv_nsec = (long)LINK_STEP_NS };

	for (uint64_t waited = 0; waited < LINK_WAIT_NS && !pln_ethdev_up(dev);
	     waited += LINK_STEP_NS)
		nanosleep(&step, NULL);
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
		rc = make_pool(host, error);
	if (rc != 0)
		return rc;
	hush = pln_environment_hush(host->config.verbose);
	rc = pln_ethdev_start(&host->dev, host->pool, error);
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
	};
	int rc;

	if (host->environment.args.memory == PLN_EAL_MEMORY_SHARED)
		rte_pdump_init();
	if (config.path == NULL)
		return 0;
	rc = pln_pcap_open(&host->pcap, &host->dev.link, &config, error);
	host->capturing = rc == 0;
	return rc;
}

static int
address_stack(struct pln_host *host, struct pln_error *error)
{
	const struct pln_addr any = { .family = PLN_FAMILY_IP4 };
	const struct pln_host_config *config = &host->config;
	char text[PLN_ADDR_TEXT_LEN];
	int rc;

	if (config->addr.family == PLN_FAMILY_NONE) /* see no_addr */
		return 0;
	rc = pln_stack_addr_add(host->stack, &config->addr, config->prefix_len);
	if (rc != 0)
		return pln_error_set(
			error, rc,
			"%s/%u is no address a host can have: it names the subnet itself "
			"or its broadcast.",
			pln_addr_format(&config->addr, text), config->prefix_len);
	if (config->gateway.family == PLN_FAMILY_NONE)
		return 0;
	rc = pln_stack_route_add(host->stack, &any, 0, &config->gateway);
	if (rc != 0)
		return pln_error_set(error, rc, "The gateway %s cannot be used: %s.",
		                     pln_addr_format(&config->gateway, text), strerror(-rc));
	return 0;
}

static int
start_stack(struct pln_host *host, struct pln_error *error)
{
	struct pln_stack_config config = {
		.size = sizeof(config),
		.link = host->capturing ? &host->pcap.link : &host->dev.link,
		.mempool = host->pool,
		.seed = host->config.seed,
		.now = pln_host_now(host),
		.max_conns = host->config.max_conns,
		.trace_records = host->config.trace_records,
	};
	int rc = pln_stack_create(&config, &host->stack);

	if (rc != 0)
		return pln_error_set(error, rc, "The stack cannot be made: %s.", strerror(-rc));
	pln_host_set_acd(host);
	rc = address_stack(host, error);
	if (rc != 0 || host->config.addr.family == PLN_FAMILY_NONE)
		return rc;
	return pln_host_claim(host, error);
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
	compute_memory(host);
	rc = start_environment(host, error);
	if (rc == 0)
		rc = start_port(host, error);
	if (rc == 0)
		rc = start_capture(host, error);
	if (rc == 0)
		rc = start_stack(host, error);
	return rc;
}

int
pln_host_create(const struct pln_host_config *config, struct pln_host **out,
                struct pln_error *error)
{
	struct pln_host *host = calloc(1, sizeof(*host));
	int rc;

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
	if (host->stack != NULL)
		pln_stack_destroy(host->stack);
	if (host->capturing)
		pln_pcap_close(&host->pcap);
	if (host->dev_open)
		stop_port(host);
	rte_mempool_free(host->pool);
	pln_environment_stop(&host->environment);
	free(host->env_text);
	free(host);
}

unsigned int
pln_host_stack_count(const struct pln_host *host)
{
	return host->stack != NULL ? 1 : 0;
}

struct pln_stack *
pln_host_stack(struct pln_host *host, unsigned int i)
{
	return i == 0 ? host->stack : NULL;
}

uint64_t
pln_host_now(const struct pln_host *host)
{
	return pln_clock_ns(&host->clock, rte_get_tsc_cycles());
}

void
pln_host_relax(struct pln_host *host, const struct pln_stack *stack, unsigned int idle_turns)
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
