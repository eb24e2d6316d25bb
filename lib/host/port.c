/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which port: the one built for --interface, else the first that EAL probed. Where there is none, the error tells what EAL tried,
 * what network devices there are, and the three ways to a port.
 */
#include <unistd.h>

#include <rte_ethdev.h>

#include "base/text.h"
#include "host/host.h"
#include "host/pci.h"

#define PCI_ROOT "/sys/bus/pci/devices"
#define NICS_MAX 8U

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
	char args[256];

	pln_eal_args_print(&host->environment.args, args, sizeof(args));
	pln_error_set(error, -ENODEV, "There is no port: EAL found none with %s.", args);
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

int
pln_host_choose_port(struct pln_host *host, uint16_t *port, struct pln_error *error)
{
	uint16_t first = rte_eth_find_next(0);
	unsigned int n = rte_eth_dev_count_avail();

	if (host->config.interface != NULL) {
		if (!find_vdev(host->interface.vdev, &first))
			return explain_no_port(host, error);
	} else if (n == 0 || first >= RTE_MAX_ETHPORTS) {
		return explain_no_port(host, error);
	}
	host->spare_ports = n > 0 ? n - 1 : 0;
	*port = first;
	return 0;
}
