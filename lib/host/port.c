/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port's life: which device it is (the one built for --interface, else the next that EAL probed), opened, given a pool for each lcore,
 * started, stopped. Where there is none, the error tells what EAL tried, what network devices there are, and the three ways to a port.
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include "base/text.h"
#include "host/host.h"
#include "host/pci.h"

#define PCI_ROOT     "/sys/bus/pci/devices"
#define NICS_MAX     8U
#define LINK_WAIT_NS (4 * PLN_NS_PER_S) /* a NIC takes up to 3 s to agree with its switch */
#define LINK_STEP_NS (10 * PLN_NS_PER_MS)

/* ------------------------------------------------------------------------------------------------ what is wanted */

static struct pln_host_port_config
first_config(const struct pln_host_config *config)
{
	return (struct pln_host_port_config){
		.size = sizeof(struct pln_host_port_config),
		.interface = config->interface,
		.addr = config->addr,
		.prefix_len = config->prefix_len,
		.gateway = config->gateway,
		.mac = config->mac,
		.share = config->share,
	};
}

static int
take_port(struct pln_host_port *port, struct pln_error *error)
{
	struct pln_host_config *config = &port->host->config;
	const char *at = (const char *)config->more_ports;
	struct pln_host_port_config *own = &port->config;

	*own = first_config(config);
	if (port->index > 0) {
		memset(own, 0, sizeof(*own));
		memcpy(own, at + (port->index - 1) * config->more_ports->size,
		       config->more_ports->size);
	}
	if (own->mac.bytes[0] & 1)
		return pln_error_set(error, -EINVAL,
		                     "Our MAC cannot be a group address (first byte odd).");
	if (getentropy(&port->secret, sizeof(port->secret)) != 0)
		return pln_error_set(error, -EIO, "The system has no random numbers.");
	return 0;
}

int
pln_host_ports_take(struct pln_host *host, const struct pln_host_config *config,
                    struct pln_error *error)
{
	unsigned int count = config->n_more_ports + 1;
	int rc = 0;

	if (config->n_more_ports >= RTE_MAX_ETHPORTS)
		return pln_error_set(error, -EINVAL, "There are at most %u ports.",
		                     RTE_MAX_ETHPORTS);
	if (config->n_more_ports > 0 &&
	    (config->more_ports == NULL || config->more_ports->size == 0 ||
	     config->more_ports->size > sizeof(struct pln_host_port_config)))
		return pln_error_set(error, -EINVAL,
		                     "The program was built for another version of libpollen.");
	if (posix_memalign((void **)&host->ports, RTE_CACHE_LINE_SIZE,
	                   count * sizeof(*host->ports)) != 0) {
		host->ports = NULL;
		return pln_error_set(error, -ENOMEM, "There is no memory.");
	}
	memset(host->ports, 0, count * sizeof(*host->ports));
	host->n_ports = count;
	for (unsigned int i = 0; i < count && rc == 0; i++) {
		host->ports[i].host = host;
		host->ports[i].index = i;
		rc = take_port(&host->ports[i], error);
	}
	return rc;
}

/* ------------------------------------------------------------------------------------------------ which device */

static void
tell_nics(struct pln_error *error)
{
	struct pln_pci_nic nics[NICS_MAX];
	unsigned int n = pln_pci_nics(PCI_ROOT, nics, NICS_MAX);
	char buf[384];
	struct pln_text text = pln_text_init(buf, sizeof(buf));

	for (unsigned int i = 0; i < n; i++)
		pln_text_add(&text, "%s%s (%s)", i > 0 ? ", " : "", nics[i].address,
		             nics[i].driver[0] != '\0' ? nics[i].driver : "no driver");
	if (n == 0)
		pln_error_append(error, "This machine has no PCI network device.");
	else
		pln_error_append(error, "PCI network devices and their drivers: %s.", buf);
}

static int
explain_no_port(struct pln_host *host, struct pln_error *error)
{
	unsigned int found = rte_eth_dev_count_avail();
	char args[256];

	pln_eal_args_print(&host->environment.args, args, sizeof(args));
	if (found == 0)
		pln_error_set(error, -ENODEV, "There is no port: EAL found none with %s.", args);
	else
		pln_error_set(error, -ENODEV,
		              "There are addresses for %u ports, and EAL found %u with %s.",
		              host->n_ports, found, args);
	pln_environment_quote(&host->environment, error);
	if (geteuid() != 0)
		pln_error_append(error, "Opening a kernel interface takes root, or a namespace of "
		                        "one's own (unshare -Urn).");
	tell_nics(error);
	pln_error_append(error, "Three ways to one: --interface NAME (a veth, tap or NIC of this "
	                        "system); --vdev=net_tap0 before --; a NIC bound to vfio-pci, with "
	                        "-a ADDRESS before --.");
	return -ENODEV;
}

