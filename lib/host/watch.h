/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each port of a host is looked at now and then, off the data path: what is found is told, and a port that needs it is restarted. Private to
 * host/; the program's side is pln_host_watch.
 */
#ifndef POLLEN_HOST_WATCH_H
#define POLLEN_HOST_WATCH_H

#include <pollen/host.h>

#include "dev/health.h"

PLN_C_BEGIN

#define PLN_WATCH_EVENTS 8U

struct pln_host_port;

struct pln_watch {
	struct pln_health health;
	uint64_t look_ns;          /* when the port is looked at next */
	bool registered;           /* for the device's events */
	bool roused;               /* by such an event; atomic, written by EAL's thread */
	bool asks;                 /* the device asked for a reset; atomic, the same */
	bool clearing;             /* waiting until all lcores have left the port */
	bool reset;                /* then it is reset, not only restarted */
	uint64_t clear_ns;         /* since when */
	unsigned int first, count; /* of `events` */
	struct pln_host_event events[PLN_WATCH_EVENTS];
};

/* Listen to the device's events; the port has started. */
void pln_watch_start(struct pln_host_port *port);

/* pln_host_watch of one port, at a time. */
bool pln_watch_step(struct pln_host_port *port, uint64_t now, struct pln_host_event *out);

/* No more; before the port stops. */
void pln_watch_stop(struct pln_host_port *port);

PLN_C_END

#endif
