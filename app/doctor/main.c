/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pollen-doctor: the machine, then a port if one was given. Exit codes: 0 all is well, 1 there are warnings, 2 something has failed,
 * 3 the command line was refused, 128 and a signal's number when interrupted.
 */
#include <stdio.h>

#include <pollen/machine.h>

#include "common/fault.h"
#include "common/interrupt.h"
#include "doctor/examine.h"
#include "doctor/machine.h"

#define EXIT_REFUSED 3

static int
fail(const struct pln_error *error)
{
	(void)fprintf(stderr, "pollen-doctor: %s\n", error->text);
	return EXIT_REFUSED;
}

static void
report_machine(const struct doctor_options *options, struct report *report)
{
	struct pln_machine machine = { .size = sizeof(machine) };
	struct finding findings[MACHINE_CHECKS];

	(void)pln_machine_read("", &machine);
	machine_judge(&machine, options->has_port, findings);
	for (int i = 0; i < MACHINE_CHECKS; i++)
		report_add(report, &findings[i]);
}

static int
examine(const struct doctor_options *options)
{
	struct report report = { .out = stdout, .json = options->json };
	struct pln_error error = { 0 };
	struct interrupt *interrupt;
	int code;

	if (interrupt_start(&interrupt) < 0) {
		(void)fault_set(&error, -1, "a thread could not be started.");
		return fail(&error);
	}
	report_machine(options, &report);
	if (options->has_port)
		(void)examine_port(options, interrupt, &report);
	report_end(&report);
	code = interrupt_signal(interrupt) != 0 ? 128 + interrupt_signal(interrupt)
	                                        : report_exit_code(&report);
	interrupt_stop(interrupt);
	return code;
}

int
main(int argc, char **argv)
{
	struct pln_error error = { 0 };
	struct doctor_options options;
	int code = 0;

	if (doctor_options_parse(&options, argc, argv, &error) < 0) {
		code = fail(&error);
		(void)fprintf(stderr, "Try 'pollen-doctor --help' for the options.\n");
	} else if (options.action == DOCTOR_HELP) {
		(void)printf("%s%s%s%s", doctor_usage, doctor_help, hostopts_help,
		             hostopts_lcores_help);
	} else if (options.action == DOCTOR_VERSION) {
		(void)printf("pollen-doctor " POLLEN_VERSION "\n");
	} else {
		code = examine(&options);
	}
	doctor_options_free(&options);
	return code;
}
