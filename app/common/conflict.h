/* SPDX-License-Identifier: BSD-3-Clause */
/* Address conflicts (RFC 5227) as a user reads of them: our address is another host's too, or was given up to it. */
#ifndef POLLEN_APP_COMMON_CONFLICT_H
#define POLLEN_APP_COMMON_CONFLICT_H

#include <pollen/stack.h>

PLN_C_BEGIN

/* What has been told; all zero at first. */
struct conflict {
	uint32_t seen;    /* conflicting packets, over all addresses */
	uint64_t next_ns; /* no warning before this time */
	bool is_lost;     /* an address was given up: nothing can be sent from it any more */
};

/**
 * Look at the stack's addresses.
 *
 * @return true: a user should be warned, at most once in ten seconds; `warning` has the sentence
 */
bool conflict_look(struct conflict *conflict, const struct pln_stack *stack, uint64_t now,
                   struct pln_error *warning);

/** Add to an error who has the address that was given up. @return false: none was. */
bool conflict_explain(const struct pln_stack *stack, struct pln_error *error);

PLN_C_END

#endif
