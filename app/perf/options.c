/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table, and what each option does to struct perf_options. Most are one number each, so they are rows: where it goes, what it is, its
 * bounds. Who measures polls, so that is what the stack does unless --poll says otherwise.
 */
#include "perf/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/fault.h"
#include "common/optscan.h"
#include "common/optvalue.h"
#include "perf/operands.h"

#define SPARE_CONNS 1024U /* of the stack: those that are closing */
#define CRR_CONNS                                                                                  \
	4U /* of the stack, for each that is opened anew all the time: those before it are closing */
#define SERVER_MAX 16384U               /* connections of a server */
#define RECV_BYTES (UINT32_C(64) << 20) /* bulk: what may wait to be received */

enum {
	OPT_REQUEST = 0x100,
	OPT_RESPONSE,
	OPT_CLOSES,
	OPT_DIRECTION,
	OPT_RATE,
	OPT_ARRIVALS,
	OPT_IN_FLIGHT,
	OPT_RAMP,
	OPT_SOURCES,
	OPT_CC,
	OPT_MAX_CONNS,
	OPT_TIME_WAIT,
	OPT_HGRM,
	OPT_REQUIRE,
};

static const char shorts[] = "c:d:i:J:l:n:p:qt:vVw:Zh";

/* clang-format off */
static const struct option table[] = {
	{ "arrivals", required_argument, NULL, OPT_ARRIVALS },
	{ "cc", required_argument, NULL, OPT_CC },
	{ "closes", required_argument, NULL, OPT_CLOSES },
	{ "connections", required_argument, NULL, 'n' },
	{ "depth", required_argument, NULL, 'd' },
	{ "direction", required_argument, NULL, OPT_DIRECTION },
	{ "duration", required_argument, NULL, 't' },
	{ "help", no_argument, NULL, 'h' },
	{ "hgrm", required_argument, NULL, OPT_HGRM },
	{ "in-flight", required_argument, NULL, OPT_IN_FLIGHT },
	{ "interval", required_argument, NULL, 'i' },
	{ "json", required_argument, NULL, 'J' },
	{ "length", required_argument, NULL, 'l' },
	{ "max-conns", required_argument, NULL, OPT_MAX_CONNS },
	{ "port", required_argument, NULL, 'p' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "ramp", required_argument, NULL, OPT_RAMP },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ "request", required_argument, NULL, OPT_REQUEST },
	{ "require", required_argument, NULL, OPT_REQUIRE },
	{ "response", required_argument, NULL, OPT_RESPONSE },
	{ "sources", required_argument, NULL, OPT_SOURCES },
	{ "time-wait", required_argument, NULL, OPT_TIME_WAIT },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "warmup", required_argument, NULL, 'w' },
	{ "zerocopy", no_argument, NULL, 'Z' },
	HOSTOPTS_LCORES_TABLE,
	HOSTOPTS_TABLE,
	{ NULL, 0, NULL, 0 },
};

static const int repeatable[] = { OPT_REQUIRE, 0 };
/* clang-format on */

static const struct optvalue_row rows[] = {
#define AT(field) offsetof(struct perf_options, field)
	{ 'p', OPTVALUE_PORT, "--port", AT(plan.remote.port), 1, UINT16_MAX },
	{ 'n', OPTVALUE_COUNT, "--connections", AT(plan.connections), 1, 1U << 24 },
	{ 'd', OPTVALUE_COUNT, "--depth", AT(plan.depth), 1, PLAN_DEPTH_MAX },
	{ OPT_IN_FLIGHT, OPTVALUE_COUNT, "--in-flight", AT(plan.in_flight), 0, 1U << 24 },
	{ OPT_MAX_CONNS, OPTVALUE_COUNT, "--max-conns", AT(max_conns), 1, 1U << 24 },
	{ OPT_TIME_WAIT, OPTVALUE_COUNT, "--time-wait", AT(time_wait), 1, 1U << 26 },
	{ OPT_REQUEST, OPTVALUE_SIZE32, "--request", AT(plan.request), 1, PLAN_MESSAGE_MAX },
	{ OPT_RESPONSE, OPTVALUE_SIZE32, "--response", AT(plan.response), 1, PLAN_MESSAGE_MAX },
	{ 'l', OPTVALUE_SIZE32, "--length", AT(plan.length), 1, PLAN_MESSAGE_MAX },
	{ OPT_RATE, OPTVALUE_NUMBER, "--rate", AT(plan.rate), 0, UINT64_C(1000000000) },
	{ OPT_RAMP, OPTVALUE_NUMBER, "--ramp", AT(plan.ramp), 0, UINT64_C(1000000000) },
	{ 't', OPTVALUE_SECONDS, "--duration", AT(plan.duration_ns), 0, 0 },
	{ 'w', OPTVALUE_SECONDS, "--warmup", AT(plan.warmup_ns), 0, 0 },
	{ 'i', OPTVALUE_SECONDS, "--interval", AT(interval_ns), 0, 0 },
	{ 0, OPTVALUE_PORT, NULL, 0, 0, 0 },
#undef AT
};

