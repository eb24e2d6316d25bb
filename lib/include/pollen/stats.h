/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters: each thing that can happen to a packet has a number, a name and a sentence. */
#ifndef POLLEN_STATS_H
#define POLLEN_STATS_H

#include <pollen/stack.h>

PLN_C_BEGIN

/* One counter as it stands. */
struct pln_counter {
	const char *name;     /* "tcp_bad_checksum" */
	const char *sentence; /* what an operator reads */
	uint64_t value;       /* since the stack was created */
	bool drop;            /* counts packets that were refused */
};

/** All counters of a stack, in a fixed order. @return how many there are, whatever `max` is. */
PLN_API unsigned int pln_stats_counters(const struct pln_stack *stack, struct pln_counter *out,
                                        unsigned int max);

/** One counter by name. @return 0 or -ENOENT. */
PLN_API int pln_stats_counter(const struct pln_stack *stack, const char *name, uint64_t *value);

PLN_C_END

#endif
