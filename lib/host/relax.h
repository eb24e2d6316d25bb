/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What to do with a turn that had nothing to do: the ladder from spinning to sleeping.
 */
#ifndef POLLEN_HOST_RELAX_H
#define POLLEN_HOST_RELAX_H

#include <pollen/host.h>

#include "base/decl.h"

PLN_C_BEGIN

enum pln_relax {
	PLN_RELAX_SPIN = 0, /* poll again at once */
	PLN_RELAX_PAUSE,    /* a few cycles */
	PLN_RELAX_YIELD,    /* let another thread run that wants this processor */
	PLN_RELAX_SLEEP,
};

struct pln_relax_step {
	enum pln_relax what;
	uint64_t sleep_ns;
};

/* Where an lcore turns, the same for its whole life. */
struct pln_relax_rule {
	enum pln_host_poll poll; /* not AUTO */
	bool woken;              /* a frame ends a sleep */
	bool shares_cpu; /* the peer is this machine's kernel (or another process): it needs a processor to answer */
	bool crowded; /* more lcores poll than there are processors for them */
};

/**
 * @param idle_turns  how many turns in a row had nothing to do
 * @param now         ns
 * @param next        ns: when the stack next wants a turn, PLN_NEVER for never
 */
struct pln_relax_step pln_relax_choose(const struct pln_relax_rule *rule, unsigned int idle_turns,
                                       uint64_t now, uint64_t next);

PLN_C_END

#endif
