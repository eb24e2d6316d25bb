/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting until a queue receives, one of each port that an lcore polls: the devices' interrupts, a wake-up by another thread and an end by
 * the clock, in one epoll. The lcore arms, polls the queues once more (what arrived before the interrupts were on wakes nobody), waits,
 * and disarms. A port that is closed (dev/ethdev) is left alone by all of these.
 */
#ifndef POLLEN_DEV_RXWAIT_H
#define POLLEN_DEV_RXWAIT_H

#include <rte_epoll.h>

#include "dev/ethdev.h"

PLN_C_BEGIN

/* One queue that wakes. */
struct pln_rxwait_source {
	const struct pln_ethdev_queue *queue;
	bool on;       /* its descriptor is in the epoll */
	bool switched; /* its driver turns the interrupt on and off; without, it is always on */
	struct rte_epoll_event ring; /* of net_af_packet */
};

struct pln_rxwait {
	bool open;
	int epoll_fd;
	int timer_fd;
	struct rte_epoll_event timer;
	struct rte_epoll_event wake;
	unsigned int count; /* of `sources` */
	struct pln_rxwait_source sources[RTE_MAX_ETHPORTS];
};

/**
 * Make one; it stays where it is.
 *
 * @param wake_fd  an event descriptor, written to when there is something else to do; read by others
 * @return 0; -EMFILE and the like, with a sentence
 */
int pln_rxwait_open(struct pln_rxwait *wait, int wake_fd, struct pln_error *error);

/** Wait for a queue, too. Its port has started, with interrupts asked for (pln_ethdev_config.wakes). 0; -ENOTSUP: its driver has none. */
int pln_rxwait_join(struct pln_rxwait *wait, const struct pln_ethdev_queue *queue,
                    struct pln_error *error);

/** While a port is closed: forget its descriptors, which a restart makes anew, and take what it then has. Main thread. */
void pln_rxwait_leave(struct pln_rxwait *wait, const struct pln_ethdev *dev);
void pln_rxwait_rejoin(struct pln_rxwait *wait, const struct pln_ethdev *dev);

/** Harmless if it was never opened. */
void pln_rxwait_close(struct pln_rxwait *wait);

/** The next frame wakes. */
void pln_rxwait_arm(const struct pln_rxwait *wait);

/** Wait `ns` at most. @return a device told of a frame */
bool pln_rxwait_sleep(struct pln_rxwait *wait, uint64_t ns);

/** Frames wake nobody any more. */
void pln_rxwait_disarm(const struct pln_rxwait *wait);

PLN_C_END

#endif
