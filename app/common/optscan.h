/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads a command line through getopt_long and configuration files through the same table, so that a file can say all that
 * the command line can. A file is INI: [host] for every program, [fetch], [ping], [serve], [arp], [doctor] and [perf] for one each, [stack] for
 * the stack's options, [neigh] for neighbours set by hand; "name = value" lines, the names those of the long options. Lines
 * before the first section are the reading program's own. What the command line says wins.
 */
#ifndef POLLEN_APP_COMMON_OPTSCAN_H
#define POLLEN_APP_COMMON_OPTSCAN_H

#include <getopt.h>

#include <pollen/types.h>

PLN_C_BEGIN

#define OPTSCAN_ORIGINS_MAX 64

/* Where a file set an option. */
struct optscan_origin {
	const char *path; /* the caller's */
	int line;
	int opt;
	char section[16]; /* empty: before the first one */
	char name[32];    /* the key, in sections of names and values */
};

struct hostopts;

struct optscan {
	const struct option *table; /* ends with a zero entry */
	const char *shorts;         /* getopt's string, without leading signs */
	int config_opt;             /* the option that names a file to read, 0 for none */
	int config_short;           /* the letter that does so too, 0 for none */
	const char *program;        /* whose section is ours: "ping"; NULL: none is */
	const int *
		repeatable; /* options that may be given more than once, 0 behind the last; NULL for none */
	/* Takes one option. Returns 0, or a negative errno with the sentence in error. */
	int (*apply)(void *ctx, int opt, const char *value, struct pln_error *error);
	void *ctx;
	/* Keeps EAL's arguments, and is told where what it keeps for later stands; NULL: optscan_read is not called. */
	struct hostopts *host;
	struct pln_error *error;
	bool is_missing_allowed; /* a file that is named need not be there */
	/* What was read; zero at first. */
	const char *config_path; /* the file, NULL for none; of argv or the environment */
	struct optscan_origin origins[OPTSCAN_ORIGINS_MAX];
	unsigned int origin_count;
};

/**
 * Read the files that the command line names, then the command line itself. argv is permuted: operands come last, in their
 * order.
 *
 * @param argv  argv[0] is skipped
 * @return index of the first operand, or a negative errno with a sentence in scan->error
 */
int optscan_argv(struct optscan *scan, int argc, char **argv);

/**
 * The same behind EAL's arguments, which end with "--" and are the host's; before it the file that POLLEN_CONFIG names.
 *
 * @param argc, argv  in: main's; out: without EAL's arguments
 */
int optscan_read(struct optscan *scan, int *argc, char ***argv);

/** Read a configuration file. @return 0 or a negative errno with file, line, section, key and sentence in scan->error. */
int optscan_file(struct optscan *scan, const char *path);

/**
 * A sentence in scan->error names options ("--gw"): add where a file set them.
 *
 * @return the error's code
 */
int optscan_cite(const struct optscan *scan);

PLN_C_END

#endif
