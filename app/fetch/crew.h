/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All lcores together: whose turn which URL is, which files want helpers, what has failed, when it is over. A URL is taken by
 * an lcore that has a seat free, from one counter; what else lcores tell each other is here too, each with its one writer or
 * as an atomic.
 */
#ifndef POLLEN_APP_FETCH_CREW_H
#define POLLEN_APP_FETCH_CREW_H

#include "fetch/session.h"

PLN_C_BEGIN

struct crew {
	const struct options *options;
	struct interrupt *interrupt;
	cpu_set_t cpus; /* where this process may run, before EAL ties this thread to one core */
	struct session **sessions;
	unsigned int n_sessions;
	unsigned int connections; /* at once, of all lcores */
	struct split **splits;    /* of each URL; NULL: none. Atomic, owned by who leads */
	bool is_metered;          /* one meter for all transfers */
	/* Atomic. */
	unsigned int next;        /* URL to be begun */
	unsigned int running;     /* transfers that lead: under way, or about to ask for a URL */
	unsigned int open_splits; /* that may want helpers */
	int failed;               /* exit code of the last that failed */
	bool is_over; /* --fail-early, or the port cannot be had: what is under way is given up */
};

/** @return CODE_OK, CODE_INIT, CODE_MEMORY with a sentence. To be ended with crew_end, also after a failure. */
int crew_init(struct crew *crew, const struct options *options, struct interrupt *interrupt,
              struct pln_error *error);

/** Fetch all. @return the exit code. */
int crew_run(struct crew *crew);

void crew_end(struct crew *crew);

/** A URL to begin. @return false: there is none, or none shall be. */
bool crew_take(struct crew *crew, unsigned int *number);

/** One that was taken is over. */
void crew_finished(struct crew *crew, int code);

/** Is nothing under way on any lcore, and nothing to begin? */
bool crew_is_done(const struct crew *crew);

/** Is what is under way to be given up? */
bool crew_is_over(const struct crew *crew);

/** From here on others may help. */
void crew_publish(struct crew *crew, unsigned int number, struct split *split);

/** No more helpers. Somebody may be looking at the split still, so it is not freed before the end. */
void crew_withdraw(struct crew *crew, unsigned int number);

/** Join a split that wants a helper from this lcore. @return it, and of which URL; NULL: none does. */
struct split *crew_join(struct crew *crew, unsigned int lcore, unsigned int *number);

/** Sums of all lcores' progress. */
void crew_progress(const struct crew *crew, struct progress *sum);

PLN_C_END

#endif
