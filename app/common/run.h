/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program's life around one stack: start the host, turn, end. A turn is
 *     n = run_turn(run, events, max)    receive, timers, what happened
 *     … act on it …
 *     run_flush(run)                    send, print the trace, rest when nothing happens
 * A program on several lcores or ports starts the first and joins the others to it, one for each stack. On an lcore that turns several,
 * run_send stands for run_flush, and one run_rest behind all of them.
 */
#ifndef POLLEN_APP_COMMON_RUN_H
#define POLLEN_APP_COMMON_RUN_H

#include <stdio.h>

#include <pollen/host.h>

#include "common/conflict.h"

PLN_C_BEGIN

struct hostopts;
struct interrupt;

struct run {
	struct pln_host *host;
	struct pln_stack *stack;
	FILE *log;            /* where trace lines go, NULL for no trace */
	uint64_t epoch;       /* ns: the trace's zero */
	uint64_t start_ns;    /* how long starting took */
	unsigned int idle;    /* turns in a row in which nothing happened */
	bool busy;            /* something happened in this one */
	const char *warn_as;  /* the program's name before warnings; NULL: none are printed */
	bool watches_address; /* --acd is not off */
	bool verbose;         /* what was not given back is told at the end */
	bool watches_port;    /* this is the first stack */
	unsigned int connections_told;  /* how often SIGUSR1 has been answered */
	struct conflict conflict;       /* what was told of address conflicts */
	void (*before_line)(void *ctx); /* called before lines are printed, NULL allowed */
	void *ctx;
};

/** Start the host. @return 0 or a negative errno with sentences. */
int run_start(struct run *run, const struct hostopts *opts, struct pln_error *error);

/** A run around stack number `i` of the host that `first` has started. @return 0 or a negative errno with a sentence. */
int run_join(struct run *run, const struct run *first, unsigned int i, const struct hostopts *opts,
             struct pln_error *error);

/** Receive and run timers; warn of address conflicts, and of what happens to the port. @return events written. */
unsigned int run_turn(struct run *run, struct pln_event *events, unsigned int max);

/** Send what is owed, print the trace, then rest if the turn was idle. */
void run_flush(struct run *run);

/** Send what is owed and print the trace; `busy` tells whether there was anything in this turn. */
void run_send(struct run *run);

/** Rest if nothing has happened, on none of this lcore's stacks: one of its runs counts for all. */
void run_rest(struct run *run, bool busy);

/**
 * Where SIGUSR1 has asked for it, print what each connection and listener of this stack is at and waits for, a line each, to standard
 * error. Call it every turn.
 */
void run_connections(struct run *run, const struct interrupt *interrupt);

/** The stack's clock. */
uint64_t run_now(const struct run *run);

/** A clock that runs before there is a host, too: monotonic ns. Any thread. */
uint64_t run_clock(void);

/** Print the host's description, each line behind `prefix`. */
void run_describe(const struct run *run, FILE *out, const char *prefix);

/** Print what a user should read once (that ordinary pages are used, say), each sentence behind `prefix`. */
void run_notices(const struct run *run, FILE *out, const char *prefix);

/** Print what has become worth reading since, likewise; call it from time to time, on the main thread. */
void run_news(const struct run *run, FILE *out, const char *prefix);

/** Print the port's non-zero extended statistics, each line behind `prefix`. */
void run_xstats(const struct run *run, FILE *out, const char *prefix);

/** Turn until every connection has closed in both directions, `limit_ns` at most. */
void run_settle(struct run *run, uint64_t limit_ns);

/**
 * As run_settle; then stop ports and EAL. A run that never started is allowed; those that joined are over before.
 */
void run_stop(struct run *run, uint64_t limit_ns);

PLN_C_END

#endif
