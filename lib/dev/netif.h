/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the kernel says of one of its interfaces, asked when a port rides on one. Nothing is ever changed on it.
 */
#ifndef POLLEN_DEV_NETIF_H
#define POLLEN_DEV_NETIF_H

#include "base/decl.h"

PLN_C_BEGIN

#define PLN_NETIF_NAME_LEN 16U /* IFNAMSIZ */

struct pln_netif {
	char name[PLN_NETIF_NAME_LEN];
	uint32_t index;
	uint16_t mtu; /* bytes; 65535 for more (lo) */
	struct pln_mac mac;
	bool ethernet; /* its frames are Ethernet's */
	bool up;       /* administratively */
	bool running;  /* and has a carrier */
};

/* Ask about an interface of this network namespace. @return 0, -ENODEV (there is none), or another negative errno. */
int pln_netif_get(const char *name, struct pln_netif *out);

/* The same by index. */
int pln_netif_get_index(uint32_t index, struct pln_netif *out);

/* Let the interface accept frames for any MAC as long as the returned descriptor is open: a membership that the kernel drops with
 * it, not a flag left behind. @return the descriptor or a negative errno. */
int pln_netif_accept_all(uint32_t index);

/* The descriptor of this process's packet ring number `i`, in the order of their making, on that interface: the driver that has it keeps
 * it to itself, and it becomes readable when a frame arrives. @return the descriptor, which stays the driver's, or -ENOENT. */
int pln_netif_packet_ring(uint32_t index, unsigned int i);

/* The same of this process's AF_XDP socket, if it has no more than one: the kernel does not tell which interface one is on. */
int pln_netif_xdp_socket(void);

PLN_C_END

#endif