/* Which of `words`, `count` of them, is it? */
static int
take_word(const char *value, const char *const *words, int count)
{
	for (int i = 0; i < count; i++)
		if (strcmp(value, words[i]) == 0)
			return i;
	return -EINVAL;
}

static int
take_choice(struct plan *plan, int opt, const char *value, struct pln_error *error)
{
	static const char *const closes[] = { "client", "server" };
	static const char *const arrivals[] = { "fixed", "poisson" };
	static const char *const directions[] = { "up", "down", "both" };
	int choice;

	if (opt == OPT_CLOSES) {
		choice = take_word(value, closes, 2);
		if (choice < 0)
			return fault_set(error, choice, "--closes %s: it is client or server.",
			                 value);
		plan->server_closes = choice == 1;
		return 0;
	}
	if (opt == OPT_ARRIVALS) {
		choice = take_word(value, arrivals, 2);
		if (choice < 0)
			return fault_set(error, choice, "--arrivals %s: it is fixed or poisson.",
			                 value);
		plan->is_poisson = choice == 1;
		return 0;
	}
	choice = take_word(value, directions, 3);
	if (choice < 0)
		return fault_set(error, choice, "--direction %s: it is up, down or both.", value);
	plan->up = choice != 1;
	plan->down = choice != 0;
	return 0;
}

/* Congestion control is an option of the stack; what --set says later, or here, wins. */
static int
take_cc(struct perf_options *o, const char *value, struct pln_error *error)
{
	char wish[64];

	(void)snprintf(wish, sizeof(wish), "cc=%s", value);
	if (hostopts_take(&o->host, HOSTOPTS_SET, wish, error) < 0)
		return error->code;
	return optvalue_string(&o->cc, value, error);
}

static int
take_text(struct perf_options *o, int opt, const char *value, struct pln_error *error)
{
	switch (opt) {
	case OPT_CLOSES:
	case OPT_ARRIVALS:
	case OPT_DIRECTION:
		return take_choice(&o->plan, opt, value, error);
	case OPT_REQUIRE:
		return require_parse(&o->require, value, error);
	case OPT_CC:
		return take_cc(o, value, error);
	case OPT_SOURCES:
		return optvalue_string(&o->sources, value, error);
	case OPT_HGRM:
		return optvalue_string(&o->hgrm, value, error);
	default:
		return optvalue_string(&o->json, value, error);
	}
}

static int
take_value(struct perf_options *o, int opt, const char *value, struct pln_error *error)
{
	int ret;

	o->connections_given = o->connections_given || opt == 'n';
	o->duration_given = o->duration_given || opt == 't';
	ret = optvalue_take(rows, o, opt, value, error);
	if (ret != 0)
		return ret < 0 ? ret : 0;
	return take_text(o, opt, value, error);
}

static int
apply(void *ctx, int opt, const char *value, struct pln_error *error)
{
	struct perf_options *o = ctx;
	int ret = hostopts_take(&o->host, opt, value, error);

	if (ret != 0)
		return ret < 0 ? ret : 0;
	if (value != NULL)
		return take_value(o, opt, value, error);
	if (opt == 'q')
		o->quiet = true;
	else if (opt == 'v')
		o->verbose = true;
	else if (opt == 'Z')
		o->plan.zerocopy = true;
	else
		o->action = opt == 'V' ? PERF_VERSION : PERF_HELP;
	return 0;
}

