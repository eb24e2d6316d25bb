/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the lcores of a host spend turns without work: the mode, and what it takes to sleep. Private to host/.
 */
#ifndef POLLEN_HOST_IDLE_H
#define POLLEN_HOST_IDLE_H

#include "host/host.h"

PLN_C_BEGIN

/* Decide; with interrupts, prepare every lcore's wait. The stacks are there. 0; -ENOTSUP (the driver has none); -errno. */
int pln_idle_start(struct pln_host *host, struct pln_error *error);

/* Before the stacks and the port go. */
void pln_idle_stop(struct pln_host *host);

/* While a port is restarted no lcore waits for its queue; afterwards they do again, as far as the device plays along. All have left the
 * port. */
void pln_idle_leave(struct pln_host_port *port);
void pln_idle_again(struct pln_host_port *port);

/* A word for descriptions: "busy". */
const char *pln_idle_name(enum pln_host_poll poll);

PLN_C_END

#endif
