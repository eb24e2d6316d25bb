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

/* ------------------------------------------------------------------------------------------------ queues */

/* Does the driver take part? */
static int
join_queue(struct pln_rxwait *wait, struct pln_rxwait_source *source)
{
	uint16_t port = source->queue->dev->port, queue = source->queue->index;
	int rc = rte_eth_dev_rx_intr_ctl_q(port, queue, wait->epoll_fd, RTE_INTR_EVENT_ADD, NULL);

	if (rc != 0)
		return rc;
	source->on = true;
	rc = rte_eth_dev_rx_intr_enable(port, queue);
	source->switched = rc != -ENOTSUP;
	if (source->switched)
		(void)rte_eth_dev_rx_intr_disable(port, queue);
	return source->switched ? rc : 0;
}

static int
socket_of(const struct pln_ethdev_queue *queue)
{
	if ((queue->dev->device->flags & PLN_DEVICE_XDP_SOCKET) != 0)
		return pln_netif_xdp_socket();
	return pln_netif_packet_ring(queue->dev->netif.index, queue->index);
}

/* net_af_packet and net_af_xdp offer nothing, but their queues are sockets of this process. */
static int
join_socket(struct pln_rxwait *wait, struct pln_rxwait_source *source)
{
	int fd = socket_of(source->queue);
	int rc = fd < 0 ? fd : add(wait, &source->ring, fd, EPOLLIN | EPOLLET);

	source->on = rc == 0;
	return rc;
}

static bool
is_socket(const struct pln_rxwait_source *source)
{
	return (source->queue->dev->device->flags &
	        (PLN_DEVICE_PACKET_RING | PLN_DEVICE_XDP_SOCKET)) != 0;
}

static int
join(struct pln_rxwait *wait, struct pln_rxwait_source *source)
{
	source->on = false;
	source->switched = false;
	if (is_socket(source))
		return join_socket(wait, source);
	return source->queue->dev->rx_interrupts ? join_queue(wait, source) : -ENOTSUP;
}

static void
leave(struct pln_rxwait *wait, struct pln_rxwait_source *source)
{
	const struct pln_ethdev_queue *queue = source->queue;

	if (source->on && is_socket(source))
		(void)rte_epoll_ctl(wait->epoll_fd, EPOLL_CTL_DEL, source->ring.fd, &source->ring);
	else if (source->on)
		(void)rte_eth_dev_rx_intr_ctl_q(queue->dev->port, queue->index, wait->epoll_fd,
		                                RTE_INTR_EVENT_DEL, NULL);
	source->on = false;
	source->switched = false;
}

int
pln_rxwait_join(struct pln_rxwait *wait, const struct pln_ethdev_queue *queue,
                struct pln_error *error)
{
	struct pln_rxwait_source *source = &wait->sources[wait->count];

	source->queue = queue;
	if (join(wait, source) == 0) {
		wait->count++;
		return 0;
	}
	leave(wait, source);
	return pln_error_set(error, -ENOTSUP,
	                     "%s (%s) cannot wake an lcore when a frame arrives, so "
	                     "--poll=interrupt cannot be had; --poll=adaptive looks every 150 us.",
	                     queue->dev->name, queue->dev->info.driver_name);
}

void
pln_rxwait_leave(struct pln_rxwait *wait, const struct pln_ethdev *dev)
{
	for (unsigned int i = 0; i < wait->count; i++)
		if (wait->sources[i].queue->dev == dev)
			leave(wait, &wait->sources[i]);
}

void
pln_rxwait_rejoin(struct pln_rxwait *wait, const struct pln_ethdev *dev)
{
	for (unsigned int i = 0; i < wait->count; i++)
		if (wait->sources[i].queue->dev == dev)
			(void)join(wait, &wait->sources[i]);
}

/* ------------------------------------------------------------------------------------------------ life */

int
pln_rxwait_open(struct pln_rxwait *wait, int wake_fd, struct pln_error *error)
{
	int rc;

	*wait = (struct pln_rxwait){ .open = true, .epoll_fd = -1, .timer_fd = -1 };
	rc = open_fds(wait, wake_fd);
	if (rc == 0)
		return 0;
	pln_rxwait_close(wait);
	return pln_error_set(error, rc, "No descriptors to wait with: %s.", strerror(-rc));
}

void
pln_rxwait_close(struct pln_rxwait *wait)
{
	if (!wait->open)
		return;
	for (unsigned int i = 0; i < wait->count; i++)
		leave(wait, &wait->sources[i]);
	if (wait->timer_fd >= 0)
		close(wait->timer_fd);
	if (wait->epoll_fd >= 0)
		close(wait->epoll_fd);
	wait->open = false;
	wait->count = 0;
}

/* ------------------------------------------------------------------------------------------------ sleeping */

static bool
is_to_be_switched(const struct pln_rxwait_source *source)
{
	return !pln_ethdev_closed(source->queue->dev) && source->switched;
}

void
pln_rxwait_arm(const struct pln_rxwait *wait)
{
	const struct pln_rxwait_source *source;

	for (source = wait->sources; source < wait->sources + wait->count; source++)
		if (is_to_be_switched(source))
			(void)rte_eth_dev_rx_intr_enable(source->queue->dev->port,
			                                 source->queue->index);
}

void
pln_rxwait_disarm(const struct pln_rxwait *wait)
{
	const struct pln_rxwait_source *source;

	for (source = wait->sources; source < wait->sources + wait->count; source++)
		if (is_to_be_switched(source))
			(void)rte_eth_dev_rx_intr_disable(source->queue->dev->port,
			                                  source->queue->index);
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
