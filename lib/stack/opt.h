/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The options of a stack, by name: one row each, which is at once the setter, the getter and the
 * documentation (docs/guide/options.md is this table in print).
 */
#ifndef POLLEN_STACK_OPT_H
#define POLLEN_STACK_OPT_H

#include "stack/stack.h"

PLN_C_BEGIN

enum pln_opt_kind {
	PLN_OPT_BOOL,
	PLN_OPT_U8,
	PLN_OPT_U32,
	PLN_OPT_MS,     /* milliseconds, kept as nanoseconds in a uint64_t */
	PLN_OPT_CC,     /* name of a congestion control */
	PLN_OPT_ACD,    /* off, detect or full */
	PLN_OPT_PMTUD,  /* 0, 1, blackhole or probe */
	PLN_OPT_KEY,    /* 32 hexadecimal digits */
	PLN_OPT_PORTS,  /* two ports with a dash between them */
	PLN_OPT_CREATE, /* can be read, but is set when the stack is created */
	PLN_OPT_LATER,  /* of an algorithm that is not in this version */
};

struct pln_opt {
	const char *name;
	enum pln_opt_kind kind;
	uint32_t offset;   /* in struct pln_stack */
	uint64_t min, max; /* in `unit` */
	const char *unit;
	const char *doc; /* one sentence without its full stop */
};

/* Option number i, NULL behind the last. */
const struct pln_opt *pln_opt_at(unsigned int i);

PLN_C_END

#endif
