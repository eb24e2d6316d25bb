/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports are examined one after the other, each on all lcores. The first lcore goes the way to the target, then all of them knock there at once, and the first waits until others have been asked for
 * our address, and looks for the MTU last. What is shared between lcores is the phase; all else is each lcore's own until every one has returned.
 */
#include "doctor/examine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pollen/stats.h>

#include "common/run.h"
#include "doctor/knock.h"
#include "doctor/port.h"
#include "doctor/reach.h"

#define EVENTS      32
#define NOTICES_LEN 2048
#define STOP_NS     (10 * PLN_NS_PER_MS)
#define ADDRESS_NS  (9 * PLN_NS_PER_S) /* three probes and the wait behind them take six at most */

enum phase {
	PHASE_REACH, /* the first lcore alone */
	PHASE_KNOCK, /* all of them */
	PHASE_END,
};

struct examine {
	const struct doctor_options *options;
	struct interrupt *interrupt;
	struct report *report;
	struct run *runs;     /* one for each lcore */
	struct knock *knocks; /* likewise */
	unsigned int n;
	unsigned int number; /* of the port that is looked at */
	struct pln_port_info port;
	struct pln_endpoint target; /* family NONE: there is none */
	struct reach reach;
	struct pln_addr_info addr;
	int phase; /* enum phase; atomic */
};

static void
set_phase(struct examine *e, enum phase phase)
{
	__atomic_store_n(&e->phase, phase, __ATOMIC_RELEASE);
}

static enum phase
phase_of(const struct examine *e)
{
	return (enum phase)__atomic_load_n(&e->phase, __ATOMIC_ACQUIRE);
}

/* ---------------------------------------------------------------------------------------------------- on the lcores */

static void
turn_knock(struct examine *e, unsigned int i)
{
	struct pln_event events[EVENTS];
	unsigned int count = run_turn(&e->runs[i], events, EVENTS);

	for (unsigned int k = 0; k < count; k++)
		knock_hear(&e->knocks[i], &events[k]);
}

static bool
is_stopped(const struct examine *e)
{
	return interrupt_signal(e->interrupt) != 0 || phase_of(e) == PHASE_END;
}

static void
knock(struct examine *e, unsigned int i)
{
	struct run *run = &e->runs[i];
	struct knock *knock = &e->knocks[i];

	knock_start(knock, run->stack, &e->target, i == 0, run_now(run));
	do {
		run_flush(run);
		turn_knock(e, i);
	} while (!knock_over(knock, run_now(run)) && !is_stopped(e));
	run_flush(run);
}

static void
reach(struct examine *e)
{
	struct run *run = &e->runs[0];
	bool is_over = e->target.addr.family == PLN_FAMILY_NONE;

	while (!is_over && interrupt_signal(e->interrupt) == 0) {
		turn_knock(e, 0);
		is_over = reach_step(&e->reach, run_now(run));
		run_flush(run);
	}
}

/* Has somebody said that our address is theirs, or nobody for long enough? */
static bool
is_address_settled(struct examine *e, uint64_t started)
{
	struct run *run = &e->runs[0];

	if (e->port.addr.family == PLN_FAMILY_NONE)
		return true;
	(void)pln_stack_addr_state(run->stack, &e->port.addr, &e->addr);
	return e->addr.conflicts > 0 || e->addr.checked || !run->watches_address ||
	       run_now(run) - started > ADDRESS_NS;
}

static void
await_address(struct examine *e, uint64_t started)
{
	while (!is_address_settled(e, started) && interrupt_signal(e->interrupt) == 0) {
		turn_knock(e, 0);
		run_flush(&e->runs[0]);
	}
}

/* The first lcore leads. */
static int
lead(struct examine *e)
{
	uint64_t started = run_now(&e->runs[0]);

	reach_init(&e->reach, e->runs[0].stack, &e->target.addr);
	reach(e);
	if (reach_is_there(&e->reach)) {
		set_phase(e, PHASE_KNOCK);
		knock(e, 0);
	} else {
		set_phase(e, PHASE_END);
	}
	await_address(e, started);
	reach_begin_mtu(&e->reach, run_now(&e->runs[0]));
	reach(e);
	return 0;
}

static int
on_lcore(struct pln_host *host, unsigned int i, void *ctx)
{
	struct examine *e = ctx;

	(void)host;
	if (i == 0)
		return lead(e);
	while (phase_of(e) == PHASE_REACH && !is_stopped(e)) {
		turn_knock(e, i);
		run_flush(&e->runs[i]);
	}
	if (phase_of(e) == PHASE_KNOCK)
		knock(e, i);
	return 0;
}

/* ---------------------------------------------------------------------------------------------------- judging */

static uint64_t
sum(const struct examine *e, const char *name)
{
	uint64_t all = 0;
	uint64_t value;

	for (unsigned int i = 0; i < e->n; i++)
		if (pln_stats_counter(e->runs[i].stack, name, &value) == 0)
			all += value;
	return all;
}

