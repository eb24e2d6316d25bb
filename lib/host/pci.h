/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What sysfs says of PCI network devices: which are bound to a driver that DPDK can use, and whether that driver needs physical
 * addresses. Read only; binding is dpdk-devbind.py's.
 */
#ifndef POLLEN_HOST_PCI_H
#define POLLEN_HOST_PCI_H

#include "base/decl.h"

PLN_C_BEGIN

#define PLN_PCI_ADDRESS_LEN 16U /* "0000:01:00.0" and some */

struct pln_pci_nic {
	char address[PLN_PCI_ADDRESS_LEN]; /* with its domain */
	char driver[32];                   /* of the kernel's; empty: none */
};

/* Does the value of EAL's -a begin with a PCI address: "[pci:][domain:]bus:device.function", then the end or a comma? */
bool pln_pci_is_address(const char *text);

/* The address in sysfs's spelling, domain included. @return false if it is none. */
bool pln_pci_address(const char *text, char out[PLN_PCI_ADDRESS_LEN]);

/* The network devices below `root` ("/sys/bus/pci/devices"), at most `max`. @return how many. */
unsigned int pln_pci_nics(const char *root, struct pln_pci_nic *out, unsigned int max);

/* The kernel driver of one device; empty when it has none. */
void pln_pci_driver(const char *root, const char *address, char *out, size_t len);

/* Does DPDK drive devices bound to this kernel driver? */
bool pln_pci_driver_is_dpdk(const char *driver);

/* Does it need physical addresses? vfio-pci does without an IOMMU, the uio drivers always. */
bool pln_pci_driver_needs_physical(const char *driver, bool has_iommu);

/* Is there an IOMMU: any group below `root` ("/sys/kernel/iommu_groups")? */
bool pln_pci_has_iommu(const char *root);

PLN_C_END

#endif
