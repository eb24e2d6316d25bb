/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pollen: a poll-mode TCP/IP stack. This header is all the others.
 *
 * The model: a *host* (one process: EAL, ports) has one *stack* per lcore. A stack owns everything it touches: no locks, no globals.
 * Its thread turns it: poll (receive, timers), take events, act on them, flush (send). Connections are handles; calls never block
 * and never call back. Who wants no host can put a stack on a link of its own, with a clock of its own: the same API, in virtual
 * time (docs/guide/embedding.md).
 */
#ifndef POLLEN_POLLEN_H
#define POLLEN_POLLEN_H

#include <pollen/arp.h>
#include <pollen/host.h>
#include <pollen/icmp.h>
#include <pollen/link.h>
#include <pollen/machine.h>
#include <pollen/memlink.h>
#include <pollen/socket.h>
#include <pollen/stack.h>
#include <pollen/stats.h>
#include <pollen/tcp.h>
#include <pollen/trace.h>
#include <pollen/types.h>
#include <pollen/udp.h>

#endif
