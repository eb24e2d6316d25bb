/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shared options, into struct pln_host_config. Each refusal names the option and what it would take. What only the port
 * or the system's routes can tell (an address that the kernel owns, an MTU the device cannot do) is the library's to refuse.
 */
#include "common/hostopts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/capture.h"
#include "common/fault.h"
#include "common/number.h"
#include "common/words.h"

#define MTU_MIN 68

const char hostopts_help[] =
	"Port and addresses:\n"
	"      --interface IF     build a port on this kernel interface (af_packet or tap)\n"
	"      --ip A/LEN         our address; with --interface the length may be left out\n"
	"                         (pollen-serve, -fetch and -doctor use several ports:\n"
	"                         --interface, --ip, --mac and --share once for each, in\n"
	"                         their order, and --gw for any)\n"
	"      --gw A             the gateway to what is not on-link\n"
	"      --mac MAC          our Ethernet address instead of the device's\n"
	"      --mtu N            bytes of IP packet instead of the device's\n"
	"      --vlan ID          802.1Q tag of our frames, 1 to 4094\n"
	"      --acd MODE         is our address another's too: detect (while it is used), off, "
	"or\n"
	"                         full (before it is used, some seconds)\n"
	"      --csum WHO         checksums: auto, sw (we do them) or hw (the device does)\n"
	"      --tso on|off       sent segments are cut by the device where it can (on)\n"
	"      --lro on|off       received segments are gathered by the device (off)\n"
	"      --mem HOW          memory: auto, or shared for tools that attach (dpdk-dumpcap)\n"
	"      --poll HOW         when nothing arrives: busy, adaptive (short sleeps), or "
	"interrupt\n"
	"                         (sleep until the device tells of a frame)\n"
	"      --eal 'ARGS'       DPDK's own arguments; so are those before --, and "
	"POLLEN_EAL_ARGS\n"
	"      --set NAME=VALUE   an option of the stack, as in --set nagle=0\n"
	"      --neigh A=MAC      a neighbour that need not be asked for\n"
	"      --share TAP        by this tap the kernel has the port too: ssh survives\n"
	"      --config FILE      read options from a file (-c too, but in pollen-ping)\n"
	"See what happens:\n"
	"      --pcap FILE[,FILTER]  write frames to a pcapng file; the filter is tcpdump's\n"
	"      --trace            one line for each segment and each change of state\n";

const char hostopts_lcores_help[] =
	"Cores (one for each lcore of EAL's: -l 0-3 before --, or --eal '-l 0-3'):\n"
	"      --steer WAY        how packets find theirs: auto, rss, pair, flow, adopt or "
	"software\n"
	"      --no-probe         do not make the gateway answer each core to see whether they "
	"do\n";

void
hostopts_init(struct hostopts *opts, const char *program)
{
	memset(opts, 0, sizeof(*opts));
	opts->config.size = sizeof(opts->config);
	opts->config.program = program;
	opts->config.poll = PLN_HOST_POLL_ADAPTIVE;
	opts->last_wish = &opts->wishes;
}

static bool
is_stack_option(const char *name)
{
	const char *known;
	bool is_supported;

	for (unsigned int i = 0; (known = pln_stack_opt_name(i, &is_supported)) != NULL; i++)
		if (strcmp(known, name) == 0)
			return true;
	return false;
}

static int
check_wish(struct hostopts_wish *wish, struct pln_error *error)
{
	if (!wish->is_neigh)
		return is_stack_option(wish->name)
		               ? 0
		               : fault_set(error, -ENOENT,
		                           "--set %s: the stack has no such option.", wish->name);
	if (pln_addr_parse(wish->name, &wish->addr) < 0)
		return fault_set(error, -EINVAL, "--neigh %s: that is no IPv4 address.",
		                 wish->name);
	if (pln_mac_parse(wish->value, &wish->mac) < 0 || (wish->mac.bytes[0] & 1) != 0)
		return fault_set(error, -EINVAL, "--neigh %s=%s: that is no MAC of one host.",
		                 wish->name, wish->value);
	return 0;
}

static int
take_wish(struct hostopts *opts, bool is_neigh, const char *value, struct pln_error *error)
{
	const char *equals = strchr(value, '=');
	struct hostopts_wish *wish;

	if (equals == NULL || equals == value)
		return fault_set(error, -EINVAL, "%s %s: give %s.", is_neigh ? "--neigh" : "--set",
		                 value, is_neigh ? "ADDR=MAC" : "NAME=VALUE");
	wish = calloc(1, sizeof(*wish) + strlen(value) + 1);
	if (wish == NULL)
		return fault_set(error, -ENOMEM, "out of memory.");
	wish->is_neigh = is_neigh;
	memcpy(wish->name, value, strlen(value) + 1);
	wish->value = wish->name + (equals - value);
	*wish->value++ = '\0';
	*opts->last_wish = wish;
	opts->last_wish = &wish->next;
	if (opts->origin[0] != '\0')
		wish->origin = strdup(opts->origin);
	return check_wish(wish, error);
}

