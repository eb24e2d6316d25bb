/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pollen-serve: files over HTTP/1.1 through Pollen's own stack. Exit codes: 0 it was asked to end and had answered all who
 * had asked; 1 some were cut off; 2 anything else.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/fault.h"
#include "common/interrupt.h"
#include "common/run.h"
#include "serve/journal.h"
#include "serve/options.h"
#include "serve/server.h"

#define EXIT_CUT   1
#define EXIT_ERROR 2
#define EVENTS     64
#define GOODBYE_NS (PLN_NS_PER_S / 4) /* for the last segments */

struct core;

struct program {
	const struct serve_options *options;
	struct interrupt *interrupt;
	struct journal *journal;
	cpu_set_t cpus; /* where this process may run, before EAL ties this thread to one core */
	struct core *cores;
	unsigned int n_cores;
	unsigned int n_ports;
	unsigned int listening; /* cores; atomic */
	bool is_over;           /* one of them cannot go on; atomic */
};

/* What one lcore does, on all ports; the first one also speaks for all. */
struct core {
	struct program *p;
	struct run *runs; /* one for each port */
	struct server *server;
	bool is_first, said_so;
	uint64_t shown_ns, news_ns;
};

static int
fail(const struct pln_error *error)
{
	(void)fprintf(stderr, "pollen-serve: %s\n", error->text);
	return EXIT_ERROR;
}

static void
print_counts(const struct server_stats *s, const char *prefix)
{
	typedef unsigned long long ull;

	(void)fprintf(stderr,
	              "%s%llu clients, %llu accepted, %llu refused, %llu late; %llu requests, %llu "
	              "failed, %llu bytes, %llu from memory, %llu from disk, %llu changed",
	              prefix, (ull)server_count(&s->clients), (ull)server_count(&s->accepted),
	              (ull)server_count(&s->refused), (ull)server_count(&s->late),
	              (ull)server_count(&s->requests), (ull)server_count(&s->failed),
	              (ull)server_count(&s->bytes), (ull)server_count(&s->hits),
	              (ull)server_count(&s->misses), (ull)server_count(&s->changed));
	if (server_count(&s->log_lost) > 0)
		(void)fprintf(stderr, ", %llu lines of the log lost",
		              (ull)server_count(&s->log_lost));
	(void)fputc('\n', stderr);
}

static void
add_counts(struct server_stats *sum, const struct server_stats *s)
{
	sum->clients += server_count(&s->clients);
	sum->accepted += server_count(&s->accepted);
	sum->refused += server_count(&s->refused);
	sum->late += server_count(&s->late);
	sum->requests += server_count(&s->requests);
	sum->failed += server_count(&s->failed);
	sum->bytes += server_count(&s->bytes);
	sum->hits += server_count(&s->hits);
	sum->misses += server_count(&s->misses);
	sum->changed += server_count(&s->changed);
	sum->log_lost += server_count(&s->log_lost);
}

/* Of all cores; one that has not come so far yet has none. */
static void
print_all_counts(const struct program *p)
{
	struct server_stats sum = { 0 };

	for (unsigned int i = 0; i < p->n_cores; i++) {
		const struct server *server =
			__atomic_load_n(&p->cores[i].server, __ATOMIC_ACQUIRE);

		if (server != NULL)
			add_counts(&sum, &server->stats);
	}
	print_counts(&sum, "* ");
}

/* The first core's part: what users are told while all serve. */
static void
speak(struct core *core, uint64_t now)
{
	struct program *p = core->p;
	const struct serve_options *o = p->options;

	if (!core->said_so && __atomic_load_n(&p->listening, __ATOMIC_ACQUIRE) == p->n_cores) {
		core->said_so = true;
		if (!o->quiet)
			(void)fprintf(stderr, "* serving\n");
	}
	if (o->stats_ns != 0 && now - core->shown_ns >= o->stats_ns) {
		core->shown_ns = now;
		print_all_counts(p);
	}
	if (now - core->news_ns >= PLN_NS_PER_S && !o->quiet) {
		core->news_ns = now;
		run_news(&core->runs[0], stderr, "* ");
	}
	if (interrupt_status_asked(p->interrupt) > 0)
		print_all_counts(p);
}

