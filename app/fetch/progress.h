/* SPDX-License-Identifier: BSD-3-Clause */
/* What an lcore has fetched so far: written by it alone, read by the one that draws the meter. */
#ifndef POLLEN_APP_FETCH_PROGRESS_H
#define POLLEN_APP_FETCH_PROGRESS_H

#include <pollen/types.h>

PLN_C_BEGIN

struct progress {
	uint64_t received; /* bytes of bodies that are kept */
	uint64_t expected; /* bytes that those transfers will have in the end, as far as known */
	uint64_t unknown;  /* transfers under way whose length is not known */
	uint64_t live;     /* transfers under way */
	uint64_t done;     /* transfers that are over, failed ones too */
};

/** Its owner adds to a field, or takes away. */
static inline void
progress_add(uint64_t *field, int64_t n)
{
	__atomic_store_n(field, *field + (uint64_t)n, __ATOMIC_RELAXED);
}

/** Any thread reads one. */
static inline uint64_t
progress_get(const uint64_t *field)
{
	return __atomic_load_n(field, __ATOMIC_RELAXED);
}

PLN_C_END

#endif
