/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pollen-serve: files over HTTP/1.1 through Pollen's own stack. Exit codes: 0 it was asked to end and had answered all who
 * had asked; 1 some were cut off; 2 anything else.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
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

struct program {
	const struct serve_options *options;
	struct interrupt *interrupt;
	struct journal *journal;
	cpu_set_t cpus; /* where this process may run, before EAL ties this thread to one core */
	struct run run;
	struct server *server;
	uint64_t shown_ns;
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
turn(struct program *p)
{
	struct pln_event events[EVENTS];
	unsigned int count = run_turn(&p->run, events, EVENTS);
	uint64_t now = run_now(&p->run);

	if (server_turn(p->server, events, count, now))
		p->run.busy = true;
	run_flush(&p->run);
	if (p->options->stats_ns != 0 && now - p->shown_ns >= p->options->stats_ns) {
		p->shown_ns = now;
		print_counts(&p->server->stats, "* ");
	}
	if (interrupt_status_asked(p->interrupt) > 0)
		print_counts(&p->server->stats, "* ");
}

/* @return 0: all who had asked were answered */
static int
drain(struct program *p)
{
	uint64_t end = run_now(&p->run) + p->options->drain_ns;
	bool is_cut;

	server_drain(p->server);
	while (server_clients(p->server) > 0 && run_now(&p->run) < end)
		turn(p);
	is_cut = server_clients(p->server) > 0;
	server_reset(p->server);
	return is_cut ? EXIT_CUT : 0;
}

static int
serve(struct program *p)
{
	const struct serve_options *o = p->options;
	struct pln_error error = { 0 };
	struct server_config config = o->server;
	int code;

	if (!o->quiet)
		run_notices(&p->run, stderr, "* ");
	if (o->verbose)
		run_describe(&p->run, stderr, "* ");
	config.threaded = true;
	config.cpus = &p->cpus;
	config.log = p->journal != NULL ? journal_lane(p->journal, 0) : NULL;
	if (server_create(p->run.stack, &config, &p->server, &error) < 0)
		return fail(&error);
	if (!o->quiet)
		(void)fprintf(stderr, "* serving\n");
	while (interrupt_signal(p->interrupt) == 0 && !p->run.conflict.is_lost)
		turn(p);
	code = drain(p);
	if (p->run.conflict.is_lost && conflict_explain(p->run.stack, &error))
		code = fail(&error);
	if (o->verbose || o->stats_ns != 0)
		print_counts(&p->server->stats, "* ");
	return code;
}

/* The stack goes first: until then it points into the server's memory. */
static int
run_server(struct program *p)
{
	struct pln_error error = { 0 };
	int code;

	p->run.warn_as = p->options->quiet ? NULL : "pollen-serve";
	if (run_start(&p->run, &p->options->host, &error) < 0)
		return fail(&error);
	code = serve(p);
	if (p->options->verbose)
		run_xstats(&p->run, stderr, "* ");
	run_stop(&p->run, GOODBYE_NS);
	server_destroy(p->server);
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
	     journal_create(options->access_log, 1, &p.journal, &error) < 0))
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
		(void)printf("%s%s%s", serve_usage, serve_help, hostopts_help);
	} else if (options.action == SERVE_VERSION) {
		(void)printf("pollen-serve " POLLEN_VERSION "\n");
	} else {
		code = prepare(&options);
	}
	serve_options_free(&options);
	return code;
}
