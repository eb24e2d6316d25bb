/* SPDX-License-Identifier: BSD-3-Clause */
/* pollen-serve's command line: what is served, within which limits, and what is said of it. */
#ifndef POLLEN_APP_SERVE_OPTIONS_H
#define POLLEN_APP_SERVE_OPTIONS_H

#include "common/hostopts.h"
#include "serve/server.h"

PLN_C_BEGIN

struct serve_options {
	struct hostopts host;
	struct server_config server; /* root, log and threaded are not set here */
	char *root;                  /* NULL: no files are served */
	char *access_log;            /* NULL: none */
	uint64_t drain_ns;
	uint64_t stats_ns; /* 0: none */
	bool quiet;
	bool verbose;
	enum serve_action {
		SERVE_RUN,
		SERVE_HELP,
		SERVE_VERSION
	} action;
};

/**
 * Read the command line.
 *
 * @param out  to be freed with serve_options_free, also after a failure
 * @return 0, or a negative errno with a sentence
 */
int serve_options_parse(struct serve_options *out, int argc, char **argv, struct pln_error *error);

void serve_options_free(struct serve_options *options);

extern const char serve_usage[];
extern const char serve_help[];

PLN_C_END

#endif
