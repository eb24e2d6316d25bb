/* SPDX-License-Identifier: BSD-3-Clause */
/* pollen-fetch's command line. Names and meanings are curl's where curl has them. */
#ifndef POLLEN_APP_FETCH_OPTIONS_H
#define POLLEN_APP_FETCH_OPTIONS_H

#include <pollen/types.h>

#include "common/hostopts.h"
#include "fetch/text.h"

PLN_C_BEGIN

/* Strings in the order they were given. */
struct strings {
	char **at;
	size_t count;
};

struct options {
	struct hostopts host;
	struct strings urls;
	struct strings outputs; /* -o, the nth for the nth URL; NULL for an -O */
	struct strings headers; /* -H */
	struct strings resolves;
	char *output_dir;
	char *user_agent;
	char *method;     /* -X */
	char *range;      /* -r */
	char *write_out;  /* -w */
	char *checksum;   /* "sha-256=HEX" */
	struct text data; /* -d, joined by & */
	bool has_data;
	bool remote_header_name; /* -J */
	bool include;            /* -i */
	bool head;               /* -I */
	bool follow;             /* -L */
	bool silent, show_error;
	bool fail;
	bool create_dirs;
	bool remote_time; /* -R */
	bool tcp_info;
	bool tcp_fastopen;
	bool verbose;
	bool resume;                              /* -C */
	bool resume_auto;                         /* -C - */
	uint64_t resume_from;                     /* -C N */
	uint64_t max_redirs;                      /* UINT64_MAX: no limit */
	uint64_t max_time_ns, connect_timeout_ns; /* 0: none */
	uint64_t keepalive_s;                     /* 0: none */
	uint64_t retries;
	uint64_t retry_delay_ns, retry_max_time_ns; /* 0: chosen; none */
	bool retry_connrefused, retry_all_errors;
	bool parallel; /* -Z */
	bool fail_early;
	uint64_t parallel_max; /* 1 or more */
	uint64_t split;        /* connections for one URL's file, 1 or more */
	enum options_action {
		OPTIONS_FETCH,
		OPTIONS_HELP,
		OPTIONS_VERSION
	} action;
};

/**
 * Read the command line.
 *
 * @param out    to be freed with options_free, also after a failure
 * @return 0, or a negative errno with a sentence
 */
int options_parse(struct options *out, int argc, char **argv, struct pln_error *error);

/** What they must be to each other; options_parse has asked. @return 0 or a negative errno with a sentence. */
int options_check(struct options *options, struct pln_error *error);

/** The request's method. */
const char *options_method(const struct options *options);

void options_free(struct options *options);

extern const char options_usage[];
extern const char options_help[];

PLN_C_END

#endif
