/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Carries frames between lcores and a tap of the kernel's. Reading and writing a tap are system calls, in which the kernel does its own
 * work on the frame; so a thread of its own makes them, and an lcore only sees a ring each way. Nobody waits for anybody: a lane that is
 * full takes no more, and what the wire does not take stays in the kernel's queue.
 *
 *     lcore 0 ==> lane 0 --\                  /--> write
 *     lcore 1 ==> lane 1 ---> the thread ----<           the tap
 *     lcore 0 <======= in --/                  \--< read
 */
#ifndef POLLEN_DEV_PORTER_H
#define POLLEN_DEV_PORTER_H

#include <sched.h>

#include <pollen/link.h>

#include "base/decl.h"

PLN_C_BEGIN

#define PLN_PORTER_RING                                                                            \
	512U /* slots of a lane, and of what comes from the kernel; a power of two */

struct pln_porter;

struct pln_porter_config {
	int fd;                        /* of the tap, stays the caller's */
	struct pln_link port;          /* whose frames they are: its MAC, its MTU */
	struct rte_mempool *pool;      /* for the kernel's frames; nobody else allocates from it */
	unsigned int lanes;            /* lcores */
	const cpu_set_t *cpus;         /* where the thread may run; NULL: where its maker may */
	void (*wake)(void *ctx);       /* lane 0 has frames of the kernel; NULL: nobody sleeps */
	void (*look_after)(void *ctx); /* each second, for what goes with the link; NULL: nothing */
	void *ctx;                     /* handed to both, which the thread calls */
};

/* Frames since the start. */
struct pln_porter_counts {
	uint64_t written, read;
	uint64_t refused;  /* by the tap: it is down, or gone */
	uint64_t too_long; /* the kernel's, for the port */
};

/* 0; -ENOMEM; -errno. Main thread, as start, stop and destroy. */
int pln_porter_create(const struct pln_porter_config *config, struct pln_porter **out);

/* The link to the kernel of lcore `lane`, which alone uses it: pln_stack_config.kernel. Lane 0's has the kernel's frames. */
const struct pln_link *pln_porter_link(const struct pln_porter *porter, unsigned int lane);

/* What the thread does, once: carry what there is, a burst each way and lane. Returns the frames. For tests; not while it runs. */
unsigned int pln_porter_turn(struct pln_porter *porter);

/* Start the thread. 0 or negative errno. */
int pln_porter_start(struct pln_porter *porter);

/* Stop it: nothing is carried any more. Harmless if it does not run. */
void pln_porter_stop(struct pln_porter *porter);

/* Any thread. */
struct pln_porter_counts pln_porter_counts(const struct pln_porter *porter);

/* Stop it, and free it and the frames it has; nobody uses its links any more. NULL is allowed. */
void pln_porter_destroy(struct pln_porter *porter);

PLN_C_END

#endif
