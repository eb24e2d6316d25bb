/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table, and what each option does to struct ping_options. Letters mean what they mean to ping, with --arp what they mean
 * to arping: both take values by the same letters, so one string serves getopt, and the words of refusals are iputils'.
 */
#include "ping/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/fault.h"
#include "common/number.h"
#include "common/optscan.h"
#include "common/optvalue.h"
#include "ping/refused.h"

#define SIZE_DEFAULT 56
#define PRELOAD_MAX  65536

enum ping_opt {
	OPT_ARP = 0x100,
	OPT_HDR,
	OPT_JSON,
	OPT_DAD,
	OPT_FIRST,
	OPT_SOURCE,
	OPT_UNSOLICITED,
	OPT_ANSWER,
};

static const char shorts[] = "4aAbBc:De:fhHi:I:l:M:nOp:qQ:s:t:UvVw:W:" REFUSED_SHORTS;

/* clang-format off */
static const struct option table[] = {
	{ "adaptive", no_argument, NULL, 'A' },
	{ "answer", no_argument, NULL, OPT_ANSWER },
	{ "arp", no_argument, NULL, OPT_ARP },
	{ "audible", no_argument, NULL, 'a' },
	{ "broadcast", no_argument, NULL, 'b' },
	{ "count", required_argument, NULL, 'c' },
	{ "dad", no_argument, NULL, OPT_DAD },
	{ "deadline", required_argument, NULL, 'w' },
	{ "first", no_argument, NULL, OPT_FIRST },
	{ "flood", no_argument, NULL, 'f' },
	{ "force-names", no_argument, NULL, 'H' },
	{ "from", required_argument, NULL, 'I' },
	{ "hdr", required_argument, NULL, OPT_HDR },
	{ "help", no_argument, NULL, 'h' },
	{ "ident", required_argument, NULL, 'e' },
	{ "interval", required_argument, NULL, 'i' },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "numeric", no_argument, NULL, 'n' },
	{ "outstanding", no_argument, NULL, 'O' },
	{ "pattern", required_argument, NULL, 'p' },
	{ "pmtudisc", required_argument, NULL, 'M' },
	{ "preload", required_argument, NULL, 'l' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "size", required_argument, NULL, 's' },
	{ "source", required_argument, NULL, OPT_SOURCE },
	{ "timeout", required_argument, NULL, 'W' },
	{ "timestamp", no_argument, NULL, 'D' },
	{ "tos", required_argument, NULL, 'Q' },
	{ "ttl", required_argument, NULL, 't' },
	{ "unsolicited", no_argument, NULL, OPT_UNSOLICITED },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	HOSTOPTS_TABLE,
	{ NULL, 0, NULL, 0 },
};
/* clang-format on */

static int
bad_number(struct ping_options *o, const char *value, struct pln_error *error)
{
	o->exit_code = PING_EXIT_NO_REPLY;
	return fault_set(error, -EINVAL, "invalid argument: '%s'", value);
}

/* An integer as iputils reads one; the words are its own. */
static int
take_number(struct ping_options *o, const char *value, const long long bounds[2], uint64_t *out,
            struct pln_error *error)
{
	long long number;
	char *end;

	errno = 0;
	number = strtoll(value, &end, 10);
	if (end == value || *end != '\0')
		return bad_number(o, value, error);
	if (errno == ERANGE || number < bounds[0] || number > bounds[1]) {
		o->exit_code = PING_EXIT_NO_REPLY;
		return fault_set(error, -ERANGE,
		                 "invalid argument: '%s': out of range: %lld <= value <= %lld",
		                 value, bounds[0], bounds[1]);
	}
	*out = (uint64_t)number;
	return 0;
}

/* -c -w -s -t -l -e, and --arp's -i: integers. */
static int
take_integer(struct ping_options *o, int opt, const char *value, struct pln_error *error)
{
	long long bounds[2] = { 0, INT32_MAX };
	uint64_t number = 0;
	int ret;

	if (opt == 'c' || opt == 'l')
		bounds[0] = 1;
	if (opt == 'c')
		bounds[1] = o->arp ? INT32_MAX : INT64_MAX;
	else if (opt == 'l')
		bounds[1] = PRELOAD_MAX;
	else if (opt == 'e')
		bounds[1] = UINT16_MAX;
	else if (opt == 't')
		bounds[1] = UINT8_MAX;
	ret = take_number(o, value, bounds, &number, error);
	if (ret < 0)
		return ret;
	if (opt == 'c')
		o->count = number;
	else if (opt == 'w')
		o->deadline_ns = number * PLN_NS_PER_S;
	else if (opt == 'l')
		o->preload = (uint32_t)number;
	else if (opt == 'e')
		o->ident = (int32_t)number;
	else if (opt == 'i')
		o->interval_ns = number * PLN_NS_PER_S;
	else if (opt == 't' && number == 0)
		return fault_set(error, -EINVAL,
		                 "cannot set unicast time-to-live: Invalid argument");
	else if (opt == 't')
		o->ttl = (uint8_t)number;
	else
		o->size = (uint32_t)number;
	return 0;
}