int
hostopts_split(struct hostopts *opts, int *argc, char ***argv)
{
	int dashes;
	int count;

	for (dashes = 1; dashes < *argc && strcmp((*argv)[dashes], "--") != 0; dashes++) {
	}
	if (dashes == *argc)
		return 0;
	count = dashes - 1;
	if (count > 0) {
		opts->eal_slice = calloc((size_t)count + 1, sizeof(*opts->eal_slice));
		if (opts->eal_slice == NULL)
			return -ENOMEM;
		memcpy(opts->eal_slice, *argv + 1, (size_t)count * sizeof(*opts->eal_slice));
		opts->config.eal_args = opts->eal_slice;
	}
	(*argv)[dashes] = (*argv)[0];
	*argv += dashes;
	*argc -= dashes;
	return 0;
}

static int
take_number(uint16_t *out, const char *name, const char *value, const uint64_t bounds[2],
            struct pln_error *error)
{
	uint64_t number;
	int ret = number_parse(value, bounds[0], bounds[1], &number);

	if (ret < 0)
		return fault_set(error, ret, "%s %s: give a number from %u to %u.", name, value,
		                 (unsigned int)bounds[0], (unsigned int)bounds[1]);
	*out = (uint16_t)number;
	return 0;
}

/* Which of `words` (NULL-terminated) is it? */
static int
take_word(const char *name, const char *value, const char *const *words, struct pln_error *error)
{
	char list[96] = "";

	for (int i = 0; words[i] != NULL; i++) {
		size_t used = strlen(list);

		if (strcmp(value, words[i]) == 0)
			return i;
		(void)snprintf(list + used, sizeof(list) - used, "%s%s", i > 0 ? ", " : "",
		               words[i]);
	}
	return fault_set(error, -EINVAL, "%s %s: it is one of %s.", name, value, list);
}

static int
take_eal(struct hostopts *opts, const char *name, const char *value, struct pln_error *error)
{
	char **words;
	int count = words_split(value, &words);

	if (count == -ENOMEM)
		return fault_set(error, count, "out of memory.");
	if (count < 0)
		return fault_set(error, count, "%s %s: a quote is not closed.", name, value);
	free(opts->eal_words);
	opts->eal_words = words;
	return 0;
}

static int
take_choice(struct hostopts *opts, int opt, const char *value, struct pln_error *error)
{
	static const char *const csums[] = { "auto", "sw", "hw", NULL };
	static const char *const mems[] = { "auto", "shared", NULL };
	bool is_csum = opt == HOSTOPTS_CSUM;
	int choice = take_word(is_csum ? "--csum" : "--mem", value, is_csum ? csums : mems, error);

	if (choice < 0)
		return choice;
	if (is_csum)
		opts->config.csum = (enum pln_host_csum)choice;
	else
		opts->config.mem = (enum pln_host_mem)choice;
	return 0;
}

static int
take_switch(struct hostopts *opts, int opt, const char *value, struct pln_error *error)
{
	static const char *const words[] = { "off", "on", NULL };
	int on = take_word(opt == HOSTOPTS_TSO ? "--tso" : "--lro", value, words, error);

	if (on < 0)
		return on;
	if (opt == HOSTOPTS_TSO)
		opts->config.no_tso = on == 0;
	else
		opts->config.lro = on != 0;
	return 0;
}

static int
take_acd(struct hostopts *opts, const char *value, struct pln_error *error)
{
	static const char *const modes[] = { "detect", "off", "full", NULL };
	int mode = take_word("--acd", value, modes, error);

	if (mode < 0)
		return mode;
	opts->config.acd = (enum pln_host_acd)mode;
	return 0;
}

static int
take_poll(struct hostopts *opts, const char *value, struct pln_error *error)
{
	static const char *const ways[] = { "busy", "adaptive", "interrupt", NULL };
	int way = take_word("--poll", value, ways, error);

	if (way < 0)
		return way;
	opts->config.poll = (enum pln_host_poll)(PLN_HOST_POLL_BUSY + way);
	return 0;
}

static int
take_steer(struct hostopts *opts, const char *value, struct pln_error *error)
{
	static const char *const ways[] = {
		"auto", "rss", "pair", "flow", "adopt", "software", NULL
	};
	int way = take_word("--steer", value, ways, error);

	if (way < 0)
		return way;
	opts->config.steer = ways[way];
	return 0;
}