static void
turn(struct core *core)
{
	uint64_t now = run_now(&core->runs[0]);
	struct pln_event events[EVENTS];
	bool busy = false;

	server_begin(core->server, now);
	for (unsigned int i = 0; i < core->p->n_ports; i++) {
		unsigned int count = run_turn(&core->runs[i], events, EVENTS);

		server_act(core->server, core->runs[i].stack, events, count);
	}
	busy = server_turn(core->server);
	for (unsigned int i = 0; i < core->p->n_ports; i++) {
		run_send(&core->runs[i]);
		run_connections(&core->runs[i], core->p->interrupt);
		busy = busy || core->runs[i].busy;
	}
	run_rest(&core->runs[0], busy);
	if (core->is_first)
		speak(core, now);
}

/* @return 0: all who had asked were answered */
static int
drain(struct core *core)
{
	uint64_t end = run_now(&core->runs[0]) + core->p->options->drain_ns;
	bool is_cut;

	server_drain(core->server);
	while (server_clients(core->server) > 0 && run_now(&core->runs[0]) < end)
		turn(core);
	is_cut = server_clients(core->server) > 0;
	server_reset(core->server);
	return is_cut ? EXIT_CUT : 0;
}

static int
give_up(struct core *core, const struct pln_error *error)
{
	__atomic_store_n(&core->p->is_over, true, __ATOMIC_RELEASE);
	return fail(error);
}

/* The files' memory is EAL's, near this lcore; it goes with the host. */
static int
take_cache(struct pln_host *host, struct server_config *config, struct pln_error *error)
{
	if (config->port[SERVER_HTTP] == 0)
		return 0;
	config->cache = pln_host_alloc(host, config->cache_bytes, SLAB_CHUNK);
	if (config->cache != NULL)
		return 0;
	return fault_set(error, -ENOMEM,
	                 "there is too little memory for --cache, %zu MB for each core: give less, "
	                 "reserve more hugepages, or raise -m.",
	                 config->cache_bytes >> 20);
}

static int
start_server(struct core *core, unsigned int i, struct pln_error *error)
{
	struct program *p = core->p;
	struct pln_host *host = core->runs[0].host;
	struct server_config config = p->options->server;
	struct pln_stack *stacks[HOSTPORTS_MAX];
	struct server *server;
	int ret = take_cache(host, &config, error);

	if (ret < 0)
		return ret;
	for (unsigned int k = 0; k < p->n_ports; k++)
		stacks[k] = core->runs[k].stack;
	config.threaded = true;
	config.cpus = &p->cpus;
	config.log = p->journal != NULL ? journal_lane(p->journal, i) : NULL;
	ret = server_create(stacks, p->n_ports, &config, &server, error);
	if (ret < 0)
		return ret;
	__atomic_store_n(&core->server, server, __ATOMIC_RELEASE);
	__atomic_fetch_add(&p->listening, 1, __ATOMIC_RELEASE);
	return 0;
}

/* The run of a port whose address another host has taken; NULL: they are ours. */
static const struct run *
lost(const struct core *core)
{
	for (unsigned int i = 0; i < core->p->n_ports; i++)
		if (core->runs[i].conflict.is_lost)
			return &core->runs[i];
	return NULL;
}

/* On each lcore. */
static int
serve(struct pln_host *host, unsigned int i, void *ctx)
{
	struct program *p = ctx;
	struct core *core = &p->cores[i];
	struct pln_error error = { 0 };
	int code;

	(void)host;
	if (start_server(core, i, &error) < 0)
		return give_up(core, &error);
	while (interrupt_signal(p->interrupt) == 0 && lost(core) == NULL &&
	       !__atomic_load_n(&p->is_over, __ATOMIC_ACQUIRE))
		turn(core);
	if (lost(core) != NULL)
		__atomic_store_n(&p->is_over, true, __ATOMIC_RELEASE);
	code = drain(core);
	if (lost(core) != NULL && conflict_explain(lost(core)->stack, &error))
		code = fail(&error);
	for (unsigned int k = 0; k < p->n_ports; k++)
		run_settle(&core->runs[k], GOODBYE_NS);
	return code;
}

static int
man_core(struct core *core, const struct run *first, unsigned int i, struct pln_error *error)
{
	struct program *p = core->p;
	int ret = 0;

	core->is_first = i == 0;
	core->runs = calloc(p->n_ports, sizeof(*core->runs));
	if (core->runs == NULL)
		return fault_set(error, -ENOMEM, "out of memory.");
	for (unsigned int k = 0; k < p->n_ports && ret == 0; k++) {
		core->runs[k] = *first;
		if (i > 0 || k > 0)
			ret = run_join(&core->runs[k], first, k * p->n_cores + i, &p->options->host,
			               error);
	}
	return ret;
}

