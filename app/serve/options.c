/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table, and what each option does to struct serve_options. Most are one number each, so they are rows: where it goes,
 * what it is, its bounds. A server asks for its address in full before it answers for it, unless --acd says otherwise.
 */
#include "serve/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/fault.h"
#include "common/optscan.h"
#include "common/optvalue.h"

#define SPARE_CONNS                                                                                \
	1024 /* of the stack, beyond our clients: half-open ones, and those that are closing */

#define CACHE_SPARE (UINT64_C(2) << 20) /* EAL rounds to pages */

#define RECV_BYTES (UINT32_C(16) << 20) /* what a stack has room for unless it is told more */

enum {
	OPT_CACHE = 0x100,
	OPT_FRESH,
	OPT_MAX_CLIENTS,
	OPT_FASTOPEN,
	OPT_MAX_HEADER,
	OPT_MAX_FIELDS,
	OPT_MAX_BODY,
	OPT_HEADER_TIMEOUT,
	OPT_BODY_TIMEOUT,
	OPT_IDLE_TIMEOUT,
	OPT_WRITE_TIMEOUT,
	OPT_ACCESS_LOG,
	OPT_DRAIN,
	OPT_ECHO,
	OPT_DISCARD,
	OPT_CHARGEN,
	OPT_STATS,
};

static const char shorts[] = "c:r:p:qvVh";

/* clang-format off */
static const struct option table[] = {
	{ "root", required_argument, NULL, 'r' },
	{ "port", required_argument, NULL, 'p' },
	{ "cache", required_argument, NULL, OPT_CACHE },
	{ "fresh", required_argument, NULL, OPT_FRESH },
	{ "max-clients", required_argument, NULL, OPT_MAX_CLIENTS },
	{ "fastopen", required_argument, NULL, OPT_FASTOPEN },
	{ "max-header", required_argument, NULL, OPT_MAX_HEADER },
	{ "max-fields", required_argument, NULL, OPT_MAX_FIELDS },
	{ "max-body", required_argument, NULL, OPT_MAX_BODY },
	{ "header-timeout", required_argument, NULL, OPT_HEADER_TIMEOUT },
	{ "body-timeout", required_argument, NULL, OPT_BODY_TIMEOUT },
	{ "idle-timeout", required_argument, NULL, OPT_IDLE_TIMEOUT },
	{ "write-timeout", required_argument, NULL, OPT_WRITE_TIMEOUT },
	{ "access-log", required_argument, NULL, OPT_ACCESS_LOG },
	{ "drain", required_argument, NULL, OPT_DRAIN },
	{ "echo", required_argument, NULL, OPT_ECHO },
	{ "discard", required_argument, NULL, OPT_DISCARD },
	{ "chargen", required_argument, NULL, OPT_CHARGEN },
	{ "stats", required_argument, NULL, OPT_STATS },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	HOSTOPTS_LCORES_TABLE,
	HOSTOPTS_TABLE,
	{ NULL, 0, NULL, 0 },
};
/* clang-format on */

static const struct optvalue_row rows[] = {
#define AT(field) offsetof(struct serve_options, field)
	{ 'p', OPTVALUE_PORT, "--port", AT(server.port[SERVER_HTTP]), 1, 65535 },
	{ OPT_ECHO, OPTVALUE_PORT, "--echo", AT(server.port[SERVER_ECHO]), 1, 65535 },
	{ OPT_DISCARD, OPTVALUE_PORT, "--discard", AT(server.port[SERVER_DISCARD]), 1, 65535 },
	{ OPT_CHARGEN, OPTVALUE_PORT, "--chargen", AT(server.port[SERVER_CHARGEN]), 1, 65535 },
	{ OPT_CACHE, OPTVALUE_SIZE, "--cache", AT(server.cache_bytes), 1 << 20, UINT64_C(1) << 40 },
	{ OPT_MAX_CLIENTS, OPTVALUE_COUNT, "--max-clients", AT(server.max_clients), 1, 1000000 },
	{ OPT_FASTOPEN, OPTVALUE_COUNT, "--fastopen", AT(server.fastopen), 1, 65535 },
	{ OPT_MAX_HEADER, OPTVALUE_SIZE, "--max-header", AT(server.head.bytes), 1024, 1 << 20 },
	{ OPT_MAX_FIELDS, OPTVALUE_COUNT, "--max-fields", AT(server.head.fields), 1, 10000 },
	{ OPT_MAX_BODY, OPTVALUE_SIZE, "--max-body", AT(server.head.body), 0, UINT64_C(1) << 40 },
	{ OPT_FRESH, OPTVALUE_SECONDS, "--fresh", AT(server.fresh_ns), 0, 0 },
	{ OPT_HEADER_TIMEOUT, OPTVALUE_SECONDS, "--header-timeout",
	  AT(server.timer_ns[SERVER_TIMER_HEAD]), 0, 0 },
	{ OPT_BODY_TIMEOUT, OPTVALUE_SECONDS, "--body-timeout",
	  AT(server.timer_ns[SERVER_TIMER_BODY]), 0, 0 },
	{ OPT_IDLE_TIMEOUT, OPTVALUE_SECONDS, "--idle-timeout",
	  AT(server.timer_ns[SERVER_TIMER_IDLE]), 0, 0 },
	{ OPT_WRITE_TIMEOUT, OPTVALUE_SECONDS, "--write-timeout",
	  AT(server.timer_ns[SERVER_TIMER_WRITE]), 0, 0 },
	{ OPT_DRAIN, OPTVALUE_SECONDS, "--drain", AT(drain_ns), 0, 0 },
	{ OPT_STATS, OPTVALUE_SECONDS, "--stats", AT(stats_ns), 0, 0 },
	{ 0, OPTVALUE_PORT, NULL, 0, 0, 0 },
#undef AT
};

