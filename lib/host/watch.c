/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ten times a second, and when the device says that something happened, the port is looked at by the main thread; dev/health says what
 * is new. Restarting takes two steps: the port is closed for all lcores, and when each has turned once more nobody has a hand in it. What
 * the lcores write is read here, never the other way round, so that a watched data path costs what an unwatched one does.
 */
#include "host/watch.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include <rte_pause.h>

#include "host/host.h"
#include "host/idle.h"
#include "stack/sized.h"
#include "stack/stack.h"

#define LOOK_NS  (100 * PLN_NS_PER_MS)
#define CLEAR_NS PLN_NS_PER_S /* an lcore that has not turned for so long does not turn at all */

/* ------------------------------------------------------------------------------------------------ the device's own words */

static int
hear(uint16_t id, enum rte_eth_event_type type, void *arg, void *unused)
{
	struct pln_watch *watch = arg;

	(void)id;
	(void)unused;
	if (type == RTE_ETH_EVENT_INTR_RESET)
		__atomic_store_n(&watch->asks, true, __ATOMIC_RELAXED);
	__atomic_store_n(&watch->roused, true, __ATOMIC_RELEASE);
	return 0;
}

static const enum rte_eth_event_type heard[] = { RTE_ETH_EVENT_INTR_LSC, RTE_ETH_EVENT_INTR_RESET };

void
pln_watch_start(struct pln_host_port *port)
{
	for (size_t i = 0; i < PLN_ARRAY_LEN(heard); i++)
		(void)rte_eth_dev_callback_register(port->dev.port, heard[i], hear, &port->watch);
	port->watch.registered = true;
}

void
pln_watch_stop(struct pln_host_port *port)
{
	if (!port->watch.registered)
		return;
	for (size_t i = 0; i < PLN_ARRAY_LEN(heard); i++)
		while (rte_eth_dev_callback_unregister(port->dev.port, heard[i], hear,
		                                       &port->watch) == -EAGAIN)
			rte_pause(); /* it is being called */
	port->watch.registered = false;
}

/* ------------------------------------------------------------------------------------------------ telling */

static void
count(struct pln_host_port *port, enum pln_drop id, uint64_t n)
{
	pln_counters_add(&port->lanes[0].stack->env.counters, id, n);
}

/* What nobody takes makes room for what is newer. */
static void
tell(struct pln_host_port *port, enum pln_host_event_kind kind, uint64_t frames, const char *format,
     ...)
{
	struct pln_watch *watch = &port->watch;
	struct pln_host_event *event;
	va_list args;

	if (watch->count == PLN_WATCH_EVENTS) {
		watch->first = (watch->first + 1) % PLN_WATCH_EVENTS;
		watch->count--;
	}
	event = &watch->events[(watch->first + watch->count++) % PLN_WATCH_EVENTS];
	*event = (struct pln_host_event){ .kind = kind, .port = port->index, .frames = frames };
	va_start(args, format);
	(void)vsnprintf(event->text, sizeof(event->text), format, args);
	va_end(args);
}

static void
tell_link_down(struct pln_host_port *port)
{
	const struct pln_ethdev *dev = &port->dev;

	count(port, PLN_PORT_LINK_DOWN, 1);
	if (dev->has_netif)
		tell(port, PLN_HOST_LINK_DOWN, 0,
		     "the link of %s is down; connections wait for it. Is the interface up? ip "
		     "link "
		     "set %s up",
		     dev->name, dev->netif.name);
	else
		tell(port, PLN_HOST_LINK_DOWN, 0,
		     "the link of %s is down; connections wait for it. Check the cable, the "
		     "switch, or "
		     "who is at the other end.",
		     dev->name);
}

/* What is lost without a sign of its own. */
static void
tell_losses(struct pln_host_port *port, uint32_t found)
{
	const struct pln_health *health = &port->watch.health;
	const char *name = port->dev.name;

	if (found & PLN_HEALTH_MISSED)
		tell(port, PLN_HOST_RX_MISSED, health->missed.told,
		     "%s lost %" PRIu64
		     " frames because its receive queues were full: the lcores do "
		     "not keep up. More of them (-l) share the work.",
		     name, health->missed.told);
	if (found & PLN_HEALTH_NO_MBUF)
		tell(port, PLN_HOST_RX_NO_MBUF, health->no_mbuf.told,
		     "%s lost %" PRIu64
		     " frames because no packet buffers were free: received data "
		     "waits to be read, or there is too little memory (-m).",
		     name, health->no_mbuf.told);
	if (!(found & PLN_HEALTH_POOL_LOW))
		return;
	count(port, PLN_PORT_POOL_LOW, 1);
	tell(port, PLN_HOST_POOL_LOW, 0,
	     "less than a sixteenth of the packet buffers of %s is free: received data waits to be "
	     "read, or there is too little memory (-m).",
	     name);
}