/* A core for each lcore of the host that `first` has started, and a lane of the log. */
static int
man_cores(struct program *p, const struct run *first, struct pln_error *error)
{
	unsigned int n = pln_host_lcore_count(first->host);
	int ret = 0;

	p->cores = calloc(n, sizeof(*p->cores));
	if (p->cores == NULL)
		return fault_set(error, -ENOMEM, "out of memory.");
	p->n_cores = n;
	p->n_ports = pln_host_port_count(first->host);
	for (unsigned int i = 0; i < n && ret == 0; i++) {
		p->cores[i].p = p;
		ret = man_core(&p->cores[i], first, i, error);
	}
	if (ret == 0 && p->journal != NULL)
		ret = journal_start(p->journal, n, &p->cpus, error);
	return ret;
}

static int
serve_all(struct program *p, struct run *first)
{
	const struct serve_options *o = p->options;
	struct pln_error error = { 0 };
	int code;

	if (!o->quiet)
		run_notices(first, stderr, "* ");
	if (o->verbose)
		run_describe(first, stderr, "* ");
	if (man_cores(p, first, &error) < 0)
		return fail(&error);
	code = pln_host_run(first->host, serve, p);
	if (code < 0) {
		(void)fault_set(&error, code, "an lcore could not be started: %s.",
		                strerror(-code));
		code = fail(&error);
	}
	if (o->verbose || o->stats_ns != 0)
		print_all_counts(p);
	if (o->verbose)
		run_xstats(first, stderr, "* ");
	return code;
}

/* The stacks go first: until then they point into the servers' memory. */
static int
run_server(struct program *p)
{
	struct run first = { .warn_as = p->options->quiet ? NULL : "pollen-serve" };
	struct pln_error error = { 0 };
	int code;

	if (run_start(&first, &p->options->host, &error) < 0)
		code = fail(&error);
	else
		code = serve_all(p, &first);
	run_stop(&first, 0);
	for (unsigned int i = 0; i < p->n_cores; i++) {
		server_destroy(p->cores[i].server);
		free(p->cores[i].runs);
	}
	free(p->cores);
	return code;
}

static int
open_root(const struct serve_options *options, struct server_config *config,
          struct pln_error *error)
{
	config->root = -1;
	if (options->root == NULL)
		return 0;
	config->root = open(options->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (config->root < 0)
		return fault_set(error, -errno, "--root %s: %s.", options->root, strerror(errno));
	return 0;
}

static int
prepare(struct serve_options *options)
{
	struct pln_error error = { 0 };
	struct program p = { .options = options };
	int lost;
	int code;

	if (interrupt_start(&p.interrupt) < 0) {
		(void)fault_set(&error, -EAGAIN, "a thread could not be started.");
		return fail(&error);
	}
	(void)sched_getaffinity(0, sizeof(p.cpus), &p.cpus);
	if (open_root(options, &options->server, &error) < 0 ||
	    (options->access_log != NULL &&
	     journal_create(options->access_log, &p.journal, &error) < 0))
		code = fail(&error);
	else
		code = run_server(&p);
	lost = journal_destroy(p.journal);
	if (lost < 0)
		(void)fprintf(stderr, "pollen-serve: --access-log %s: %s.\n", options->access_log,
		              strerror(-lost));
	if (options->server.root >= 0)
		(void)close(options->server.root);
	interrupt_stop(p.interrupt);
	return code;
}

int
main(int argc, char **argv)
{
	struct pln_error error = { 0 };
	struct serve_options options;
	int code = 0;

	if (serve_options_parse(&options, argc, argv, &error) < 0) {
		code = fail(&error);
		(void)fprintf(stderr, "Try 'pollen-serve --help' for the options.\n");
	} else if (options.action == SERVE_HELP) {
		(void)printf("%s%s%s%s", serve_usage, serve_help, hostopts_lcores_help,
		             hostopts_help);
	} else if (options.action == SERVE_VERSION) {
		(void)printf("pollen-serve " POLLEN_VERSION "\n");
	} else {
		code = prepare(&options);
	}
	serve_options_free(&options);
	return code;
}