/* The vdev's name stands before the first comma of its arguments. */
static bool
find_vdev(const char *vdev, uint16_t *port)
{
	char name[RTE_ETH_NAME_MAX_LEN];
	size_t len = strcspn(vdev, ",");

	if (len >= sizeof(name))
		return false;
	memcpy(name, vdev, len);
	name[len] = '\0';
	return rte_eth_dev_get_port_by_name(name, port) == 0;
}

static bool
is_taken(const struct pln_host *host, uint16_t id)
{
	uint16_t vdev;

	for (unsigned int i = 0; i < host->n_ports; i++) {
		const struct pln_host_port *port = &host->ports[i];

		if (port->dev_open && port->dev.port == id)
			return true;
		if (port->config.interface != NULL && find_vdev(port->interface.vdev, &vdev) &&
		    vdev == id)
			return true;
	}
	return false;
}

int
pln_host_choose_port(struct pln_host_port *port, uint16_t *id, struct pln_error *error)
{
	struct pln_host *host = port->host;
	uint16_t next;

	if (port->config.interface != NULL)
		return find_vdev(port->interface.vdev, id) ? 0 : explain_no_port(host, error);
	next = rte_eth_find_next(0);
	while (next < RTE_MAX_ETHPORTS && is_taken(host, next))
		next = rte_eth_find_next((uint16_t)(next + 1));
	if (next >= RTE_MAX_ETHPORTS)
		return explain_no_port(host, error);
	*id = next;
	return 0;
}

/* ------------------------------------------------------------------------------------------------ its life */

static void
wait_for_link(const struct pln_ethdev *dev)
{
	struct timespec step = { .tv_nsec = (long)LINK_STEP_NS };

	for (uint64_t waited = 0; waited < LINK_WAIT_NS && !pln_ethdev_up(dev);
	     waited += LINK_STEP_NS)
		nanosleep(&step, NULL);
}

/* May the device be asked to tell of frames? */
static enum pln_ethdev_wakes
wakes(enum pln_host_poll poll)
{
	if (poll == PLN_HOST_POLL_INTERRUPT)
		return PLN_ETHDEV_WAKES_ASKED;
	return poll == PLN_HOST_POLL_ADAPTIVE ? PLN_ETHDEV_WAKES_KNOWN : PLN_ETHDEV_WAKES_NOT;
}

static int
open_device(struct pln_host_port *port, struct pln_error *error)
{
	const struct pln_host_config *all = &port->host->config;
	uint16_t interface_mtu = port->interface.netif.mtu; /* 0 without one */
	struct pln_ethdev_config config = {
		.mtu = all->mtu != 0 ? all->mtu : interface_mtu,
		.device_mtu = interface_mtu,
		.vlan = all->vlan,
		.mac = port->config.mac,
		.csum = all->csum,
		.no_tso = all->no_tso,
		.lro = all->lro,
		.rx_desc = PLN_HOST_RX_DESC,
		.tx_desc = PLN_HOST_TX_DESC,
		.queues = (uint16_t)port->host->n_lcores,
		.wakes = wakes(all->poll),
	};
	uint16_t id;
	int rc = pln_host_choose_port(port, &id, error);

	if (rc == 0)
		rc = pln_ethdev_open(&port->dev, id, &config, error);
	if (rc != 0)
		return rc;
	port->dev_open = true;
	port->node = rte_eth_dev_socket_id(id);
	port->host->shares_cpu |= port->dev.is_vdev;
	if (port->dev.has_netif && port->config.addr.family != PLN_FAMILY_NONE)
		rc = pln_host_refuse_owned(&port->config, error);
	return rc;
}

static int
start_device(struct pln_host_port *port, struct pln_error *error)
{
	struct rte_mempool *pools[PLN_ETHDEV_QUEUES_MAX];
	struct pln_environment *environment = &port->host->environment;
	struct pln_environment_hush hush;
	int rc;

	for (unsigned int i = 0; i < port->dev.n_queues; i++)
		pools[i] = port->lanes[i].pool;
	hush = pln_environment_hush(port->host->config.verbose);
	rc = pln_ethdev_start(&port->dev, pools, error);
	pln_environment_unhush(environment, &hush);
	if (rc != 0)
		pln_environment_quote(environment, error);
	return rc;
}

int
pln_host_port_open(struct pln_host_port *port, struct pln_error *error)
{
	int rc = open_device(port, error);

	if (rc == 0)
		rc = pln_host_lanes_open(port, error);
	if (rc == 0)
		rc = start_device(port, error);
	if (rc == 0)
		pln_watch_start(port);
	if (rc == 0 && !port->dev.is_vdev)
		wait_for_link(&port->dev);
	return rc;
}

void
pln_host_port_stop(struct pln_host_port *port)
{
	struct pln_environment_hush hush;

	if (!port->dev_open)
		return;
	hush = pln_environment_hush(port->host->config.verbose);
	pln_ethdev_stop(&port->dev);
	pln_environment_unhush(&port->host->environment, &hush);
}