static void
tell_findings(struct pln_host_port *port, uint32_t found)
{
	const struct pln_health *health = &port->watch.health;
	const char *name = port->dev.name;

	if (found & PLN_HEALTH_LINK_DOWN)
		tell_link_down(port);
	if (found & PLN_HEALTH_LINK_UP)
		tell(port, PLN_HOST_LINK_UP, 0, "the link of %s is up, after %.1f s.", name,
		     (double)health->down_ns / (double)PLN_NS_PER_S);
	if (found & PLN_HEALTH_STUCK)
		tell(port, PLN_HOST_TX_STUCK, 0,
		     "%s takes no frames to send: what has waited for a second is dropped, and "
		     "sent "
		     "again later. If its link is up it will be restarted.",
		     name);
	tell_losses(port, found);
}

/* ------------------------------------------------------------------------------------------------ restarting */

static void
begin_clearing(struct pln_host_port *port, bool reset, uint64_t now)
{
	struct pln_watch *watch = &port->watch;

	watch->clearing = true;
	watch->reset = reset;
	watch->clear_ns = now;
	pln_ethdev_close(&port->dev, 0);
}

static int
restart(struct pln_host_port *port, struct pln_error *error)
{
	struct pln_environment_hush hush = pln_environment_hush(port->host->config.verbose);
	int rc;

	pln_idle_leave(port);
	pln_host_rules_remove(port);
	rc = pln_ethdev_restart(&port->dev, port->watch.reset, error);
	if (rc == 0) {
		pln_host_rules_again(port);
		pln_idle_again(port);
	}
	pln_environment_unhush(&port->host->environment, &hush);
	return rc;
}

static void
finish_restart(struct pln_host_port *port, int rc, const struct pln_error *error)
{
	const char *why = port->watch.reset ? "asked for it" : "took no frames";

	port->watch.clearing = false;
	port->watch.look_ns = 0;
	pln_ethdev_reopen(&port->dev);
	count(port, rc == 0 ? PLN_PORT_RESTARTED : PLN_PORT_RESTART_FAILED, 1);
	if (rc == 0)
		tell(port, PLN_HOST_RESTARTED, 0, "%s was restarted because it %s.", port->dev.name,
		     why);
	else
		tell(port, PLN_HOST_RESTART_FAILED, 0, "%s could not be restarted: %s",
		     port->dev.name, error->text);
}

static void
go_on_clearing(struct pln_host_port *port, uint64_t now)
{
	struct pln_error error = { 0 };

	if (pln_ethdev_left(&port->dev))
		finish_restart(port, restart(port, &error), &error);
	else if (now - port->watch.clear_ns >= CLEAR_NS)
		finish_restart(port,
		               pln_error_set(&error, -EBUSY, "an lcore does not turn its stack."),
		               &error);
}

/* ------------------------------------------------------------------------------------------------ looking */

static void
look_at_lanes(const struct pln_host_port *port, struct pln_health_sample *seen)
{
	for (unsigned int i = 0; i < port->host->n_lcores; i++) {
		const struct pln_host_lane *lane = &port->lanes[i];
		uint32_t avail = rte_mempool_avail_count(lane->pool);

		if (pln_txq_stuck(&lane->stack->txq))
			seen->stuck = true;
		if (i == 0 || avail < seen->free) {
			seen->free = avail;
			seen->pool_size = lane->pool->size;
		}
	}
}

static void
look(struct pln_host_port *port, uint64_t now)
{
	struct pln_watch *watch = &port->watch;
	struct pln_health_sample seen = { .link_up = pln_ethdev_up(&port->dev) };
	struct rte_eth_stats stats = { 0 };
	uint32_t found;

	watch->look_ns = now + LOOK_NS;
	seen.asks = __atomic_load_n(&watch->asks, __ATOMIC_RELAXED);
	if (seen.asks)
		__atomic_store_n(&watch->asks, false, __ATOMIC_RELAXED);
	if (rte_eth_stats_get(port->dev.port, &stats) == 0) {
		seen.missed = stats.imissed;
		seen.no_mbuf = stats.rx_nombuf;
	}
	look_at_lanes(port, &seen);
	found = pln_health_look(&watch->health, &seen, now);
	count(port, PLN_PORT_RX_MISSED, watch->health.missed.fresh);
	count(port, PLN_PORT_RX_NO_MBUF, watch->health.no_mbuf.fresh);
	tell_findings(port, found);
	if (found & PLN_HEALTH_RESTART)
		begin_clearing(port, seen.asks, now);
}

bool
pln_watch_step(struct pln_host_port *port, uint64_t now, struct pln_host_event *out)
{
	struct pln_watch *watch = &port->watch;

	if (watch->clearing) {
		go_on_clearing(port, now);
	} else if (now >= watch->look_ns || __atomic_load_n(&watch->roused, __ATOMIC_ACQUIRE)) {
		__atomic_store_n(&watch->roused, false, __ATOMIC_RELAXED);
		look(port, now);
	}
	if (watch->count == 0 ||
	    pln_sized_give(out, &watch->events[watch->first], sizeof(*out)) != 0)
		return false;
	watch->first = (watch->first + 1) % PLN_WATCH_EVENTS;
	watch->count--;
	return true;
}

bool
pln_host_watch(struct pln_host *host, struct pln_host_event *out)
{
	uint64_t now = pln_host_now(host);

	for (unsigned int i = 0; i < host->n_ports; i++)
		if (pln_watch_step(&host->ports[i], now, out))
			return true;
	return false;
}