/* -i and -W: seconds with a fraction. What iputils calls an error of the future is one here. */
static int
take_time(struct ping_options *o, int opt, const char *value, struct pln_error *error)
{
	uint64_t ns;
	int ret = number_parse_seconds(value, &ns);

	if (ret == -EINVAL) {
		o->exit_code = PING_EXIT_NO_REPLY;
		return fault_set(error, ret, "option argument contains garbage: %s", value);
	}
	if (ret < 0 || ns / PLN_NS_PER_S > INT32_MAX / 1000)
		return fault_set(error, -ERANGE, "bad %s: %s",
		                 opt == 'i' ? "timing interval" : "linger time", value);
	if (opt == 'i') {
		o->interval_ns = ns;
		o->has_interval = true;
	} else {
		o->linger_ns = ns > 0 ? ns : PLN_NEVER;
	}
	return 0;
}

static int
take_tos(struct ping_options *o, const char *value, struct pln_error *error)
{
	bool is_hex = value[0] == '0' && (value[1] == 'x' || value[1] == 'X');
	unsigned long tos;
	char *end;

	errno = 0;
	tos = strtoul(value, &end, is_hex ? 16 : 10);
	if (end == value || *end != '\0')
		return fault_set(error, -EINVAL, "bad TOS value: %s", value);
	if (errno == ERANGE || tos > UINT8_MAX || value[0] == '-')
		return fault_set(error, -ERANGE,
		                 "the decimal value of TOS bits must be in range 0-255: %s", value);
	o->tos = (uint8_t)tos;
	return 0;
}

static int
take_pmtu(struct ping_options *o, const char *value, struct pln_error *error)
{
	if (strcmp(value, "do") == 0)
		o->pmtu = PING_PMTU_DO;
	else if (strcmp(value, "want") == 0)
		o->pmtu = PING_PMTU_WANT;
	else if (strcmp(value, "dont") == 0)
		o->pmtu = PING_PMTU_DONT;
	else
		return fault_set(error, -EINVAL, "invalid -M argument: %s", value);
	return 0;
}

