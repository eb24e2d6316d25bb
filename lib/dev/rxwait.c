/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DPDK's epoll counts milliseconds, timers do not: the end of a sleep is a timer's descriptor, and the milliseconds are only its
 * reserve. Some drivers (net_tap) have a descriptor that tells of frames and nothing to switch: there the edge of the descriptor wakes,
 * and a queue that has been emptied gives a new one.
 */
#include "dev/rxwait.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define RESERVE_MS 2U
#define EVENTS     4

static int
add(struct pln_rxwait *wait, struct rte_epoll_event *event, int fd, uint32_t bits)
{
	event->epdata.event = bits;
	return rte_epoll_ctl(wait->epoll_fd, EPOLL_CTL_ADD, fd, event);
}

static int
open_fds(struct pln_rxwait *wait, int wake_fd)
{
	wait->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	wait->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (wait->epoll_fd < 0 || wait->timer_fd < 0)
		return -errno;
	if (add(wait, &wait->timer, wait->timer_fd, EPOLLIN) != 0 ||
	    add(wait, &wait->wake, wake_fd, EPOLLIN) != 0)
		return -EIO;
	return 0;
}

/* Does the driver take part? */
static int
join_queue(struct pln_rxwait *wait)
{
	int rc = rte_eth_dev_rx_intr_ctl_q(wait->port, wait->queue, wait->epoll_fd,
	                                   RTE_INTR_EVENT_ADD, NULL);

	if (rc != 0)
		return rc;
	wait->on_queue = true;
	rc = rte_eth_dev_rx_intr_enable(wait->port, wait->queue);
	wait->switched = rc != -ENOTSUP;
	if (wait->switched)
		(void)rte_eth_dev_rx_intr_disable(wait->port, wait->queue);
	return wait->switched ? rc : 0;
}

/* net_af_packet offers nothing, but its queues are sockets of this process. */
static int
join_socket(struct pln_rxwait *wait, const struct pln_ethdev *dev)
{
	int fd = pln_netif_packet_ring(dev->netif.index, wait->queue);

	return fd < 0 ? fd : add(wait, &wait->ring, fd, EPOLLIN | EPOLLET);
}

static int
join(struct pln_rxwait *wait, const struct pln_ethdev *dev)
{
	if (dev->device->flags & PLN_DEVICE_PACKET_RING)
		return join_socket(wait, dev);
	return dev->rx_interrupts ? join_queue(wait) : -ENOTSUP;
}

int
pln_rxwait_open(struct pln_rxwait *wait, const struct pln_ethdev_queue *queue, int wake_fd,
                struct pln_error *error)
{
	const struct pln_ethdev *dev = queue != NULL ? queue->dev : NULL;
	int rc;

	*wait = (struct pln_rxwait){ .open = true, .epoll_fd = -1, .timer_fd = -1 };
	rc = open_fds(wait, wake_fd);
	if (rc != 0) {
		pln_rxwait_close(wait);
		return pln_error_set(error, rc, "No descriptors to wait with: %s.", strerror(-rc));
	}
	if (dev == NULL)
		return 0;
	wait->port = dev->port;
	wait->queue = queue->index;
	if (join(wait, dev) == 0)
		return 0;
	pln_rxwait_close(wait);
	return pln_error_set(error, -ENOTSUP,
	                     "%s (%s) cannot wake an lcore when a frame arrives, so "
	                     "--poll=interrupt cannot be had; --poll=adaptive looks every 150 us.",
	                     dev->name, dev->info.driver_name);
}

void
pln_rxwait_close(struct pln_rxwait *wait)
{
	if (!wait->open)
		return;
	if (wait->on_queue)
		(void)rte_eth_dev_rx_intr_ctl_q(wait->port, wait->queue, wait->epoll_fd,
		                                RTE_INTR_EVENT_DEL, NULL);
	if (wait->timer_fd >= 0)
		close(wait->timer_fd);
	if (wait->epoll_fd >= 0)
		close(wait->epoll_fd);
	wait->open = false;
}

void
pln_rxwait_arm(const struct pln_rxwait *wait)
{
	if (wait->switched)
		(void)rte_eth_dev_rx_intr_enable(wait->port, wait->queue);
}

void
pln_rxwait_disarm(const struct pln_rxwait *wait)
{
	if (wait->switched)
		(void)rte_eth_dev_rx_intr_disable(wait->port, wait->queue);
}

bool
pln_rxwait_sleep(struct pln_rxwait *wait, uint64_t ns)
{
	const struct itimerspec length = {
		.it_value = { .tv_sec = (time_t)(ns / PLN_NS_PER_S),
		              .tv_nsec = (long)(ns % PLN_NS_PER_S) },
	};
	struct rte_epoll_event events[EVENTS];
	bool frames = false;
	int n;

	/* A zero would turn the timer off. */
	if (ns == 0 || timerfd_settime(wait->timer_fd, 0, &length, NULL) != 0)
		return false;
	n = rte_epoll_wait(wait->epoll_fd, events, EVENTS, (int)(ns / PLN_NS_PER_MS + RESERVE_MS));
	for (int i = 0; i < n; i++)
		if (events[i].fd != wait->timer.fd && events[i].fd != wait->wake.fd)
			frames = true;
	return frames;
}
