/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The first lcore goes ahead alone until something needs a port: so a URL that is none, or a name that is not known, is told
 * of at once. Then the port is started, with a stack for each lcore that can have connections, and all work until nothing is
 * left.
 *
 * When nothing is left: who takes a URL says so before (`running`), and says it is over after; so when the last URL is taken
 * and nothing is running, nothing will be.
 */
#include "fetch/crew.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/fault.h"
#include "fetch/code.h"
#include "fetch/report.h"

#define LINGER_NS       (PLN_NS_PER_S / 4)
#define CONNECTIONS_MAX 1000U
#define CONNS_EACH      4U /* of the stack's, for each of ours: those before it end slowly */
#define RECEIVE_LEAST   (UINT32_C(256) << 10)
#define RECEIVE_MOST    (UINT32_C(64) << 20) /* of all connections of a stack */
#define RECEIVE_USUAL   (UINT32_C(16) << 20)

/* URLs at once. */
static unsigned int
leads_wanted(const struct options *o)
{
	uint64_t leads = o->parallel ? o->parallel_max : 1;

	return (unsigned int)(leads < o->urls.count ? leads : o->urls.count);
}

static unsigned int
connections_wanted(const struct options *o)
{
	uint64_t wanted = leads_wanted(o) * o->split;

	return wanted < CONNECTIONS_MAX ? (unsigned int)wanted : CONNECTIONS_MAX;
}

static int
add_sessions(struct crew *crew, unsigned int count, struct pln_error *error)
{
	struct session **grown = reallocarray(crew->sessions, count, sizeof(struct session *));
	unsigned int first = crew->n_sessions;

	if (grown == NULL)
		return fault_set(error, CODE_MEMORY, "out of memory.");
	crew->sessions = grown;
	memset(grown + first, 0, (count - first) * sizeof(struct session *));
	crew->n_sessions = count;
	for (unsigned int i = first; i < count; i++) {
		int ret;

		grown[i] = calloc(1, sizeof(struct session));
		if (grown[i] == NULL)
			return fault_set(error, CODE_MEMORY, "out of memory.");
		ret = session_init(grown[i], crew, i, error);
		if (ret != CODE_OK)
			return ret;
	}
	return CODE_OK;
}

static bool
goes_to_screen(const struct options *o)
{
	for (size_t i = 0; i < o->outputs.count; i++)
		if (o->outputs.at[i] != NULL && strcmp(o->outputs.at[i], "-") == 0)
			return isatty(STDOUT_FILENO) == 1;
	return false;
}

int
crew_init(struct crew *crew, const struct options *options, struct interrupt *interrupt,
          struct pln_error *error)
{
	int ret;

	memset(crew, 0, sizeof(*crew));
	crew->options = options;
	crew->interrupt = interrupt;
	(void)sched_getaffinity(0, sizeof(crew->cpus), &crew->cpus);
	crew->connections = connections_wanted(options);
	crew->is_metered =
		options->parallel && !options->silent && !options->head && !goes_to_screen(options);
	crew->splits = calloc(options->urls.count, sizeof(struct split *));
	if (crew->splits == NULL)
		return fault_set(error, CODE_MEMORY, "out of memory.");
	ret = add_sessions(crew, 1, error);
	if (ret == CODE_OK)
		ret = session_make_seat(crew->sessions[0], error);
	if (ret == CODE_OK)
		crew->sessions[0]->may_lead = 1;
	return ret;
}

static int
start_code(int error)
{
	switch (error) {
	case -ENOMEM:
		return CODE_MEMORY;
	case -ENODEV:
	case -EADDRINUSE:
	case -ENOTSUP:
		return CODE_PORT;
	default:
		return CODE_INIT;
	}
}

/* Room for what all connections of a stack may hold; how many lcores there will be is not known yet. */
static struct hostopts
size_host(const struct crew *crew)
{
	struct hostopts opts = crew->options->host;
	uint64_t receive = (uint64_t)crew->connections * LINK_RECEIVE_BYTES;

	opts.config.max_stacks = crew->connections;
	if (crew->connections * CONNS_EACH > 1024)
		opts.config.max_conns = crew->connections * CONNS_EACH;
	if (receive > RECEIVE_USUAL)
		opts.config.recv_bytes = receive < RECEIVE_MOST ? (uint32_t)receive : RECEIVE_MOST;
	return opts;
}

/* How many URLs an lcore may have under way, and what its connections may hold, now that it is known how many there are. */
static int
share(struct crew *crew, uint32_t receive, struct pln_error *error)
{
	const struct options *o = crew->options;
	unsigned int n = crew->n_sessions;
	unsigned int leads = leads_wanted(o);
	unsigned int seats = (crew->connections + n - 1) / n;
	uint32_t each = (receive != 0 ? receive : RECEIVE_USUAL) / seats;

	for (unsigned int i = 0; i < n; i++) {
		struct session *s = crew->sessions[i];

		while (s->n_seats < seats)
			if (session_make_seat(s, error) != CODE_OK)
				return error->code;
		if (each < s->receive_bytes)
			s->receive_bytes = each > RECEIVE_LEAST ? each : RECEIVE_LEAST;
		s->may_lead = leads / n + (i < leads % n);
	}
	return CODE_OK;
}

