/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * --interface: what kind of kernel interface it is, the vdev that goes on it, and whether the kernel owns the address we are to use.
 */
#ifndef POLLEN_HOST_INTERFACE_H
#define POLLEN_HOST_INTERFACE_H

#include "base/error.h"
#include "dev/linkinfo.h"
#include "dev/netif.h"

PLN_C_BEGIN

#define PLN_INTERFACE_VDEV_LEN 192U

struct pln_interface {
	struct pln_netif netif;
	enum pln_linkinfo_kind kind;
	char vdev[PLN_INTERFACE_VDEV_LEN]; /* for --vdev, see pln_interface_vdev */
};

/* Slots of af_packet's rings: as many as the locked memory allows (each direction has one), 64 to 4096. */
uint32_t pln_interface_slots(uint32_t slot_bytes, uint64_t lockable_bytes);

/* The vdev's arguments for an interface whose netif and kind are known: its number among ours, how many queues each way, and how much of
 * the memory that may be locked. */
void pln_interface_vdev(struct pln_interface *interface, unsigned int number, unsigned int queues,
                        uint64_t lockable_bytes);

/* Locked memory that this process may have, bytes. */
uint64_t pln_interface_lockable(void);

/**
 * Look an interface up: can we ride on it, and how?
 *
 * @param mtu  asked for, 0: the interface's
 * @return 0; -ENODEV (no such interface), -ENOTSUP (its kind), -ENETDOWN, -EINVAL (MTU), with a sentence
 */
int pln_interface_find(const char *name, uint16_t mtu, struct pln_interface *out,
                       struct pln_error *error);

/* The name of the interface of this network namespace that has the address, or NULL. @param name at least PLN_NETIF_NAME_LEN */
const char *pln_interface_owner(const struct pln_addr *addr, char *name);

PLN_C_END

#endif
