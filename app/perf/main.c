/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pollen-perf: a load generator and its other end, on Pollen's own stack. Exit codes: 0; 1 nothing was measured, or connections failed;
 * 2 the command line, the port; 3 --require is not met.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/fault.h"
#include "common/interrupt.h"
#include "perf/options.h"
#include "perf/perf.h"
#include "perf/report.h"

#define EXIT_FAILED 1
#define EXIT_ERROR  2
#define EXIT_UNMET  3

static int
fail(const struct pln_error *error, int code)
{
	(void)fprintf(stderr, "pollen-perf: %s\n", error->text);
	return code;
}

/* A file by its name, or standard output. @return NULL, and a sentence */
static FILE *
open_output(const char *path, const char *option, struct pln_error *error)
{
	FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");

	if (file == NULL)
		(void)fault_set(error, -errno, "%s %s: %s.", option, path, strerror(errno));
	return file;
}

static int
close_output(FILE *file, const char *path, const char *option, struct pln_error *error)
{
	bool is_bad = fflush(file) != 0 || ferror(file) != 0;

	if (file != stdout && fclose(file) != 0)
		is_bad = true;
	return is_bad ? fault_set(error, -EIO, "%s %s: it could not be written.", option, path) : 0;
}

static int
write_files(const struct perf *perf, const struct result *result, struct pln_error *error)
{
	const struct perf_options *o = perf->options;
	FILE *file;

	if (o->json != NULL) {
		file = open_output(o->json, "--json", error);
		if (file == NULL)
			return error->code;
		report_json(perf, result, file);
		if (close_output(file, o->json, "--json", error) < 0)
			return error->code;
	}
	if (o->hgrm == NULL)
		return 0;
	file = open_output(o->hgrm, "--hgrm", error);
	if (file == NULL)
		return error->code;
	(void)hdr_write(result->latency, file);
	return close_output(file, o->hgrm, "--hgrm", error);
}

/* The first lcore's sentence that has one. */
static const struct pln_error *
first_failure(const struct perf *perf)
{
	for (unsigned int i = 0; i < perf->n_lcores; i++)
		if (perf->lcores[i].worker.error.code != 0)
			return &perf->lcores[i].worker.error;
	return NULL;
}

static bool
is_nothing(const struct perf *perf, const struct result *r)
{
	const struct plan *plan = &perf->options->plan;

	if (plan->workload == PLAN_CONNS && plan->rate == 0 && plan->in_flight == 0)
		return r->sums.open == 0;
	return r->sums.requests == 0 && r->sums.received == 0 && r->arrived == 0;
}

static int
judge(const struct perf *perf, const struct result *result)
{
	const struct pln_error *failure = first_failure(perf);

	if (perf->options->plan.is_server)
		return 0;
	if (failure != NULL)
		return fail(failure, EXIT_FAILED);
	if (result->sums.failed > 0 || is_nothing(perf, result))
		return EXIT_FAILED;
	return result->is_met ? 0 : EXIT_UNMET;
}

static int
conclude(const struct perf *perf, struct pln_error *error)
{
	struct result result;
	int code;

	if (result_make(&result, perf) < 0) {
		code = fault_set(error, -ENOMEM, "out of memory.");
	} else {
		report_summary(perf, &result);
		code = write_files(perf, &result, error);
	}
	code = code < 0 ? fail(error, EXIT_ERROR) : judge(perf, &result);
	result_free(&result);
	return code;
}

static int
measure(struct perf *perf)
{
	const struct perf_options *o = perf->options;
	struct run first = { .warn_as = o->quiet ? NULL : "pollen-perf" };
	struct pln_error error = { 0 };
	int code;

	if (run_start(&first, &o->host, &error) < 0) {
		code = fail(&error, EXIT_ERROR);
	} else {
		if (!o->quiet)
			run_notices(&first, stderr, "* ");
		if (o->verbose)
			run_describe(&first, stderr, "* ");
		code = perf_run(perf, &first, &error) < 0 ? fail(&error, EXIT_ERROR)
		                                          : conclude(perf, &error);
		if (o->verbose)
			run_xstats(&first, stderr, "* ");
	}
	run_stop(&first, 0);
	perf_free(perf);
	return code;
}

static int
prepare(const struct perf_options *options)
{
	bool is_json_here = options->json != NULL && strcmp(options->json, "-") == 0;
	struct perf perf = {
		.options = options,
		.out = options->quiet || is_json_here ? NULL : stdout,
	};
	struct pln_error error = { 0 };
	int code;

	if (interrupt_start(&perf.interrupt) < 0) {
		(void)fault_set(&error, -EAGAIN, "a thread could not be started.");
		return fail(&error, EXIT_ERROR);
	}
	code = measure(&perf);
	interrupt_stop(perf.interrupt);
	return code;
}

int
main(int argc, char **argv)
{
	struct pln_error error = { 0 };
	struct perf_options options;
	int code = 0;

	if (perf_options_parse(&options, argc, argv, &error) < 0) {
		code = fail(&error, EXIT_ERROR);
		(void)fprintf(stderr, "Try 'pollen-perf --help' for the options.\n");
	} else if (options.action == PERF_HELP) {
		(void)printf("%s%s%s%s", perf_usage, perf_help, hostopts_lcores_help,
		             hostopts_help);
	} else if (options.action == PERF_VERSION) {
		(void)printf("pollen-perf " POLLEN_VERSION "\n");
	} else {
		code = prepare(&options);
	}
	perf_options_free(&options);
	return code;
}
