/* SPDX-License-Identifier: BSD-3-Clause */
/* pollen-ping's command line: iputils' letters. */
#ifndef POLLEN_APP_PING_OPTIONS_H
#define POLLEN_APP_PING_OPTIONS_H

#include "common/hostopts.h"

PLN_C_BEGIN

struct ping_options {
	struct hostopts host;
	const char *target; /* of argv */
	uint64_t count;     /* 0: until interrupted */
	uint64_t interval_ns;
	uint64_t linger_ns;   /* how long the last echo is waited for */
	uint64_t deadline_ns; /* 0: none */
	uint16_t size;        /* payload bytes */
	uint8_t ttl;          /* 0: the stack's */
	bool quiet;
	bool numeric;
	bool verbose;
	enum ping_action {
		PING_RUN,
		PING_HELP,
		PING_VERSION
	} action;
};

/** @param out to be freed with ping_options_free, also after a failure. @return 0 or a negative errno with a sentence. */
int ping_options_parse(struct ping_options *out, int argc, char **argv, struct pln_error *error);

void ping_options_free(struct ping_options *options);

extern const char ping_usage[];
extern const char ping_help[];

PLN_C_END

#endif