static void
set_defaults(struct perf_options *o)
{
	o->host.config.poll = PLN_HOST_POLL_BUSY;
	o->host.config.max_stacks = UINT32_MAX;
	o->interval_ns = PLN_NS_PER_S;
	o->plan = (struct plan){
		.remote = { .port = PERF_PORT },
		.request = 64,
		.response = 64,
		.depth = 1,
		.up = true,
		.length = 128 << 10,
		.duration_ns = 10 * PLN_NS_PER_S,
		.warmup_ns = PLN_NS_PER_S,
	};
}

/* What is left open, by the workload. */
static void
complete(struct perf_options *o)
{
	static const uint32_t connections[PLAN_WORKLOADS] = {
		[PLAN_BULK] = 1,     [PLAN_RR] = 1,   [PLAN_CRR] = 100,
		[PLAN_CONNS] = 1000, [PLAN_HTTP] = 1, [PLAN_OPEN_LOOP] = 100,
	};
	struct plan *plan = &o->plan;
	struct pln_host_config *host = &o->host.config;
	uint32_t conns;

	if (!o->connections_given)
		plan->connections = connections[plan->workload];
	if (plan->workload == PLAN_OPEN_LOOP && plan->rate == 0)
		plan->rate = 10000;
	if (plan->is_server && !o->duration_given)
		plan->duration_ns = 0;
	conns = plan->is_server ? SERVER_MAX
	                        : plan->connections * (plan->workload == PLAN_CRR ? CRR_CONNS : 1);
	host->max_conns = o->max_conns > 0 ? o->max_conns : conns + SPARE_CONNS;
	host->max_time_wait = o->time_wait;
	if (plan->workload == PLAN_BULK)
		host->recv_bytes = RECV_BYTES;
	host->verbose = o->verbose;
}

static int
finish(struct perf_options *o, struct pln_error *error)
{
	const struct plan *plan = &o->plan;

	complete(o);
	if (!plan->is_server && plan->duration_ns == 0)
		return fault_set(error, -EINVAL, "--duration 0: a client measures for a time.");
	if (plan->workload == PLAN_CRR && plan->depth > 1)
		return fault_set(error, -EINVAL,
		                 "--depth %u: crr has one exchange on each connection.",
		                 plan->depth);
	if (plan->in_flight > 0 && plan->workload != PLAN_CONNS)
		return fault_set(error, -EINVAL, "--in-flight %u: only conns takes that.",
		                 plan->in_flight);
	if (plan->is_server && (o->require.count > 0 || o->sources != NULL || o->hgrm != NULL))
		return fault_set(error, -EINVAL, "--require, --sources and --hgrm are a client's.");
	if (hostopts_finish(&o->host, error) < 0)
		return error->code;
	return operands_sources(o, error);
}

int
perf_options_parse(struct perf_options *out, int argc, char **argv, struct pln_error *error)
{
	struct optscan scan = {
		.table = table,
		.shorts = shorts,
		.config_opt = HOSTOPTS_CONFIG,
		.config_short = 'c',
		.program = "perf",
		.repeatable = repeatable,
		.apply = apply,
		.ctx = out,
		.host = &out->host,
		.error = error,
	};
	int first;

	memset(out, 0, sizeof(*out));
	hostopts_init(&out->host, argv[0]);
	set_defaults(out);
	first = optscan_read(&scan, &argc, &argv);
	if (first < 0)
		return first;
	if (out->action != PERF_RUN)
		return 0;
	if (operands_take(out, argc - first, argv + first, error) < 0)
		return error->code;
	return finish(out, error) < 0 ? optscan_cite(&scan) : 0;
}

void
perf_options_free(struct perf_options *options)
{
	hostopts_free(&options->host);
	free(options->sources);
	free(options->json);
	free(options->hgrm);
	free(options->request_text);
	free(options->cc);
}