/* Two digits a byte, as iputils reads them: an odd one at the end is a byte of its own. */
static int
take_pattern(struct ping_options *o, const char *value, struct pln_error *error)
{
	size_t len = strlen(value);

	if (len == 0 || value[strspn(value, "0123456789abcdefABCDEF")] != '\0')
		return fault_set(error, -EINVAL, "patterns must be specified as hex digits: %s",
		                 value);
	o->pattern_len = 0;
	for (size_t i = 0; i < len && o->pattern_len < PING_PATTERN_MAX; i += 2) {
		char digits[3] = { value[i], value[i + 1], '\0' };

		o->pattern[o->pattern_len++] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return 0;
}

/* -I: an address of ours, or the interface to build the port on. */
static int
take_from(struct ping_options *o, const char *value, struct pln_error *error)
{
	if (pln_addr_parse(value, &o->source) == 0)
		return optvalue_string(&o->device, "", error);
	if (optvalue_string(&o->device, value, error) < 0)
		return error->code;
	return hostopts_take(&o->host, HOSTOPTS_INTERFACE, value, error);
}

static int
take_source(struct ping_options *o, const char *value, struct pln_error *error)
{
	if (pln_addr_parse(value, &o->source) < 0)
		return fault_set(error, -EINVAL, "invalid source %s", value);
	return 0;
}

static int
take_value(struct ping_options *o, int opt, const char *value, struct pln_error *error)
{
	switch (opt) {
	case 'i':
	case 'W':
		return o->arp && opt == 'i' ? take_integer(o, opt, value, error)
		                            : take_time(o, opt, value, error);
	case 'I':
		return take_from(o, value, error);
	case 'M':
		return take_pmtu(o, value, error);
	case 'p':
		return take_pattern(o, value, error);
	case 'Q':
		return take_tos(o, value, error);
	case OPT_HDR:
		return optvalue_string(&o->hdr_path, value, error);
	case OPT_SOURCE:
		return take_source(o, value, error);
	case 's':
		if (o->arp)
			return take_source(o, value, error);
		return take_integer(o, opt, value, error);
	default:
		return take_integer(o, opt, value, error);
	}
}

/* Letters whose meaning --arp changes. */
static int
letter_of(const struct ping_options *o, int opt)
{
	static const struct {
		int ping, arping;
	} letters[] = {
		{ 'A', OPT_ANSWER }, { 'D', OPT_DAD }, { 'f', OPT_FIRST }, { 'U', OPT_UNSOLICITED }
	};

	for (size_t i = 0; o->arp && i < sizeof(letters) / sizeof(letters[0]); i++)
		if (letters[i].ping == opt)
			return letters[i].arping;
	return opt;
}

static bool *
arp_flag(struct ping_options *o, int opt)
{
	switch (opt) {
	case OPT_ANSWER:
		o->arp_mode = PING_ARP_REPLIES;
		return &o->arp;
	case OPT_DAD:
		o->arp_mode = PING_ARP_DAD;
		return &o->arp;
	case OPT_UNSOLICITED:
		o->arp_mode = PING_ARP_REQUESTS;
		return &o->arp;
	case OPT_FIRST:
		return &o->first_only;
	default:
		return &o->arp;
	}
}

static bool *
flag_of(struct ping_options *o, int opt)
{
	switch (opt) {
	case 'a':
		return &o->audible;
	case 'A':
		return &o->adaptive;
	case 'b':
		return &o->broadcast;
	case 'D':
		return &o->timestamps;
	case 'f':
		return &o->flood;
	case 'H':
		return &o->named;
	case 'n':
		return &o->numeric;
	case 'O':
		return &o->outstanding;
	case 'q':
		return &o->quiet;
	case 'v':
		return &o->verbose;
	case OPT_JSON:
		return &o->json;
	default:
		return arp_flag(o, opt);
	}
}

static void
take_flag(struct ping_options *o, int opt)
{
	if (opt == 'V')
		o->action = PING_VERSION;
	else if (opt == 'h')
		o->action = PING_HELP;
	else if (opt != '4' && opt != 'B' && opt != 'U') /* what they ask for is so anyway */
		*flag_of(o, opt) = true;
	if (opt == 'n')
		o->named = false;
	else if (opt == 'H')
		o->numeric = false;
}

static int
apply(void *ctx, int opt, const char *value, struct pln_error *error)
{
	struct ping_options *o = ctx;
	int ret = hostopts_take(&o->host, opt, value, error);
	const char *why = refused_why(opt);

	if (ret != 0)
		return ret < 0 ? ret : 0;
	o->exit_code = PING_EXIT_ERROR;
	if (why != NULL)
		return fault_set(error, -ENOTSUP, "option -%c is not supported: %s.", opt, why);
	if (value != NULL)
		return take_value(o, opt, value, error) < 0 ? error->code : 0;
	take_flag(o, letter_of(o, opt));
	return 0;
}

/* Letters before --arp mean what they mean behind it. */
static bool
asks_for_arp(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--arp") == 0)
			return true;
	return false;
}

static int
finish(struct ping_options *o, struct pln_error *error)
{
	struct pln_host_config *config = &o->host.config;

	o->exit_code = PING_EXIT_ERROR;
	if (o->flood && !o->has_interval)
		o->interval_ns = 0;
	if (o->arp && o->hdr_path != NULL)
		return fault_set(error, -EINVAL, "--arp has no --hdr.");
	if (config->addr.family == PLN_FAMILY_NONE && o->source.family != PLN_FAMILY_NONE)
		config->addr = o->source;
	if (o->source.family != PLN_FAMILY_NONE &&
	    memcmp(&config->addr, &o->source, sizeof(o->source)) != 0)
		return fault_set(error, -EADDRNOTAVAIL, "bind: Cannot assign requested address");
	/* What is asked about must not be ours while we ask; what is announced needs no address but itself. */
	if (o->arp && o->arp_mode != PING_ARP_WHO)
		config->addr = (struct pln_addr){ 0 };
	config->no_addr = o->arp;
	config->verbose = o->verbose;
	return hostopts_finish(&o->host, error);
}

int
ping_options_parse(struct ping_options *out, int argc, char **argv, struct pln_error *error)
{
	struct optscan scan = {
		.table = table,
		.shorts = shorts,
		.config_opt = HOSTOPTS_CONFIG,
		.program = "ping",
		.apply = apply,
		.ctx = out,
		.host = &out->host,
		.error = error,
	};
	int first;

	memset(out, 0, sizeof(*out));
	hostopts_init(&out->host, argv[0]);
	out->exit_code = PING_EXIT_ERROR;
	out->interval_ns = PLN_NS_PER_S;
	out->linger_ns = 10 * PLN_NS_PER_S;
	out->size = SIZE_DEFAULT;
	out->preload = 1;
	out->ident = -1;
	out->arp = asks_for_arp(argc, argv);
	first = optscan_read(&scan, &argc, &argv);
	if (first < 0)
		return first;
	if (out->action != PING_RUN)
		return 0;
	if (first == argc) {
		out->exit_code = out->arp ? PING_EXIT_ERROR : PING_EXIT_NO_REPLY;
		return fault_set(error, -EDESTADDRREQ, "usage error: Destination address required");
	}
	if (argc - first > 1)
		return fault_set(error, -EINVAL, "there is more than one target.");
	out->target = argv[first];
	return finish(out, error) < 0 ? optscan_cite(&scan) : 0;
}

void
ping_options_free(struct ping_options *options)
{
	hostopts_free(&options->host);
	free(options->device);
	free(options->hdr_path);
}
