/* SPDX-License-Identifier: BSD-3-Clause */
/* No operands: without a port the machine alone is looked at. A port was given where EAL has words of its own, or an interface. */
#include "doctor/options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/fault.h"
#include "common/number.h"
#include "common/optscan.h"

const char doctor_usage[] = "Usage: pollen-doctor [EAL arguments --] [options]\n";

const char doctor_help[] =
	"Looks at the machine, and at the ports that are given, one after the other, before "
	"anyone\n"
	"wonders. Each line: ok, warning or failed, what was seen, and what mends it. Exit code: 0 "
	"all\n"
	"ok, 1 warnings, 2 failed.\n"
	"\n"
	"  -c, --config FILE     read options from a file\n"
	"  -j, --json            one JSON object a line\n"
	"  -p, --peer A[:PORT]   test with this host instead of the gateway; at PORT it takes TCP\n"
	"                        connections (else 22, 53, 80 and 443 are tried)\n"
	"  -v, --verbose         print the port and what it negotiated\n"
	"  -V, --version, -h, --help\n"
	"\n";

static const char shorts[] = "c:jp:vVh";

/* clang-format off */
static const struct option table[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "peer", required_argument, NULL, 'p' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	HOSTOPTS_TABLE,
	HOSTOPTS_LCORES_TABLE,
	{ NULL, 0, NULL, 0 },
};
/* clang-format on */

static int
take_peer(struct doctor_options *o, const char *value, struct pln_error *error)
{
	size_t len = strcspn(value, ":");
	char addr[PLN_ADDR_TEXT_LEN];
	uint64_t port = 0;
	int ret = len < sizeof(addr) ? 0 : -EINVAL;

	(void)snprintf(addr, sizeof(addr), "%.*s", (int)len, value);
	if (ret == 0)
		ret = pln_addr_parse(addr, &o->peer.addr);
	if (ret == 0 && value[len] == ':')
		ret = number_parse(value + len + 1, 1, UINT16_MAX, &port);
	if (ret < 0)
		return fault_set(error, ret,
		                 "--peer %s: give an IPv4 address, perhaps with a TCP port, as in "
		                 "192.0.2.1:80.",
		                 value);
	o->peer.port = (uint16_t)port;
	return 0;
}

static int
apply(void *ctx, int opt, const char *value, struct pln_error *error)
{
	struct doctor_options *o = ctx;
	int ret = hostopts_take(&o->host, opt, value, error);

	if (ret != 0)
		return ret < 0 ? ret : 0;
	if (opt == 'p')
		return take_peer(o, value, error);
	if (opt == 'j')
		o->json = true;
	else if (opt == 'v')
		o->verbose = true;
	else
		o->action = opt == 'V' ? DOCTOR_VERSION : DOCTOR_HELP;
	return 0;
}

static int
finish(struct doctor_options *o, int argc, char **argv, struct pln_error *error)
{
	int ret;

	if (argc > 0)
		return fault_set(error, -EINVAL, "'%s' is not known: there are no operands.",
		                 argv[0]);
	o->host.config.no_addr = true;
	o->host.config.verbose = o->verbose;
	o->host.config.max_stacks = UINT32_MAX; /* one on each lcore that EAL has */
	ret = hostopts_finish(&o->host, error);
	o->has_port = o->host.config.interface != NULL || o->host.config.eal_args != NULL;
	if (ret < 0 || o->has_port || o->host.config.addr.family == PLN_FAMILY_NONE)
		return ret;
	return fault_set(error, -EINVAL,
	                 "--ip without a port: give one with --interface, or DPDK's arguments "
	                 "before --.");
}

int
doctor_options_parse(struct doctor_options *out, int argc, char **argv, struct pln_error *error)
{
	struct optscan scan = {
		.table = table,
		.shorts = shorts,
		.config_opt = HOSTOPTS_CONFIG,
		.config_short = 'c',
		.program = "doctor",
		.apply = apply,
		.ctx = out,
		.host = &out->host,
		.error = error,
	};
	int first;
	int ret;

	memset(out, 0, sizeof(*out));
	hostopts_init(&out->host, argv[0]);
	out->host.ports.many = true;
	first = optscan_read(&scan, &argc, &argv);
	if (first < 0)
		return first;
	if (out->action != DOCTOR_RUN)
		return 0;
	ret = finish(out, argc - first, argv + first, error);
	return ret < 0 ? optscan_cite(&scan) : 0;
}

void
doctor_options_free(struct doctor_options *options)
{
	hostopts_free(&options->host);
}
