/* SPDX-License-Identifier: BSD-3-Clause */
/* The table, and what each option does to struct ping_options. */
#include "ping/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/fault.h"
#include "common/number.h"
#include "common/optscan.h"

#define SIZE_DEFAULT  56
#define SIZE_MAX_ECHO 65507
#define INTERVAL_MIN  PLN_NS_PER_MS

const char ping_usage[] = "Usage: pollen-ping [EAL arguments --] [options] HOST\n";

const char ping_help[] =
	"Send ICMP echo requests through Pollen's own stack; output and exit codes are those of "
	"ping.\n"
	"\n"
	"  -c COUNT       stop after so many\n"
	"  -i SECONDS     between two (1)\n"
	"  -I IF          the same as --interface IF\n"
	"  -n             print no names\n"
	"  -q             print the summary alone\n"
	"  -s BYTES       of payload (56)\n"
	"  -t TTL         time to live\n"
	"  -v             print what ARP found, and the port and what it negotiated\n"
	"  -w SECONDS     stop after so long\n"
	"  -W SECONDS     wait so long for the last reply (10)\n"
	"  -V, --version, -h, --help\n";

static const char shorts[] = "c:i:I:nqs:t:vw:W:Vh";

/* clang-format off */
static const struct option table[] = {
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	HOSTOPTS_TABLE,
	{ NULL, 0, NULL, 0 },
};
/* clang-format on */

static int
take_number(int opt, const char *value, uint64_t max, uint64_t *out, struct pln_error *error)
{
	uint64_t min = opt == 's' ? 0 : 1;
	int ret = number_parse(value, min, max, out);

	if (ret < 0)
		return fault_set(error, ret, "-%c %s: give a number from %llu to %llu.", opt, value,
		                 (unsigned long long)min, (unsigned long long)max);
	return 0;
}

static int
take_time(int opt, const char *value, uint64_t *out, struct pln_error *error)
{
	int ret = number_parse_seconds(value, out);

	if (ret == 0 && opt == 'i' && *out < INTERVAL_MIN)
		ret = -ERANGE;
	if (ret < 0)
		return fault_set(error, ret, "-%c %s: give seconds, as in 1 or 0.2%s.", opt, value,
		                 opt == 'i' ? ", 0.001 at least" : "");
	return 0;
}

static int
take_sized(struct ping_options *o, int opt, const char *value, struct pln_error *error)
{
	uint64_t number = 0;
	int ret = take_number(opt, value, opt == 's' ? SIZE_MAX_ECHO : UINT8_MAX, &number, error);

	if (ret == 0 && opt == 's')
		o->size = (uint16_t)number;
	else if (ret == 0)
		o->ttl = (uint8_t)number;
	return ret;
}

static void
take_flag(struct ping_options *o, int opt)
{
	if (opt == 'n')
		o->numeric = true;
	else if (opt == 'q')
		o->quiet = true;
	else if (opt == 'v')
		o->verbose = true;
	else if (opt == 'V')
		o->action = PING_VERSION;
	else
		o->action = PING_HELP;
}

static int
apply(void *ctx, int opt, const char *value, struct pln_error *error)
{
	struct ping_options *o = ctx;
	int ret = hostopts_take(&o->host, opt == 'I' ? HOSTOPTS_INTERFACE : opt, value, error);

	if (ret != 0)
		return ret < 0 ? ret : 0;
	switch (opt) {
	case 'c':
		return take_number(opt, value, INT64_MAX, &o->count, error);
	case 's':
	case 't':
		return take_sized(o, opt, value, error);
	case 'i':
		return take_time(opt, value, &o->interval_ns, error);
	case 'w':
		return take_time(opt, value, &o->deadline_ns, error);
	case 'W':
		return take_time(opt, value, &o->linger_ns, error);
	default:
		take_flag(o, opt);
		return 0;
	}
}

int
ping_options_parse(struct ping_options *out, int argc, char **argv, struct pln_error *error)
{
	const struct optscan scan = {
		.table = table,
		.shorts = shorts,
		.config_opt = HOSTOPTS_CONFIG,
		.apply = apply,
		.ctx = out,
		.error = error,
	};
	const char *config = getenv("POLLEN_CONFIG");
	int first;

	memset(out, 0, sizeof(*out));
	hostopts_init(&out->host, argv[0]);
	out->interval_ns = PLN_NS_PER_S;
	out->linger_ns = 10 * PLN_NS_PER_S;
	out->size = SIZE_DEFAULT;
	if (hostopts_split(&out->host, &argc, &argv) < 0)
		return fault_set(error, -ENOMEM, "out of memory.");
	if (config != NULL && *config != '\0' && optscan_file(&scan, config) < 0)
		return error->code;
	first = optscan_argv(&scan, argc, argv);
	if (first < 0)
		return first;
	if (out->action != PING_RUN)
		return 0;
	if (argc - first != 1)
		return fault_set(error, -EINVAL, "give one host to ping.");
	out->target = argv[first];
	out->host.config.verbose = out->verbose;
	return hostopts_finish(&out->host, error);
}

void
ping_options_free(struct ping_options *options)
{
	hostopts_free(&options->host);
}