static int
take_value(struct serve_options *o, int opt, const char *value, struct pln_error *error)
{
	int ret;

	ret = optvalue_take(rows, o, opt, value, error);
	if (ret != 0)
		return ret < 0 ? ret : 0;
	return optvalue_string(opt == 'r' ? &o->root : &o->access_log, value, error);
}

static int
apply(void *ctx, int opt, const char *value, struct pln_error *error)
{
	struct serve_options *o = ctx;
	int ret = hostopts_take(&o->host, opt, value, error);

	if (ret != 0)
		return ret < 0 ? ret : 0;
	if (value != NULL)
		return take_value(o, opt, value, error);
	if (opt == 'q')
		o->quiet = true;
	else if (opt == 'v')
		o->verbose = true;
	else
		o->action = opt == 'V' ? SERVE_VERSION : SERVE_HELP;
	return 0;
}

static void
set_defaults(struct serve_options *o)
{
	struct server_config *s = &o->server;

	o->host.config.acd = PLN_HOST_ACD_FULL;
	o->host.config.poll = PLN_HOST_POLL_AUTO;
	o->host.config.max_stacks = UINT32_MAX;
	o->host.ports.many = true;
	o->drain_ns = 10 * PLN_NS_PER_S;
	s->port[SERVER_HTTP] = 80;
	s->cache_bytes = (size_t)64 << 20;
	s->fresh_ns = PLN_NS_PER_S;
	s->max_clients = 1000;
	s->head = (struct head_limits){ .bytes = 16384, .fields = 100, .body = 1 << 20 };
	s->timer_ns[SERVER_TIMER_HEAD] = 10 * PLN_NS_PER_S;
	s->timer_ns[SERVER_TIMER_BODY] = 30 * PLN_NS_PER_S;
	s->timer_ns[SERVER_TIMER_IDLE] = 60 * PLN_NS_PER_S;
	s->timer_ns[SERVER_TIMER_WRITE] = 30 * PLN_NS_PER_S;
	s->timer_ns[SERVER_TIMER_LINGER] = 2 * PLN_NS_PER_S;
}

/* EAL would refuse it in words of its own, of segments and heaps. */
static int
check_cache(const struct serve_options *o, struct pln_error *error)
{
	uint64_t machine = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);

	if (o->server.port[SERVER_HTTP] == 0 || o->server.cache_bytes < machine)
		return 0;
	return fault_set(error, -EINVAL,
	                 "--cache: %llu MiB for each core are more than this machine has, %llu "
	                 "MiB.",
	                 (unsigned long long)o->server.cache_bytes >> 20,
	                 (unsigned long long)machine >> 20);
}

/* What options must be to each other. */
static int
finish(struct serve_options *o, struct pln_error *error)
{
	const uint16_t *port = o->server.port;
	bool has_service = false;

	if (o->root == NULL)
		o->server.port[SERVER_HTTP] = 0;
	for (int i = 0; i < SERVER_SERVICES; i++) {
		has_service |= port[i] != 0;
		for (int k = 0; k < i; k++)
			if (port[i] != 0 && port[i] == port[k])
				return fault_set(error, -EINVAL,
				                 "port %u is given to two services.", port[i]);
	}
	if (!has_service)
		return fault_set(error, -EINVAL,
		                 "there is nothing to serve: give a folder (--root), or --echo, "
		                 "--discard or --chargen.");
	o->host.config.max_conns = o->server.max_clients + SPARE_CONNS;
	if ((uint64_t)o->server.max_clients * SERVER_RCVBUF > RECV_BYTES)
		o->host.config.recv_bytes =
			(uint64_t)o->server.max_clients * SERVER_RCVBUF < UINT32_MAX
				? o->server.max_clients * SERVER_RCVBUF
				: UINT32_MAX;
	o->host.config.lcore_bytes =
		port[SERVER_HTTP] != 0 ? o->server.cache_bytes + CACHE_SPARE : 0;
	o->host.config.verbose = o->verbose;
	if (check_cache(o, error) < 0)
		return -EINVAL;
	return hostopts_finish(&o->host, error);
}

int
serve_options_parse(struct serve_options *out, int argc, char **argv, struct pln_error *error)
{
	struct optscan scan = {
		.table = table,
		.shorts = shorts,
		.config_opt = HOSTOPTS_CONFIG,
		.config_short = 'c',
		.program = "serve",
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
	if (out->action != SERVE_RUN)
		return 0;
	if (first < argc)
		return fault_set(error, -EINVAL,
		                 "'%s' is no option; a folder is given with --root.", argv[first]);
	return finish(out, error) < 0 ? optscan_cite(&scan) : 0;
}

void
serve_options_free(struct serve_options *options)
{
	hostopts_free(&options->host);
	free(options->root);
	free(options->access_log);
}
