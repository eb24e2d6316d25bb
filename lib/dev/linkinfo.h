/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether a kernel interface is a tun or a tap, and made for several queues: the kernel tells over netlink. (sysfs tells too, but
 * shows the interfaces of whichever network namespace mounted it.)
 */
#ifndef POLLEN_DEV_LINKINFO_H
#define POLLEN_DEV_LINKINFO_H

#include "base/decl.h"

PLN_C_BEGIN

enum pln_linkinfo_kind {
	PLN_LINKINFO_OTHER = 0,  /* neither */
	PLN_LINKINFO_TUN,        /* carries IP packets, no frames */
	PLN_LINKINFO_TAP,        /* of several queues, or a kernel too old to tell */
	PLN_LINKINFO_TAP_SINGLE, /* of one queue */
};

/* The kind, from the kernel's RTM_NEWLINK message; OTHER when the message tells none or is cut off. */
enum pln_linkinfo_kind pln_linkinfo_parse(const void *message, size_t len);

/* Ask the kernel. */
enum pln_linkinfo_kind pln_linkinfo_get(uint32_t index);

PLN_C_END

#endif
