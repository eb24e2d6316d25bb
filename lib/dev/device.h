/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What we know of devices that their drivers do not say, by driver name: whom to believe about checksums, whose MTU and MAC belong
 * to the kernel, which offload is broken. Found by reading and trying the drivers of DPDK 22.11; a driver that is not in the
 * table is believed if it drives hardware and not believed if it is a vdev.
 */
#ifndef POLLEN_DEV_DEVICE_H
#define POLLEN_DEV_DEVICE_H

#include "base/decl.h"

PLN_C_BEGIN

enum pln_device_flag {
	PLN_DEVICE_TRUST_CKSUM = 1 << 0, /* its checksum offloads are used unless told otherwise */
	PLN_DEVICE_KERNEL = 1 << 1,      /* on a kernel interface: MTU and MAC are the kernel's */
	PLN_DEVICE_TAP = 1 << 2,         /* the far end of one: sets its MTU, passes any MAC */
	PLN_DEVICE_PACKET_RING = 1 << 3, /* cuts frames longer than the slots of its ring */
	PLN_DEVICE_NO_TSO = 1 << 4,      /* offers TSO that does not work */
	PLN_DEVICE_HANDS_OVER = 1 << 5,  /* gives sent mbufs to a receiver: no chains */
	PLN_DEVICE_LOOPS = 1 << 6,       /* receives its own frames */
	PLN_DEVICE_SINGLE_FILE = 1 << 7, /* shares memory: needs --single-file-segments */
	PLN_DEVICE_FEW_RX_DESC = 1 << 8, /* its rx descriptors only hold mbufs back */
	PLN_DEVICE_COPIES = 1 << 9,      /* its driver copies what it sends: any memory will do */
	PLN_DEVICE_PAIRED = 1 << 10, /* what the other end sends on its queue n arrives on ours */
	PLN_DEVICE_SPREADS =
		1 << 11, /* the kernel spreads flows over its queues, by a hash of its own */
	PLN_DEVICE_RSS_LIES = 1 << 12, /* takes an RSS configuration and does something else */
	PLN_DEVICE_WAKES = 1 << 13,    /* its receive interrupts have been seen to work */
	PLN_DEVICE_NO_LSC =
		1 << 14, /* offers link interrupts and loses them: its link is asked for */
	PLN_DEVICE_XDP_SOCKET = 1 << 15, /* its queue is an AF_XDP socket of this process */
};

struct pln_device {
	const char *driver;
	uint32_t flags; /* enum pln_device_flag */
};

/* What is known of a driver; never NULL. `is_vdev`: it is on the vdev bus. */
const struct pln_device *pln_device_find(const char *driver, bool is_vdev);

/* The driver of a --vdev argument ("net_tap0,iface=x" is net_tap's); NULL when the table has none for it. */
const struct pln_device *pln_device_of_vdev(const char *vdev);

/* The value of `key` in device arguments ("iface=v1,framesz=4096"), as a number; `fallback` when it is not there. */
uint32_t pln_device_arg(const char *args, const char *key, uint32_t fallback);

/* net_af_packet's ring: the slot size for frames that carry `mtu` bytes, and what a slot can carry. */
#define PLN_DEVICE_PACKET_SLOT 2048U /* the driver's default slot, bytes */
uint32_t pln_device_packet_slot(uint16_t mtu);
uint32_t pln_device_packet_mtu(uint32_t slot);

PLN_C_END

#endif
