/* SPDX-License-Identifier: BSD-3-Clause */
/* Options first or last, the verb, its operands: "show [ADDR...]", "add ADDR [lladdr] MAC", "scan PREFIX". */
#include "arp/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/fault.h"
#include "common/number.h"
#include "common/optscan.h"

#define RATE_DEFAULT 100
#define RATE_MAX     10000
#define WAIT_NONE    UINT64_MAX

const char arp_usage[] = "Usage: pollen-arp [EAL arguments --] [options] show [ADDR...]\n"
			 "       pollen-arp -c FILE add ADDR [lladdr] MAC\n"
			 "       pollen-arp -c FILE del ADDR\n"
			 "       pollen-arp [EAL arguments --] [options] probe ADDR\n"
			 "       pollen-arp [EAL arguments --] [options] scan PREFIX\n";

const char arp_help[] =
	"Neighbours, as ip neigh prints them, asked for by ARP through a port of our own.\n"
	"\n"
	"show    ask for each ADDR, or listen to the link where none is given\n"
	"add     set a neighbour for good: a line in [neigh] of FILE, which all programs read\n"
	"del     take that line out\n"
	"probe   does anybody have ADDR? As RFC 5227 asks: 0 it is free, 1 it is taken\n"
	"scan    ask for each address of PREFIX, as in 192.0.2.0/24\n"
	"\n"
	"  -c, --config FILE     read options from a file; add and del change its [neigh]\n"
	"  -j, --json            one JSON object a line\n"
	"  -r, --rate N          requests a second (100)\n"
	"  -v, --verbose         print the port and what it negotiated\n"
	"  -w, --wait SECONDS    for answers (show 3, listening 5; scan 1 after the last request)\n"
	"  -V, --version, -h, --help\n"
	"\n";

static const char shorts[] = "c:jr:vw:Vh";

/* clang-format off */
static const struct option table[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "rate", required_argument, NULL, 'r' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "wait", required_argument, NULL, 'w' },
	{ "help", no_argument, NULL, 'h' },
	HOSTOPTS_TABLE,
	{ NULL, 0, NULL, 0 },
};
/* clang-format on */

static int
take_value(struct arp_options *o, int opt, const char *value, struct pln_error *error)
{
	int ret;

	if (opt == 'w') {
		ret = number_parse_seconds(value, &o->wait_ns);
		return ret < 0 ? fault_set(error, ret, "--wait %s: give seconds, as in 1 or 0.2.",
		                           value)
		               : 0;
	}
	ret = number_parse(value, 1, RATE_MAX, &o->rate);
	return ret < 0 ? fault_set(error, ret, "--rate %s: give a number from 1 to %d.", value,
	                           RATE_MAX)
	               : 0;
}

static int
apply(void *ctx, int opt, const char *value, struct pln_error *error)
{
	struct arp_options *o = ctx;
	int ret = hostopts_take(&o->host, opt, value, error);

	if (ret != 0)
		return ret < 0 ? ret : 0;
	if (value != NULL)
		return take_value(o, opt, value, error);
	if (opt == 'j')
		o->json = true;
	else if (opt == 'v')
		o->verbose = true;
	else
		o->action = opt == 'V' ? ARP_VERSION : ARP_HELP;
	return 0;
}

static int
find_verb(const char *word, struct pln_error *error)
{
	static const char *const verbs[] = { "show", "add", "del", "probe", "scan" };

	for (int i = 0; i < 5; i++)
		if (strcmp(word, verbs[i]) == 0)
			return i;
	return fault_set(error, -EINVAL,
	                 "'%s' is no verb: it is one of show, add, del, probe, scan.", word);
}

static int
take_addr(struct arp_options *o, struct pln_error *error)
{
	const char *text = o->operand_count > 0 ? o->operands[0] : "";

	if (pln_addr_parse(text, &o->addr) < 0)
		return fault_set(error, -EINVAL, "give an IPv4 address, as in 192.0.2.1, not '%s'.",
		                 text);
	return 0;
}

