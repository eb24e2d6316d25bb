/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our address, its prefix and the gateway: what the user gave, completed from the routes the interface has, and refused with a
 * sentence where it cannot work.
 */
#include "host/host.h"
#include "host/routes.h"

static uint32_t
addr_bits(const struct pln_addr *addr)
{
	return (uint32_t)addr->bytes[0] << 24 | (uint32_t)addr->bytes[1] << 16 |
	       (uint32_t)addr->bytes[2] << 8 | addr->bytes[3];
}

static bool
same_subnet(const struct pln_addr *a, const struct pln_addr *b, uint8_t prefix_len)
{
	uint32_t mask = prefix_len == 0 ? 0 : UINT32_MAX << (32 - prefix_len);

	return ((addr_bits(a) ^ addr_bits(b)) & mask) == 0;
}

int
pln_host_refuse_owned(const struct pln_host_port_config *config, struct pln_error *error)
{
	char name[PLN_NETIF_NAME_LEN], text[PLN_ADDR_TEXT_LEN];
	const char *share = config->share;

	if (pln_interface_owner(&config->addr, name) == NULL)
		return 0;
	pln_addr_format(&config->addr, text);
	if (share != NULL && strcmp(share, name) == 0)
		return 0;
	if (share != NULL)
		return pln_error_set(error, -EADDRINUSE,
		                     "%s is this system's own address, on %s. To share it, move it "
		                     "to %s first, with its routes: docs/guide/share.md says how.",
		                     text, name, share);
	return pln_error_set(
		error, -EADDRINUSE,
		"%s is this system's own address, on %s. Its kernel would see our "
		"peers' segments too, find no connection for them and reset ours. Give "
		"an address of the subnet that nobody uses.",
		text, name);
}

static int
check_addr(const struct pln_host_port_config *config, struct pln_error *error)
{
	char text[PLN_ADDR_TEXT_LEN];

	if (config->addr.family == PLN_FAMILY_NONE)
		return pln_error_set(error, -EINVAL,
		                     "Our own address is missing: give one that nobody uses in the "
		                     "subnet, with its prefix, as in --ip 10.0.0.2/24.");
	if (config->addr.family != PLN_FAMILY_IP4)
		return pln_error_set(error, -EAFNOSUPPORT, "IPv6 is not in this version.");
	if (config->prefix_len > 32)
		return pln_error_set(error, -EINVAL,
		                     "A prefix of %u bits is too long: IPv4 has 32.",
		                     config->prefix_len);
	if (config->addr.bytes[0] == 0 || config->addr.bytes[0] == 127 ||
	    config->addr.bytes[0] >= 224)
		return pln_error_set(error, -EINVAL, "%s is no address a host can have.",
		                     pln_addr_format(&config->addr, text));
	return 0;
}

/* What is missing, from the routes of one interface. */
static void
read_routes(struct pln_host_port *port, const char *interface)
{
	struct pln_host_port_config *config = &port->config;
	struct pln_routes routes = pln_routes_read("/proc/net/route", interface, &config->addr);

	if (config->prefix_len == 0) {
		config->prefix_len = routes.prefix_len;
		port->routed = routes.prefix_len != 0;
	}
	if (config->gateway.family == PLN_FAMILY_NONE && routes.gateway.family != PLN_FAMILY_NONE &&
	    config->prefix_len != 0 &&
	    same_subnet(&routes.gateway, &config->addr, config->prefix_len)) {
		config->gateway = routes.gateway;
		port->routed = true;
	}
}

static int
check_prefix(const struct pln_host_port_config *config, struct pln_error *error)
{
	char text[PLN_ADDR_TEXT_LEN];

	pln_addr_format(&config->addr, text);
	if (config->prefix_len != 0)
		return 0;
	if (config->interface == NULL)
		return pln_error_set(error, -EINVAL,
		                     "The prefix of %s is missing: give it behind the address, as "
		                     "in --ip %s/24.",
		                     text, text);
	return pln_error_set(error, -EINVAL,
	                     "The system has no route on %s that tells the prefix of %s: give it "
	                     "behind the address, as in --ip %s/24.",
	                     config->interface, text, text);
}

static int
check_gateway(const struct pln_host_port_config *config, struct pln_error *error)
{
	char gateway[PLN_ADDR_TEXT_LEN], addr[PLN_ADDR_TEXT_LEN];

	if (config->gateway.family == PLN_FAMILY_NONE)
		return 0;
	pln_addr_format(&config->gateway, gateway);
	pln_addr_format(&config->addr, addr);
	if (config->gateway.family != PLN_FAMILY_IP4)
		return pln_error_set(error, -EAFNOSUPPORT, "The gateway %s is not IPv4.", gateway);
	if (addr_bits(&config->gateway) == addr_bits(&config->addr))
		return pln_error_set(error, -EINVAL, "The gateway %s is our own address.", gateway);
	if (same_subnet(&config->gateway, &config->addr, config->prefix_len))
		return 0;
	return pln_error_set(error, -EINVAL,
	                     "The gateway %s is outside our subnet %s/%u, so it cannot be reached.",
	                     gateway, addr, config->prefix_len);
}

int
pln_host_complete_addrs(struct pln_host_port *port, struct pln_error *error)
{
	struct pln_host_port_config *config = &port->config;
	int rc;

	if (port->host->config.no_addr && config->addr.family == PLN_FAMILY_NONE)
		return 0;
	rc = check_addr(config, error);
	if (rc != 0)
		return rc;
	if (config->share != NULL)
		read_routes(port, config->share);
	if (config->interface != NULL) {
		rc = pln_host_refuse_owned(config, error);
		if (rc != 0)
			return rc;
		read_routes(port, port->interface.netif.name);
	}
	rc = check_prefix(config, error);
	return rc != 0 ? rc : check_gateway(config, error);
}

int
pln_host_compare_addrs(const struct pln_host *host, struct pln_error *error)
{
	char text[PLN_ADDR_TEXT_LEN];

	for (unsigned int i = 1; i < host->n_ports; i++) {
		const struct pln_addr *addr = &host->ports[i].config.addr;

		for (unsigned int k = 0; k < i; k++)
			if (addr_bits(addr) == addr_bits(&host->ports[k].config.addr))
				return pln_error_set(
					error, -EINVAL,
					"%s is given to two ports; each has an address of its own.",
					pln_addr_format(addr, text));
	}
	return 0;
}
