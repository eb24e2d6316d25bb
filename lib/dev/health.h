/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Is a port well? What is seen of it now and then, compared with what was seen before: what should be told, and whether it should be
 * restarted. Pure: the looking is done by host/watch.
 */
#ifndef POLLEN_DEV_HEALTH_H
#define POLLEN_DEV_HEALTH_H

#include "base/decl.h"

PLN_C_BEGIN

#define PLN_HEALTH_TELL_APART_NS    (10 * PLN_NS_PER_S) /* what goes on is told again */
#define PLN_HEALTH_RESTART_AFTER_NS (2 * PLN_NS_PER_S)  /* of being stuck, link up */
#define PLN_HEALTH_RESTART_APART_NS (30 * PLN_NS_PER_S)

/* What is seen. */
struct pln_health_sample {
	bool link_up;
	bool stuck;         /* a queue has taken no frame for a second */
	bool asks;          /* the device asks for a reset */
	uint64_t missed;    /* frames lost for want of a descriptor, since it started */
	uint64_t no_mbuf;   /* frames lost for want of a buffer */
	uint32_t free;      /* buffers of the pool that has the fewest */
	uint32_t pool_size; /* of that one */
};

/* What is found; bits. */
enum pln_health_finding {
	PLN_HEALTH_LINK_DOWN = 1 << 0,
	PLN_HEALTH_LINK_UP = 1 << 1,
	PLN_HEALTH_STUCK = 1 << 2,
	PLN_HEALTH_MISSED = 1 << 3,   /* struct pln_health.missed.told frames */
	PLN_HEALTH_NO_MBUF = 1 << 4,  /* struct pln_health.no_mbuf.told frames */
	PLN_HEALTH_POOL_LOW = 1 << 5, /* less than a sixteenth is free */
	PLN_HEALTH_RESTART = 1 << 6,  /* it should be stopped and started */
};

/* Losses that go on are told in sums. */
struct pln_health_loss {
	uint64_t seen;  /* as the device counts */
	uint64_t fresh; /* lost since the last look */
	uint64_t untold;
	uint64_t told; /* in the last telling */
	uint64_t told_ns;
	bool ever;
};

struct pln_health {
	bool begun;
	bool link_up;
	bool stuck;
	bool low;
	bool restarted;
	uint64_t down_ns;  /* since when the link is, or how long it was, down */
	uint64_t stuck_ns; /* since when */
	uint64_t restarted_ns;
	struct pln_health_loss missed;
	struct pln_health_loss no_mbuf;
};

/* Look: what is new. The first look only takes notice. */
uint32_t pln_health_look(struct pln_health *health, const struct pln_health_sample *seen,
                         uint64_t now);

PLN_C_END

#endif
