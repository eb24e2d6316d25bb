/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The n-th value of an option is the n-th port's. What the command line or a later section says replaces what a section before it has
 * said, all of it, so that a file's two addresses and the command line's one are one port.
 */
#include "common/hostports.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/fault.h"
#include "common/hostopts.h"

/* Which port the next value is for; -E2BIG. */
static int
place(struct hostopts *opts, struct hostports_list *list, const char *name, struct pln_error *error)
{
	if (!opts->ports.many || strcmp(list->source, opts->source) != 0)
		list->count = 0;
	(void)snprintf(list->source, sizeof(list->source), "%s", opts->source);
	if (list->count == HOSTPORTS_MAX)
		return fault_set(error, -E2BIG, "%s: there are at most %d ports.", name,
		                 HOSTPORTS_MAX);
	return (int)list->count++;
}

/* At its place, `at`, or why there is none. */
static int
keep(char **names, int at, const char *value, struct pln_error *error)
{
	char *copy = strdup(value);

	if (at < 0 || copy == NULL) {
		free(copy);
		return at < 0 ? at : fault_set(error, -ENOMEM, "out of memory.");
	}
	free(names[at]);
	names[at] = copy;
	return 0;
}

int
hostports_take_interface(struct hostopts *opts, const char *value, struct pln_error *error)
{
	int at = place(opts, &opts->ports.interfaces, "--interface", error);

	if (*value == '\0')
		return fault_set(error, -EINVAL, "--interface needs a value.");
	return keep(opts->ports.interface, at, value, error);
}

int
hostports_take_share(struct hostopts *opts, const char *value, struct pln_error *error)
{
	int at = place(opts, &opts->ports.shares, "--share", error);

	if (*value == '\0')
		return fault_set(error, -EINVAL, "--share needs a value.");
	return keep(opts->ports.share, at, value, error);
}

int
hostports_take_ip(struct hostopts *opts, const char *value, struct pln_error *error)
{
	struct pln_addr addr = { 0 };
	uint8_t len = 0;
	int at;
	int ret = strchr(value, '/') != NULL ? pln_addr_parse_prefix(value, &addr, &len)
	                                     : pln_addr_parse(value, &addr);

	if (ret == -EAFNOSUPPORT)
		return fault_set(error, ret, "--ip %s: IPv6 is not in this version.", value);
	if (ret < 0)
		return fault_set(error, ret,
		                 "--ip %s: give an IPv4 address with its prefix length, "
		                 "as in --ip 192.0.2.10/24.",
		                 value);
	at = place(opts, &opts->ports.addrs, "--ip", error);
	if (at < 0)
		return at;
	*(at == 0 ? &opts->config.addr : &opts->ports.more[at - 1].addr) = addr;
	*(at == 0 ? &opts->config.prefix_len : &opts->ports.more[at - 1].prefix_len) = len;
	return 0;
}

int
hostports_take_mac(struct hostopts *opts, const char *value, struct pln_error *error)
{
	struct pln_mac mac;
	int ret = pln_mac_parse(value, &mac);
	int at;

	if (ret < 0 || (mac.bytes[0] & 1) != 0)
		return fault_set(error, -EINVAL,
		                 "--mac %s: give six hexadecimal bytes of a unicast address, "
		                 "as in --mac 02:00:00:00:00:0a.",
		                 value);
	at = place(opts, &opts->ports.macs, "--mac", error);
	if (at < 0)
		return at;
	*(at == 0 ? &opts->config.mac : &opts->ports.more[at - 1].mac) = mac;
	return 0;
}

int
hostports_take_gateway(struct hostopts *opts, const char *value, struct pln_error *error)
{
	struct pln_addr addr;
	int ret = pln_addr_parse(value, &addr);
	int at;

	if (ret == -EAFNOSUPPORT)
		return fault_set(error, ret, "--gw %s: IPv6 is not in this version.", value);
	if (ret < 0)
		return fault_set(error, ret, "--gw %s: give an IPv4 address, as in --gw 192.0.2.1.",
		                 value);
	at = place(opts, &opts->ports.gateways, "--gw", error);
	if (at < 0)
		return at;
	opts->ports.gateway[at] = addr;
	return 0;
}

/* ------------------------------------------------------------------------------------------------ the end */

