/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads a command line through getopt_long and configuration files through the same table, so that a file can say all that
 * the command line can: "name = value", one long option a line.
 */
#ifndef POLLEN_APP_COMMON_OPTSCAN_H
#define POLLEN_APP_COMMON_OPTSCAN_H

#include <getopt.h>

#include <pollen/types.h>

PLN_C_BEGIN

struct optscan {
	const struct option *table; /* ends with a zero entry */
	const char *shorts;         /* getopt's string, without leading signs */
	int config_opt;             /* the option that names a file to read, 0 for none */
	/* Takes one option. Returns 0, or a negative errno with the sentence in error. */
	int (*apply)(void *ctx, int opt, const char *value, struct pln_error *error);
	void *ctx;
	struct pln_error *error;
};

/**
 * Read a command line. argv is permuted: operands come last, in their order.
 *
 * @param argv  argv[0] is skipped
 * @return index of the first operand, or a negative errno with a sentence in scan->error
 */
int optscan_argv(const struct optscan *scan, int argc, char **argv);

/** Read a configuration file. @return 0 or a negative errno with file, line and sentence in scan->error. */
int optscan_file(const struct optscan *scan, const char *path);

PLN_C_END

#endif