static int
take_prefix(struct arp_options *o, struct pln_error *error)
{
	const char *text = o->operand_count > 0 ? o->operands[0] : "";

	if (pln_addr_parse_prefix(text, &o->addr, &o->prefix_len) < 0 ||
	    o->prefix_len < ARP_SCAN_PREFIX_MIN)
		return fault_set(error, -EINVAL,
		                 "give a prefix of %d bits at least, as in 192.0.2.0/24, not '%s'.",
		                 ARP_SCAN_PREFIX_MIN, text);
	return 0;
}

static int
take_neighbour(struct arp_options *o, struct pln_error *error)
{
	int at = o->operand_count > 2 && strcmp(o->operands[1], "lladdr") == 0 ? 2 : 1;

	if (take_addr(o, error) < 0)
		return error->code;
	if (o->operand_count != at + 1 || pln_mac_parse(o->operands[at], &o->mac) < 0 ||
	    (o->mac.bytes[0] & 1) != 0)
		return fault_set(error, -EINVAL,
		                 "give a neighbour's address and MAC, as in add 192.0.2.1 lladdr "
		                 "02:00:00:00:00:01.");
	return 0;
}

static int
take_operands(struct arp_options *o, struct pln_error *error)
{
	struct pln_addr addr;

	if (o->verb == ARP_ADD)
		return take_neighbour(o, error);
	for (int i = 0; o->verb == ARP_SHOW && i < o->operand_count; i++)
		if (pln_addr_parse(o->operands[i], &addr) < 0)
			return fault_set(error, -EINVAL, "'%s' is no IPv4 address.",
			                 o->operands[i]);
	if (o->verb == ARP_SHOW)
		return 0;
	if (o->operand_count > 1)
		return fault_set(error, -EINVAL, "there is more than one operand.");
	return o->verb == ARP_SCAN ? take_prefix(o, error) : take_addr(o, error);
}

static uint64_t
default_wait(const struct arp_options *o)
{
	if (o->verb == ARP_SHOW)
		return (o->operand_count > 0 ? 3 : 5) * PLN_NS_PER_S;
	return PLN_NS_PER_S;
}

static int
finish(struct arp_options *o, int argc, char **argv, struct pln_error *error)
{
	int verb;

	if (argc == 0)
		return fault_set(error, -EINVAL, "give a verb: show, add, del, probe or scan.");
	verb = find_verb(argv[0], error);
	if (verb < 0)
		return verb;
	o->verb = (enum arp_verb)verb;
	o->operands = argv + 1;
	o->operand_count = argc - 1;
	if (take_operands(o, error) < 0)
		return error->code;
	if ((o->verb == ARP_ADD || o->verb == ARP_DEL) && o->config == NULL)
		return fault_set(
			error, -EINVAL,
			"say which configuration file is meant: -c FILE, or POLLEN_CONFIG.");
	if (o->wait_ns == WAIT_NONE)
		o->wait_ns = default_wait(o);
	/* The address that is probed must not be ours while we ask; scanning and listening do without one. */
	if (o->verb == ARP_PROBE)
		o->host.config.addr = (struct pln_addr){ 0 };
	o->host.config.no_addr = true;
	o->host.config.verbose = o->verbose;
	return hostopts_finish(&o->host, error);
}

int
arp_options_parse(struct arp_options *out, int argc, char **argv, struct pln_error *error)
{
	struct optscan scan = {
		.table = table,
		.shorts = shorts,
		.config_opt = HOSTOPTS_CONFIG,
		.config_short = 'c',
		.program = "arp",
		.apply = apply,
		.ctx = out,
		.host = &out->host,
		.error = error,
	};
	int first;
	int ret;

	for (int i = 1; i < argc; i++)
		scan.is_missing_allowed |= strcmp(argv[i], "add") == 0;
	memset(out, 0, sizeof(*out));
	hostopts_init(&out->host, argv[0]);
	out->wait_ns = WAIT_NONE;
	out->rate = RATE_DEFAULT;
	first = optscan_read(&scan, &argc, &argv);
	if (first < 0)
		return first;
	out->config = scan.config_path;
	if (out->action != ARP_RUN)
		return 0;
	ret = finish(out, argc - first, argv + first, error);
	return ret < 0 ? optscan_cite(&scan) : 0;
}

void
arp_options_free(struct arp_options *options)
{
	hostopts_free(&options->host);
}
