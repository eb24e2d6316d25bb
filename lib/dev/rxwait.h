/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting until a queue receives: the device's interrupt, a wake-up by another thread and an end by the clock, in one epoll. One lcore
 * arms, polls the queue once more (what arrived before the interrupt was on wakes nobody), waits, and disarms.
 */
#ifndef POLLEN_DEV_RXWAIT_H
#define POLLEN_DEV_RXWAIT_H

#include <rte_epoll.h>

#include "dev/ethdev.h"

PLN_C_BEGIN

struct pln_rxwait {
	bool open;
	bool on_queue; /* false: woken by other threads alone */
	bool switched; /* the driver turns its interrupt on and off; without, it is always on */
	uint16_t port;
	uint16_t queue;
	int epoll_fd;
	int timer_fd;
	struct rte_epoll_event timer;
	struct rte_epoll_event wake;
	struct rte_epoll_event ring; /* of net_af_packet */
};

/**
 * Make one; it stays where it is. The port has started, with interrupts asked for (pln_ethdev_config.wakes).
 *
 * @param queue    NULL for an lcore that has none
 * @param wake_fd  an event descriptor, written to when there is something else to do; read by others
 * @return 0; -ENOTSUP (the driver has no interrupt for that queue); -EMFILE and the like: with a sentence
 */
int pln_rxwait_open(struct pln_rxwait *wait, const struct pln_ethdev_queue *queue, int wake_fd,
                    struct pln_error *error);

/** Harmless if it was never opened. */
void pln_rxwait_close(struct pln_rxwait *wait);

/** The next frame wakes. */
void pln_rxwait_arm(const struct pln_rxwait *wait);

/** Wait `ns` at most. @return the device told of a frame */
bool pln_rxwait_sleep(struct pln_rxwait *wait, uint64_t ns);

/** Frames wake nobody any more. */
void pln_rxwait_disarm(const struct pln_rxwait *wait);

PLN_C_END

#endif
