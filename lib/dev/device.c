/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of drivers. Every vdev is left out of PLN_DEVICE_TRUST_CKSUM: those that offer checksums compute them on the CPU as we
 * would, and net_virtio_user and net_vhost are as honest as the process at the other end. What each entry stands for is in
 * docs/guide/ports.md.
 */
#include "dev/device.h"

#include <stdlib.h>

/* A frame lies 66 bytes into its slot: struct tpacket2_hdr, struct sockaddr_ll and padding, so that the IP header is aligned. */
#define PACKET_SLOT_HEAD 66U
/* Ethernet header and one VLAN tag. */
#define FRAME_HEAD 18U
#define SLOT_STEP  1024U

static const struct pln_device devices[] = {
	{ "net_tap", PLN_DEVICE_TAP | PLN_DEVICE_NO_TSO | PLN_DEVICE_FEW_RX_DESC |
	                     PLN_DEVICE_COPIES | PLN_DEVICE_SPREADS | PLN_DEVICE_WAKES },
	{ "net_af_packet",
	  PLN_DEVICE_KERNEL | PLN_DEVICE_PACKET_RING | PLN_DEVICE_COPIES | PLN_DEVICE_SPREADS },
	{ "net_af_xdp", PLN_DEVICE_KERNEL | PLN_DEVICE_XDP_SOCKET },
	{ "net_pcap", PLN_DEVICE_KERNEL | PLN_DEVICE_COPIES },
	{ "net_virtio_user", PLN_DEVICE_SINGLE_FILE | PLN_DEVICE_PAIRED },
	{ "net_vhost", PLN_DEVICE_SINGLE_FILE | PLN_DEVICE_COPIES | PLN_DEVICE_PAIRED },
	{ "net_memif", PLN_DEVICE_PAIRED },
	{ "net_ring", PLN_DEVICE_HANDS_OVER | PLN_DEVICE_LOOPS | PLN_DEVICE_PAIRED },
	{ "net_null", PLN_DEVICE_LOOPS | PLN_DEVICE_COPIES | PLN_DEVICE_RSS_LIES },
	{ "net_virtio", PLN_DEVICE_TRUST_CKSUM | PLN_DEVICE_WAKES },
	{ "net_e1000_em", PLN_DEVICE_TRUST_CKSUM | PLN_DEVICE_NO_LSC },
	{ "net_e1000_igb", PLN_DEVICE_TRUST_CKSUM },
	{ "net_vmxnet3", PLN_DEVICE_TRUST_CKSUM | PLN_DEVICE_RSS_LIES | PLN_DEVICE_NO_LSC },
};

static const struct pln_device unknown_vdev = { "", 0 };
static const struct pln_device unknown_nic = { "", PLN_DEVICE_TRUST_CKSUM };

const struct pln_device *
pln_device_find(const char *driver, bool is_vdev)
{
	for (size_t i = 0; i < PLN_ARRAY_LEN(devices); i++) {
		if (strcmp(devices[i].driver, driver) == 0)
			return &devices[i];
	}
	return is_vdev ? &unknown_vdev : &unknown_nic;
}

/* A vdev is called by its driver's name (or the old one, eth_ for net_), followed by anything, usually a number. */
static bool
names_driver(const char *vdev, const char *driver)
{
	if (strncmp(vdev, "eth_", 4) == 0)
		return strncmp(vdev + 4, driver + 4, strlen(driver) - 4) == 0;
	return strncmp(vdev, driver, strlen(driver)) == 0;
}

const struct pln_device *
pln_device_of_vdev(const char *vdev)
{
	const struct pln_device *best = NULL;

	for (size_t i = 0; i < PLN_ARRAY_LEN(devices); i++) {
		const struct pln_device *device = &devices[i];

		if (names_driver(vdev, device->driver) &&
		    (best == NULL || strlen(device->driver) > strlen(best->driver)))
			best = device;
	}
	return best;
}

uint32_t
pln_device_arg(const char *args, const char *key, uint32_t fallback)
{
	size_t len = strlen(key);

	while (args != NULL && *args != '\0') {
		if (strncmp(args, key, len) == 0 && args[len] == '=')
			return (uint32_t)strtoul(args + len + 1, NULL, 10);
		args = strchr(args, ',');
		if (args != NULL)
			args++;
	}
	return fallback;
}

uint32_t
pln_device_packet_slot(uint16_t mtu)
{
	uint32_t need = mtu + FRAME_HEAD + PACKET_SLOT_HEAD;
	uint32_t slot = (need + SLOT_STEP - 1) / SLOT_STEP * SLOT_STEP;

	return slot < PLN_DEVICE_PACKET_SLOT ? PLN_DEVICE_PACKET_SLOT : slot;
}

uint32_t
pln_device_packet_mtu(uint32_t slot)
{
	return slot > PACKET_SLOT_HEAD + FRAME_HEAD ? slot - PACKET_SLOT_HEAD - FRAME_HEAD : 0;
}
