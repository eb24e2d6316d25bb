/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the rooms of one stack share: the time of this turn, the timing wheel, counters, random
 * numbers, secrets. Only stack/ writes `now`.
 */
#ifndef POLLEN_BASE_ENV_H
#define POLLEN_BASE_ENV_H

#include "base/counters.h"
#include "base/rand.h"
#include "base/siphash.h"
#include "base/wheel.h"

PLN_C_BEGIN

struct pln_env {
	uint64_t now; /* ns, read once a turn */
	struct pln_counters counters;
	struct pln_rand rng;
	struct pln_siphash_key secret; /* ISN, ports, flow table */
	struct pln_wheel wheel;
};

/* A wheel node with a handler: what a room embeds to be called when its time has come. */
struct pln_timer {
	struct pln_wheel_node node;
	void (*fire)(struct pln_timer *timer, void *room); /* `room` is the instance given below */
	void *room;
};

static inline void
pln_env_arm(struct pln_env *env, struct pln_timer *timer, uint64_t deadline)
{
	pln_wheel_arm(&env->wheel, &timer->node, deadline);
}

static inline void
pln_env_cancel(struct pln_env *env, struct pln_timer *timer)
{
	pln_wheel_cancel(&env->wheel, &timer->node);
}

PLN_C_END

#endif