static void
tell_of_port(const struct crew *crew)
{
	const struct run *run = &crew->sessions[0]->run;

	if (!crew->options->silent)
		run_notices(run, stderr, "* ");
	if (crew->options->verbose)
		run_describe(run, stderr, "* ");
}

/* Lines of a trace come from all lcores, past the console: no meter stands among them. */
static void
start_meter(struct crew *crew)
{
	struct session *s = crew->sessions[0];

	if (crew->options->host.trace && crew->n_sessions > 1)
		crew->is_metered = false;
	meter_init(&s->meter, crew->is_metered ? stderr : NULL);
	meter_start(&s->meter, run_clock(), 0);
}

/* One lcore's stacks, of each port. The first lcore speaks for all. */
static int
man_lcore(struct session *session, const struct run *first, const struct hostopts *opts,
          struct pln_error *error)
{
	unsigned int lcores = pln_host_lcore_count(first->host);
	unsigned int ports = pln_host_port_count(first->host);

	session->more = calloc(ports, sizeof(*session->more));
	if (session->more == NULL)
		return fault_set(error, CODE_MEMORY, "out of memory.");
	for (unsigned int k = 0; k < ports; k++) {
		struct run *run = session_run(session, k);

		if (run == first)
			continue;
		if (run_join(run, first, k * lcores + session->index, opts, error) < 0)
			return error->code = CODE_INIT;
		if (session->index == 0)
			continue;
		run->warn_as = NULL;
		run->before_line = NULL;
	}
	session->n_more = ports - 1;
	return CODE_OK;
}

static int
man_lcores(struct crew *crew, const struct hostopts *opts, struct pln_error *error)
{
	struct run *first = &crew->sessions[0]->run;
	unsigned int n = pln_host_lcore_count(first->host);
	int ret = add_sessions(crew, n, error);

	for (unsigned int i = 0; i < n && ret == CODE_OK; i++)
		ret = man_lcore(crew->sessions[i], first, opts, error);
	return ret;
}

/* The time that starting takes is not the transfer's that waited for it. */
static void
excuse(struct session *session)
{
	for (unsigned int i = 0; i < session->n_seats; i++) {
		struct seat *seat = session->seats[i];

		if (!seat->is_taken)
			continue;
		seat->result.time_start = session->run.start_ns;
		seat->transfer.begin += session->run.start_ns;
		seat->transfer.request_begin += session->run.start_ns;
	}
}

static int
start_port(struct crew *crew, struct pln_error *error)
{
	struct session *s = crew->sessions[0];
	struct hostopts opts = size_host(crew);
	int ret = run_start(&s->run, &opts, error);

	if (ret < 0)
		return error->code = start_code(ret);
	tell_of_port(crew);
	ret = man_lcores(crew, &opts, error);
	if (ret != CODE_OK)
		return ret;
	ret = share(crew, opts.config.recv_bytes, error);
	if (ret != CODE_OK)
		return ret;
	excuse(s);
	start_meter(crew);
	return CODE_OK;
}

/* On each lcore. */
static int
work(struct pln_host *host, unsigned int i, void *ctx)
{
	struct crew *crew = ctx;
	struct session *session = crew->sessions[i];

	(void)host;
	session_work(session);
	session_close(session);
	for (unsigned int k = 0; k <= session->n_more; k++)
		run_settle(session_run(session, k), LINGER_NS);
	return 0;
}

static void
end_meter(const struct crew *crew)
{
	struct session *s = crew->sessions[0];
	struct progress sum;

	if (!crew->is_metered)
		return;
	crew_progress(crew, &sum);
	(void)snprintf(s->meter.note, sizeof(s->meter.note), "%llu of %zu done  ",
	               (unsigned long long)sum.done, crew->options->urls.count);
	meter_end(&s->meter, run_clock(), sum.received, sum.expected);
}

static void
work_all(struct crew *crew)
{
	struct session *first = crew->sessions[0];
	struct pln_error error = { 0 };
	int ret = pln_host_run(first->run.host, work, crew);

	for (unsigned int i = 1; i < crew->n_sessions; i++)
		console_drain(&first->console, &crew->sessions[i]->console);
	end_meter(crew);
	if (ret < 0) {
		crew->failed = fault_set(&error, CODE_INIT, "an lcore could not be started: %s.",
		                         strerror(-ret));
		report_error(&first->console, crew->options, crew->failed, &error);
	}
	if (crew->options->verbose)
		run_xstats(&first->run, stderr, "* ");
}

