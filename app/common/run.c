/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The main loop's half of a program. One stack, turned by the thread that started the host. The clock is read again before
 * the flush, so that the program's own work does not count as round-trip time.
 */
#include "common/run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pollen/tcp.h>
#include <pollen/trace.h>

#include "common/fault.h"
#include "common/hostopts.h"
#include "common/interrupt.h"

#define TRACE_BATCH 64
#define TEXT_MAX    8192

uint64_t
run_clock(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * PLN_NS_PER_S + (uint64_t)t.tv_nsec;
}

int
run_start(struct run *run, const struct hostopts *opts, struct pln_error *error)
{
	uint64_t before = run_clock();
	int ret;

	error->text[0] = '\0';
	ret = pln_host_create(&opts->config, &run->host, error);
	if (ret < 0) {
		if (error->text[0] == '\0')
			(void)fault_set(error, ret, "the port could not be started: %s.",
			                strerror(-ret));
		return ret;
	}
	run->stack = pln_host_stack(run->host, 0);
	run->start_ns = run_clock() - before;
	run->epoch = run_now(run);
	run->log = opts->trace ? stderr : NULL;
	run->verbose = opts->config.verbose;
	run->watches_address = opts->config.acd != PLN_HOST_ACD_OFF;
	run->watches_port = true;
	return hostopts_apply(opts, run->stack, error);
}

int
run_join(struct run *run, const struct run *first, unsigned int i, const struct hostopts *opts,
         struct pln_error *error)
{
	*run = *first;
	run->stack = pln_host_stack(first->host, i);
	/* A port's first stack watches its address for all. */
	run->watches_address = first->watches_address && i % pln_host_lcore_count(first->host) == 0;
	run->watches_port = false; /* the first stack looks after all ports */
	return hostopts_apply(opts, run->stack, error);
}

uint64_t
run_now(const struct run *run)
{
	return pln_host_now(run->host);
}

/* RFC 5227: is our address another's? */
static void
watch_address(struct run *run)
{
	struct pln_error warning = { 0 };

	if (!conflict_look(&run->conflict, run->stack, run_now(run), &warning) ||
	    run->warn_as == NULL)
		return;
	if (run->before_line != NULL)
		run->before_line(run->ctx);
	(void)fprintf(stderr, "%s: warning: %s\n", run->warn_as, warning.text);
}

/* What happened to the port: the first stack looks after it for all. */
static void
watch_port(struct run *run)
{
	struct pln_host_event event = { .size = sizeof(event) };

	while (run->watches_port && pln_host_watch(run->host, &event)) {
		if (run->warn_as == NULL)
			continue;
		if (run->before_line != NULL)
			run->before_line(run->ctx);
		(void)fprintf(stderr, "%s: warning: %s\n", run->warn_as, event.text);
	}
}

unsigned int
run_turn(struct run *run, struct pln_event *events, unsigned int max)
{
	unsigned int work = pln_stack_poll(run->stack, run_now(run));
	unsigned int count = pln_stack_events(run->stack, events, max);

	run->busy = work > 0 || count > 0;
	if (work > 0 && run->watches_address)
		watch_address(run);
	watch_port(run);
	return count;
}

static void
print_trace(struct run *run)
{
	struct pln_trace_record records[TRACE_BATCH];
	unsigned int count;

	while ((count = pln_trace_read(run->stack, records, TRACE_BATCH)) > 0) {
		if (run->before_line != NULL)
			run->before_line(run->ctx);
		for (unsigned int i = 0; i < count; i++) {
			char line[512];

			(void)pln_trace_format(&records[i], run->epoch, line, sizeof(line));
			(void)fprintf(run->log, "%s\n", line);
		}
	}
}

void
run_send(struct run *run)
{
	if (pln_stack_flush(run->stack, run_now(run)) > 0)
		run->busy = true;
	if (run->log != NULL)
		print_trace(run);
}

void
run_rest(struct run *run, bool busy)
{
	run->idle = busy ? 0 : run->idle + 1;
	if (run->idle > 0)
		pln_host_relax(run->host, run->stack, run->idle);
}

void
run_flush(struct run *run)
{
	run_send(run);
	run_rest(run, run->busy);
}

static void
print_lines(FILE *out, const char *prefix, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		(void)fprintf(out, "%s%.*s\n", prefix, (int)len, text);
		text += len + (text[len] == '\n');
	}
}

void
run_connections(struct run *run, const struct interrupt *interrupt)
{
	unsigned int asked = interrupt_connections_asked(interrupt);
	size_t len;
	char *text;

	if (asked == run->connections_told)
		return;
	run->connections_told = asked;
	len = pln_tcp_dump(run->stack, NULL, 0) + 1;
	text = malloc(len);
	if (text == NULL)
		return;
	(void)pln_tcp_dump(run->stack, text, len);
	if (run->before_line != NULL)
		run->before_line(run->ctx);
	flockfile(stderr);
	print_lines(stderr, "* ", text);
	funlockfile(stderr);
	free(text);
}

void
run_describe(const struct run *run, FILE *out, const char *prefix)
{
	char text[TEXT_MAX] = "";

	(void)pln_host_describe(run->host, text, sizeof(text));
	print_lines(out, prefix, text);
}

void
run_notices(const struct run *run, FILE *out, const char *prefix)
{
	char text[TEXT_MAX] = "";

	(void)pln_host_notices(run->host, text, sizeof(text));
	print_lines(out, prefix, text);
}

void
run_news(const struct run *run, FILE *out, const char *prefix)
{
	char text[TEXT_MAX] = "";

	if (pln_host_news(run->host, text, sizeof(text)) > 0)
		print_lines(out, prefix, text);
}

void
run_xstats(const struct run *run, FILE *out, const char *prefix)
{
	char text[TEXT_MAX] = "";

	(void)pln_host_xstats(run->host, text, sizeof(text));
	print_lines(out, prefix, text);
}

void
run_settle(struct run *run, uint64_t limit_ns)
{
	struct pln_event events[32];
	uint64_t end = run_now(run) + limit_ns;

	do {
		(void)run_turn(run, events, sizeof(events) / sizeof(events[0]));
		run_flush(run);
	} while (pln_tcp_conn_count(run->stack) > 0 && run_now(run) < end);
}

void
run_stop(struct run *run, uint64_t limit_ns)
{
	uint32_t kept;

	if (run->host == NULL)
		return;
	run_settle(run, limit_ns);
	kept = pln_host_destroy(run->host);
	if (run->verbose)
		fprintf(stderr, "* packet buffers not given back: %" PRIu32 "\n", kept);
	run->host = NULL;
	run->stack = NULL;
}
