/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of perf_wire. */
#ifndef POLLEN_PERF_WIRE_OPTIONS_H
#define POLLEN_PERF_WIRE_OPTIONS_H

#include "impair.h"

enum wire_way {
	WAY_THERE, /* from the first interface to the second */
	WAY_BACK,
	WAYS
};

struct wire_options {
	const char *interface[WAYS]; /* where frames of that way come in */
	struct impair_settings way[WAYS];
	uint64_t seed;
	uint64_t duration_ns; /* 0: until a signal */
	uint64_t tolerance_ns;
	const char *json; /* file, NULL: stdout */
};

/* Exits with a sentence when something makes no sense. */
void wire_options_parse(struct wire_options *o, int argc, char **argv);

#endif
