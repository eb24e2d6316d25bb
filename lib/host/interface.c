/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Decides what --interface means: a tap is opened from its other side by net_tap; on anything else with Ethernet frames (veth, NIC,
 * bridge) net_af_packet receives a copy of each frame and sends its own. Slots of its rings hold the interface's MTU, and are as
 * many as the limit of locked memory lets us have, because the kernel fills them while our thread does not run.
 */
#include "host/interface.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/resource.h>

#include "dev/device.h"

#define TAP_MTU       1500U /* what the driver sets a tap to */
#define SLOTS_MIN     64U
#define SLOTS_MAX     4096U
#define SLOTS_A_BLOCK 4U /* 4 slots of a multiple of 1 KiB are whole pages */
/* Left for others in the limit of locked memory. */
#define LOCKED_SPARE (UINT64_C(256) << 10)

uint32_t
pln_interface_slots(uint32_t slot_bytes, uint64_t lockable_bytes)
{
	uint64_t slots = SLOTS_MAX;

	if (lockable_bytes / 2 / slot_bytes < SLOTS_MAX)
		slots = lockable_bytes > LOCKED_SPARE
		                ? (lockable_bytes - LOCKED_SPARE) / 2 / slot_bytes
		                : 0;
	if (slots < SLOTS_MIN)
		slots = SLOTS_MIN;
	return (uint32_t)(slots / SLOTS_A_BLOCK * SLOTS_A_BLOCK);
}

void
pln_interface_vdev(struct pln_interface *interface, unsigned int number, unsigned int queues,
                   uint64_t lockable_bytes)
{
	const struct pln_netif *netif = &interface->netif;
	uint32_t slot = pln_device_packet_slot(netif->mtu);
	const uint8_t *mac = netif->mac.bytes;
	char pairs[32] = "";

	if (queues > 1)
		snprintf(pairs, sizeof(pairs), ",qpairs=%u", queues);
	if (interface->kind == PLN_LINKINFO_TAP)
		snprintf(interface->vdev, sizeof(interface->vdev),
		         "net_tap%u,iface=%s,mac=%02x:%02x:%02x:%02x:%02x:%02x", number,
		         netif->name, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	else
		snprintf(interface->vdev, sizeof(interface->vdev),
		         "net_af_packet%u,iface=%s%s,blocksz=%u,framesz=%u,framecnt=%u,"
		         "qdisc_bypass=1",
		         number, netif->name, pairs, slot * SLOTS_A_BLOCK, slot,
		         pln_interface_slots(slot, lockable_bytes / queues));
}

uint64_t
pln_interface_lockable(void)
{
	struct rlimit locked = { .rlim_cur = 0 };

	getrlimit(RLIMIT_MEMLOCK, &locked);
	return locked.rlim_cur;
}

static int
check_kind(const struct pln_interface *interface, struct pln_error *error)
{
	const struct pln_netif *netif = &interface->netif;
	const char *name = netif->name;

	if (interface->kind == PLN_LINKINFO_TUN)
		return pln_error_set(error, -ENOTSUP,
		                     "%s is a tun interface, which carries no Ethernet frames. "
		                     "Make a tap: ip tuntap add dev %s mode tap multi_queue",
		                     name, name);
	if (interface->kind == PLN_LINKINFO_TAP_SINGLE)
		return pln_error_set(error, -ENOTSUP,
		                     "The tap %s was made without multi_queue, and DPDK's driver "
		                     "opens no other. Make it again: ip tuntap del dev %s mode "
		                     "tap; ip tuntap add dev %s mode tap multi_queue",
		                     name, name, name);
	if (!netif->ethernet)
		return pln_error_set(error, -ENOTSUP, "%s is no Ethernet interface.", name);
	if (interface->kind == PLN_LINKINFO_TAP && netif->mtu > TAP_MTU)
		return pln_error_set(error, -EINVAL,
		                     "DPDK's driver sets a tap to an MTU of %u, and %s has %u. Set "
		                     "it yourself first (ip link set %s mtu %u), or use a veth.",
		                     TAP_MTU, name, netif->mtu, name, TAP_MTU);
	if (interface->kind == PLN_LINKINFO_OTHER && !netif->up)
		return pln_error_set(error, -ENETDOWN,
		                     "The interface %s is down. Bring it up first: ip link set %s "
		                     "up",
		                     name, name);
	return 0;
}

static int
check_mtu(const struct pln_netif *netif, uint16_t mtu, struct pln_error *error)
{
	if (mtu <= netif->mtu)
		return 0;
	return pln_error_set(error, -EINVAL,
	                     "The interface %s has an MTU of %u, less than the %u asked for. Raise "
	                     "it first: ip link set %s mtu %u",
	                     netif->name, netif->mtu, mtu, netif->name, mtu);
}

int
pln_interface_find(const char *name, uint16_t mtu, struct pln_interface *out,
                   struct pln_error *error)
{
	int rc;

	memset(out, 0, sizeof(*out));
	rc = pln_netif_get(name, &out->netif);
	if (rc == -ENODEV)
		return pln_error_set(error, -ENODEV,
		                     "There is no interface called %s in this network namespace; "
		                     "`ip link` lists them.",
		                     name);
	if (rc != 0)
		return pln_error_set(error, rc, "The interface %s cannot be asked: %s.", name,
		                     strerror(-rc));
	out->kind = pln_linkinfo_get(out->netif.index);
	rc = check_kind(out, error);
	return rc == 0 ? check_mtu(&out->netif, mtu, error) : rc;
}

const char *
pln_interface_owner(const struct pln_addr *addr, char *name)
{
	struct ifaddrs *list;
	const char *found = NULL;

	if (addr->family != PLN_FAMILY_IP4 || getifaddrs(&list) != 0)
		return NULL;
	for (const struct ifaddrs *at = list; at != NULL && found == NULL; at = at->ifa_next) {
		struct sockaddr_in in;

		if (at->ifa_addr == NULL || at->ifa_addr->sa_family != AF_INET)
			continue;
		memcpy(&in, at->ifa_addr, sizeof(in));
		if (memcmp(&in.sin_addr, addr->bytes, sizeof(in.sin_addr)) == 0) {
			snprintf(name, PLN_NETIF_NAME_LEN, "%s", at->ifa_name);
			found = name;
		}
	}
	freeifaddrs(list);
	return found;
}