/* The transfer that waits for the port is told that there is none. */
static void
fail_waiting(struct session *session, int code, const struct pln_error *error)
{
	for (unsigned int i = 0; i < session->n_seats; i++) {
		struct seat *seat = session->seats[i];

		if (!seat->is_taken)
			continue;
		seat->error = *error;
		transfer_tried(&seat->transfer, code);
	}
}

int
crew_run(struct crew *crew)
{
	struct session *first = crew->sessions[0];
	struct pln_error error = { 0 };
	int ret;

	session_work(first);
	if (first->wants_port) {
		ret = start_port(crew, &error);
		if (ret == CODE_OK) {
			work_all(crew);
		} else {
			__atomic_store_n(&crew->is_over, true, __ATOMIC_RELEASE);
			fail_waiting(first, ret, &error);
			first->wants_port = false;
			session_work(first);
		}
	}
	if (interrupt_signal(crew->interrupt) != 0)
		return 128 + interrupt_signal(crew->interrupt);
	return crew->failed;
}

void
crew_end(struct crew *crew)
{
	if (crew->n_sessions > 0 && crew->sessions[0] != NULL)
		run_stop(&crew->sessions[0]->run, 0);
	for (unsigned int i = 0; i < crew->n_sessions; i++) {
		if (crew->sessions[i] != NULL)
			session_end(crew->sessions[i]);
		free(crew->sessions[i]);
	}
	free(crew->sessions);
	free(crew->splits);
	memset(crew, 0, sizeof(*crew));
}

static bool
is_last_taken(const struct crew *crew)
{
	return __atomic_load_n(&crew->next, __ATOMIC_SEQ_CST) >= crew->options->urls.count ||
	       crew_is_over(crew) || interrupt_signal(crew->interrupt) != 0;
}

bool
crew_take(struct crew *crew, unsigned int *number)
{
	unsigned int n;

	if (is_last_taken(crew))
		return false;
	__atomic_fetch_add(&crew->running, 1, __ATOMIC_SEQ_CST);
	n = __atomic_fetch_add(&crew->next, 1, __ATOMIC_SEQ_CST);
	if (n < crew->options->urls.count) {
		*number = n;
		return true;
	}
	__atomic_fetch_sub(&crew->running, 1, __ATOMIC_SEQ_CST);
	return false;
}

/* Without a port an error of memory or of the port itself would only come again. */
static bool
is_of_port(const struct crew *crew, int code)
{
	return (code == CODE_INIT || code == CODE_PORT || code == CODE_MEMORY) &&
	       crew->sessions[0]->run.host == NULL;
}

void
crew_finished(struct crew *crew, int code)
{
	if (code != CODE_OK && code != CODE_GIVEN_UP)
		__atomic_store_n(&crew->failed, code, __ATOMIC_RELEASE);
	if (code != CODE_OK && (crew->options->fail_early || is_of_port(crew, code)))
		__atomic_store_n(&crew->is_over, true, __ATOMIC_RELEASE);
	__atomic_fetch_sub(&crew->running, 1, __ATOMIC_SEQ_CST);
}

bool
crew_is_done(const struct crew *crew)
{
	return is_last_taken(crew) && __atomic_load_n(&crew->running, __ATOMIC_SEQ_CST) == 0;
}

bool
crew_is_over(const struct crew *crew)
{
	return __atomic_load_n(&crew->is_over, __ATOMIC_ACQUIRE);
}

void
crew_publish(struct crew *crew, unsigned int number, struct split *split)
{
	__atomic_store_n(&crew->splits[number], split, __ATOMIC_RELEASE);
	__atomic_fetch_add(&crew->open_splits, 1, __ATOMIC_RELEASE);
}

void
crew_withdraw(struct crew *crew, unsigned int number)
{
	__atomic_store_n(&crew->splits[number], NULL, __ATOMIC_RELEASE);
	__atomic_fetch_sub(&crew->open_splits, 1, __ATOMIC_RELEASE);
}

struct split *
crew_join(struct crew *crew, unsigned int lcore, unsigned int *number)
{
	if (__atomic_load_n(&crew->open_splits, __ATOMIC_ACQUIRE) == 0)
		return NULL;
	for (unsigned int i = 0; i < crew->options->urls.count; i++) {
		struct split *split = __atomic_load_n(&crew->splits[i], __ATOMIC_ACQUIRE);

		if (split != NULL && split_join(split, lcore)) {
			*number = i;
			return split;
		}
	}
	return NULL;
}

void
crew_progress(const struct crew *crew, struct progress *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (unsigned int i = 0; i < crew->n_sessions; i++) {
		const struct progress *t = &crew->sessions[i]->progress;

		sum->received += progress_get(&t->received);
		sum->expected += progress_get(&t->expected);
		sum->unknown += progress_get(&t->unknown);
		sum->live += progress_get(&t->live);
		sum->done += progress_get(&t->done);
	}
}