static int
take_one(struct hostopts *opts, int opt, const char *value, struct pln_error *error)
{
	switch (opt) {
	case HOSTOPTS_INTERFACE:
		return hostports_take_interface(opts, value, error);
	case HOSTOPTS_IP:
		return hostports_take_ip(opts, value, error);
	case HOSTOPTS_GW:
		return hostports_take_gateway(opts, value, error);
	case HOSTOPTS_SHARE:
		return hostports_take_share(opts, value, error);
	case HOSTOPTS_MAC:
		return hostports_take_mac(opts, value, error);
	case HOSTOPTS_MTU:
		return take_number(&opts->config.mtu, "--mtu", value,
		                   (const uint64_t[]){ MTU_MIN, UINT16_MAX }, error);
	case HOSTOPTS_VLAN:
		return take_number(&opts->config.vlan, "--vlan", value,
		                   (const uint64_t[]){ 1, 4094 }, error);
	case HOSTOPTS_ACD:
		return take_acd(opts, value, error);
	case HOSTOPTS_CSUM:
	case HOSTOPTS_MEM:
		return take_choice(opts, opt, value, error);
	case HOSTOPTS_TSO:
	case HOSTOPTS_LRO:
		return take_switch(opts, opt, value, error);
	case HOSTOPTS_POLL:
		return take_poll(opts, value, error);
	case HOSTOPTS_PCAP:
		return capture_parse(value, &opts->capture_path, &opts->filter, error);
	case HOSTOPTS_EAL:
		return take_eal(opts, "--eal", value, error);
	case HOSTOPTS_SET:
	case HOSTOPTS_NEIGH:
		return take_wish(opts, opt == HOSTOPTS_NEIGH, value, error);
	case HOSTOPTS_STEER:
		return take_steer(opts, value, error);
	case HOSTOPTS_NO_PROBE:
		opts->config.no_probe = true;
		return 0;
	default: /* --trace; --config is read by optscan */
		opts->trace = true;
		return 0;
	}
}

int
hostopts_take(struct hostopts *opts, int opt, const char *value, struct pln_error *error)
{
	int ret;

	if (opt < HOSTOPTS_FIRST || opt >= HOSTOPTS_END)
		return 0;
	ret = take_one(opts, opt, value, error);
	return ret < 0 ? ret : 1;
}

int
hostopts_finish(struct hostopts *opts, struct pln_error *error)
{
	const char *env = getenv("POLLEN_EAL_ARGS");
	struct pln_host_config *c = &opts->config;
	int ret;

	if (opts->eal_slice == NULL && opts->eal_words == NULL && env != NULL) {
		ret = take_eal(opts, "POLLEN_EAL_ARGS", env, error);
		if (ret < 0)
			return ret;
	}
	c->eal_args = opts->eal_slice != NULL ? opts->eal_slice : opts->eal_words;
	if (c->eal_args != NULL && c->eal_args[0] == NULL)
		c->eal_args = NULL;
	c->capture_path = opts->capture_path;
	c->capture_filter = opts->filter;
	c->trace_records = opts->trace ? 16384 : 0;
	return hostports_finish(opts, error);
}

/* What the stack said to a wish, and where the wish stands. */
static int
refuse_wish(const struct hostopts_wish *wish, int code, struct pln_error *error)
{
	const char *option = wish->is_neigh ? "--neigh" : "--set";
	const char *origin = wish->origin != NULL ? wish->origin : option;

	if (code == -EOPNOTSUPP)
		return fault_set(error, code, "%s: %s is not in this version.", origin, wish->name);
	if (code == -EINVAL)
		return fault_set(error, code, "%s: %s cannot be '%s'.", origin, wish->name,
		                 wish->value);
	if (code == -ERANGE)
		return fault_set(error, code, "%s: %s = %s is out of its range.", origin,
		                 wish->name, wish->value);
	return fault_set(error, code, "%s: %s = %s is refused by the stack: %s.", origin,
	                 wish->name, wish->value, strerror(-code));
}

int
hostopts_apply(const struct hostopts *opts, struct pln_stack *stack, struct pln_error *error)
{
	for (const struct hostopts_wish *w = opts->wishes; w != NULL; w = w->next) {
		int ret = w->is_neigh ? pln_stack_neigh_set(stack, &w->addr, &w->mac)
		                      : pln_stack_opt_set(stack, w->name, w->value);

		if (ret < 0)
			return refuse_wish(w, ret, error);
	}
	return 0;
}

void
hostopts_free(struct hostopts *opts)
{
	while (opts->wishes != NULL) {
		struct hostopts_wish *next = opts->wishes->next;

		free(opts->wishes->origin);
		free(opts->wishes);
		opts->wishes = next;
	}
	free(opts->eal_slice);
	free(opts->eal_words);
	hostports_free(&opts->ports);
	capture_free(opts->capture_path, opts->filter);
	opts->filter = NULL;
}