static bool
is_on_link(const struct pln_addr *gateway, const struct pln_addr *addr, uint8_t prefix_len)
{
	for (unsigned int bit = 0; bit < prefix_len; bit++) {
		unsigned int mask = 0x80u >> (bit % 8);

		if (((addr->bytes[bit / 8] ^ gateway->bytes[bit / 8]) & mask) != 0)
			return false;
	}
	return true;
}

/* Port `i`: its address and where its gateway goes. */
static struct pln_addr *
look(struct hostopts *opts, unsigned int i, const struct pln_addr **addr, uint8_t *prefix_len)
{
	struct pln_host_port_config *port = &opts->ports.more[i == 0 ? 0 : i - 1];

	*addr = i == 0 ? &opts->config.addr : &port->addr;
	*prefix_len = i == 0 ? opts->config.prefix_len : port->prefix_len;
	return i == 0 ? &opts->config.gateway : &port->gateway;
}

static int
refuse_gateway(struct hostopts *opts, const struct pln_addr *gateway, struct pln_error *error)
{
	char text[PLN_ADDR_TEXT_LEN], addr[PLN_ADDR_TEXT_LEN];

	pln_addr_format(gateway, text);
	pln_addr_format(&opts->config.addr, addr);
	if (opts->config.n_more_ports > 0)
		return fault_set(error, -ENETUNREACH,
		                 "the gateway %s is in the subnet of no port, or of one that has a "
		                 "gateway already. Check --gw and the prefix lengths of --ip.",
		                 text);
	return fault_set(error, -ENETUNREACH,
	                 "the gateway %s is not in the subnet %s/%u, so nothing could reach it. "
	                 "Check --gw and the prefix length of --ip.",
	                 text, addr, opts->config.prefix_len);
}

/* To the first port without a gateway in whose subnet it is, or whose subnet only the library can find out. */
static int
place_gateway(struct hostopts *opts, const struct pln_addr *gateway, struct pln_error *error)
{
	for (unsigned int i = 0; i <= opts->config.n_more_ports; i++) {
		const struct pln_addr *addr;
		uint8_t len;
		struct pln_addr *of_port = look(opts, i, &addr, &len);

		if (of_port->family != PLN_FAMILY_NONE ||
		    (addr->family != PLN_FAMILY_NONE && !is_on_link(gateway, addr, len)))
			continue;
		*of_port = *gateway;
		return 0;
	}
	return refuse_gateway(opts, gateway, error);
}

/* What was given more often than an address; NULL: nothing. */
static const char *
too_many(const struct hostports *ports, unsigned int count)
{
	if (ports->interfaces.count > count)
		return "--interface";
	if (ports->macs.count > count)
		return "--mac";
	return ports->shares.count > count ? "--share" : NULL;
}

static int
count_ports(struct hostopts *opts, struct pln_error *error)
{
	const struct hostports *ports = &opts->ports;
	unsigned int count = ports->addrs.count > 0 ? ports->addrs.count : 1;

	const char *extra = too_many(ports, count);

	if (extra != NULL)
		return fault_set(error, -EINVAL,
		                 "there are more of %s than addresses: give --ip once for each "
		                 "port.",
		                 extra);
	opts->config.n_more_ports = count - 1;
	opts->config.more_ports = ports->more;
	return 0;
}

int
hostports_finish(struct hostopts *opts, struct pln_error *error)
{
	struct hostports *ports = &opts->ports;
	int ret = count_ports(opts, error);

	opts->config.interface = ports->interfaces.count > 0 ? ports->interface[0] : NULL;
	opts->config.share = ports->shares.count > 0 ? ports->share[0] : NULL;
	for (unsigned int i = 0; i + 1 < HOSTPORTS_MAX; i++) {
		ports->more[i].size = sizeof(ports->more[i]);
		ports->more[i].interface =
			i + 1 < ports->interfaces.count ? ports->interface[i + 1] : NULL;
		ports->more[i].share = i + 1 < ports->shares.count ? ports->share[i + 1] : NULL;
		if (i + 1 >= ports->macs.count)
			ports->more[i].mac = (struct pln_mac){ 0 };
	}
	for (unsigned int i = 0; i < ports->gateways.count && ret == 0; i++)
		ret = place_gateway(opts, &ports->gateway[i], error);
	return ret;
}

void
hostports_free(struct hostports *ports)
{
	for (unsigned int i = 0; i < HOSTPORTS_MAX; i++) {
		free(ports->interface[i]);
		free(ports->share[i]);
	}
}
