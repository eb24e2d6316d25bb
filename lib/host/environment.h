/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EAL's life in this process: started once with arguments that are already complete, its words kept for errors, and nothing of
 * it left behind.
 */
#ifndef POLLEN_HOST_ENVIRONMENT_H
#define POLLEN_HOST_ENVIRONMENT_H

#include "base/error.h"
#include "host/eal_args.h"
#include "host/eal_log.h"
#include "host/runtime.h"

PLN_C_BEGIN

struct pln_environment {
	bool up;
	struct pln_eal_args args;
	struct pln_runtime runtime;
	struct pln_eal_log log;
};

/* Standard output and error while drivers' libraries print to them what nobody asked for. */
struct pln_environment_hush {
	int out, err; /* copies of the originals; -1: not turned away */
	int said;     /* what goes to standard error meanwhile; -1 */
};

/* Turn standard output away, and, unless verbose, standard error. */
struct pln_environment_hush pln_environment_hush(bool verbose);

/* Give them back; what was said on standard error is remembered for quoting. */
void pln_environment_unhush(struct pln_environment *environment, struct pln_environment_hush *hush);

/**
 * Start EAL with environment->args.
 *
 * @param verbose  EAL's messages go to standard error; else they are kept for errors alone, and so is what it prints on standard
 *                 output, which belongs to the program
 * @return 0; -EACCES (runtime folder); -EINVAL (arguments); -ENOMEM; another negative errno; with sentences that quote EAL
 */
int pln_environment_start(struct pln_environment *environment, bool verbose,
                          struct pln_error *error);

/* End EAL and remove its folder, if it is ours. Harmless if it never started. */
void pln_environment_stop(struct pln_environment *environment);

/* Append what EAL and drivers said last to an error. */
void pln_environment_quote(struct pln_environment *environment, struct pln_error *error);

/* The processors this thread may run on that share memory with the first of them, for EAL's --lcores ("0@(0-3,8)"). */
size_t pln_environment_lcores(char *buf, size_t len);

PLN_C_END

#endif
