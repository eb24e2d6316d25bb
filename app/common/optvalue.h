/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an option's value is made into: a copy that is kept, a time, a number within bounds. Programs most of whose options are one
 * number each list them as rows: where the number goes, what it is, its bounds.
 */
#ifndef POLLEN_APP_COMMON_OPTVALUE_H
#define POLLEN_APP_COMMON_OPTVALUE_H

#include <pollen/types.h>

PLN_C_BEGIN

enum optvalue_kind {
	OPTVALUE_PORT,    /* uint16_t */
	OPTVALUE_COUNT,   /* uint32_t */
	OPTVALUE_NUMBER,  /* uint64_t */
	OPTVALUE_SIZE32,  /* uint32_t, bytes */
	OPTVALUE_SIZE,    /* uint64_t, bytes */
	OPTVALUE_SECONDS, /* uint64_t, ns; bounds are not looked at */
};

struct optvalue_row {
	int opt;
	enum optvalue_kind kind;
	const char *name; /* "--port"; NULL behind the last row */
	size_t offset;    /* in the program's options */
	uint64_t min, max;
};

/** A copy of the value takes the place of the one before. @return 0 or -ENOMEM with a sentence. */
int optvalue_string(char **out, const char *value, struct pln_error *error);

/** Seconds as nanoseconds. @return 0 or a negative errno with a sentence. */
int optvalue_seconds(const char *name, const char *value, uint64_t *out, struct pln_error *error);

/** If `opt` is one of the rows, put its value into `options`. @return 1, 0: it is none, or a negative errno with a sentence. */
int optvalue_take(const struct optvalue_row *rows, void *options, int opt, const char *value,
                  struct pln_error *error);

PLN_C_END

#endif