static struct port_sums
sum_checksums(const struct examine *e)
{
	uint64_t bad_tcp = sum(e, "tcp_bad_checksum");

	/* What is wrong is not counted as received. */
	return (struct port_sums){
		.tcp_segs = sum(e, "tcp_rx_segs") + bad_tcp,
		.bad_tcp = bad_tcp,
		.bad_other = sum(e, "ip_bad_checksum") + sum(e, "icmp_bad_checksum") +
		             sum(e, "udp_bad_checksum"),
	};
}

static void
add(const struct examine *e, struct finding finding)
{
	report_add(e->report, &finding);
}

static struct finding
no_target(void)
{
	struct finding f = finding_of(VERDICT_WARNING, "gateway",
	                              "none is known: nothing behind the link was tested");

	finding_mend(&f, "--gw A, or --peer A");
	return f;
}

/* What the host itself has to say of memory and places, a sentence a line. */
static void
add_notices(const struct examine *e)
{
	char text[NOTICES_LEN] = "";
	const char *line = text;

	(void)pln_host_notices(e->runs[0].host, text, sizeof(text));
	while (*line != '\0') {
		size_t len = strcspn(line, "\n");

		add(e, finding_of(VERDICT_WARNING, "notice", "%.*s", (int)len, line));
		line += len + (line[len] == '\n');
	}
}

static void
judge(struct examine *e)
{
	struct port_sums sums = sum_checksums(e);

	e->port.size = sizeof(e->port);
	(void)pln_host_port_info(e->runs[0].host, e->number, &e->port);
	add(e, port_judge_link(&e->port));
	if (e->number == 0)
		add_notices(e);
	add(e, port_judge_address(&e->addr, e->runs[0].watches_address));
	if (e->port.addr.family == PLN_FAMILY_NONE)
		return;
	if (e->target.addr.family == PLN_FAMILY_NONE) {
		add(e, no_target());
		return;
	}
	add(e, reach_judge_arp(&e->reach));
	add(e, reach_judge_ping(&e->reach));
	add(e, port_judge_sent(&e->port, e->knocks, e->n, &sums));
	add(e, port_judge_received(&e->port, e->knocks, e->n, &sums));
	add(e, port_judge_steering(&e->port, e->knocks, e->n));
	add(e, reach_judge_mtu(&e->reach));
}

/* ---------------------------------------------------------------------------------------------------- starting */

static void
add_refusal(const struct examine *e, const struct pln_error *error)
{
	struct finding f = finding_of(
		VERDICT_FAILED, error->code == -EADDRINUSE ? "address" : "port", "%s", error->text);

	add(e, f);
}

static int
man_lcores(struct examine *e, const struct run *first, struct pln_error *error)
{
	int ret = 0;

	e->n = pln_host_lcore_count(first->host);
	e->runs = calloc(e->n, sizeof(*e->runs));
	e->knocks = calloc(e->n, sizeof(*e->knocks));
	if (e->runs == NULL || e->knocks == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < e->n && ret == 0; i++)
		if (e->number == 0 && i == 0)
			e->runs[i] = *first;
		else
			ret = run_join(&e->runs[i], first, e->number * e->n + i, &e->options->host,
			               error);
	return ret;
}

static void
choose_target(struct examine *e)
{
	e->port.size = sizeof(e->port);
	(void)pln_host_port_info(e->runs[0].host, e->number, &e->port);
	e->addr.size = sizeof(e->addr);
	if (e->port.addr.family == PLN_FAMILY_NONE)
		return;
	e->target = e->options->peer;
	if (e->target.addr.family == PLN_FAMILY_NONE)
		e->target.addr = e->port.gateway;
}

static int
examine(struct examine *e, const struct run *first, struct pln_error *error)
{
	int ret = man_lcores(e, first, error);

	if (ret < 0)
		return ret;
	choose_target(e);
	if (pln_host_port_count(first->host) > 1)
		e->report->port = e->port.name;
	ret = pln_host_run(first->host, on_lcore, e);
	if (ret == 0 && interrupt_signal(e->interrupt) == 0)
		judge(e);
	e->report->port = NULL;
	return ret;
}

static int
examine_all(const struct examine *blank, const struct run *first, struct pln_error *error)
{
	int ret = 0;

	if (blank->options->verbose)
		run_describe(first, stderr, "* ");
	for (unsigned int p = 0; p < pln_host_port_count(first->host) && ret == 0; p++) {
		struct examine e = *blank;

		e.number = p;
		ret = interrupt_signal(e.interrupt) == 0 ? examine(&e, first, error) : 0;
		free(e.runs);
		free(e.knocks);
	}
	return ret;
}

int
examine_port(const struct doctor_options *options, struct interrupt *interrupt,
             struct report *report)
{
	struct examine e = { .options = options, .interrupt = interrupt, .report = report };
	struct pln_error error = { 0 };
	struct run first = { 0 };
	int ret = run_start(&first, &options->host, &error);

	if (ret == 0)
		ret = examine_all(&e, &first, &error);
	if (ret < 0) {
		if (error.text[0] == '\0')
			(void)snprintf(error.text, sizeof(error.text), "%s", strerror(-ret));
		add_refusal(&e, &error);
	}
	run_stop(&first, STOP_NS);
	return interrupt_signal(interrupt) != 0 ? -EINTR : 0;
}
