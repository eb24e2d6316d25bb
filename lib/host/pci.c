/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads PCI devices from sysfs, for errors that name them and for the question whether ordinary pages will do. Paths are
 * arguments, so that tests show it a tree of their own.
 */
#include "host/pci.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLASS_NETWORK 0x02U /* upper byte of the class code */

/* Hexadecimal digits, 1 to `max`, and what must follow them; NULL when it is not so. */
static const char *
skip_hex(const char *text, unsigned int max, char then)
{
	unsigned int n = 0;

	while (n < max && isxdigit((unsigned char)text[n]))
		n++;
	return n > 0 && text[n] == then ? text + n + 1 : NULL;
}

/* Behind "bus:device." stands one digit of function. */
static bool
is_bus_device_function(const char *text)
{
	const char *at = skip_hex(text, 2, ':');

	if (at != NULL)
		at = skip_hex(at, 2, '.');
	return at != NULL && *at >= '0' && *at <= '7' && (at[1] == '\0' || at[1] == ',');
}

bool
pln_pci_address(const char *text, char out[PLN_PCI_ADDRESS_LEN])
{
	unsigned int domain = 0, bus, device, function;
	const char *rest;

	if (strncmp(text, "pci:", 4) == 0)
		text += 4;
	rest = skip_hex(text, 8, ':');
	if (rest != NULL && is_bus_device_function(rest))
		domain = (unsigned int)strtoul(text, NULL, 16);
	else if (is_bus_device_function(text))
		rest = text;
	else
		return false;
	bus = (unsigned int)strtoul(rest, NULL, 16);
	device = (unsigned int)strtoul(strchr(rest, ':') + 1, NULL, 16);
	function = (unsigned int)strtoul(strchr(rest, '.') + 1, NULL, 10);
	snprintf(out, PLN_PCI_ADDRESS_LEN, "%04x:%02x:%02x.%u", domain & 0xffffU, bus, device,
	         function);
	return true;
}

bool
pln_pci_is_address(const char *text)
{
	char address[PLN_PCI_ADDRESS_LEN];

	return pln_pci_address(text, address);
}

void
pln_pci_driver(const char *root, const char *address, char *out, size_t len)
{
	char path[512], target[512];
	const char *name;
	ssize_t n;

	out[0] = '\0';
	snprintf(path, sizeof(path), "%s/%s/driver", root, address);
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return;
	target[n] = '\0';
	name = strrchr(target, '/');
	snprintf(out, len, "%s", name == NULL ? target : name + 1);
}

static bool
is_network(const char *root, const char *address)
{
	char path[512];
	unsigned int class_code = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/class", root, address);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	/* NOLINTNEXTLINE(cert-err34-c): the kernel wrote this number */
	if (fscanf(file, "%x", &class_code) != 1)
		class_code = 0;
	fclose(file);
	return class_code >> 16 == CLASS_NETWORK;
}

unsigned int
pln_pci_nics(const char *root, struct pln_pci_nic *out, unsigned int max)
{
	DIR *folder = opendir(root);
	const struct dirent *entry;
	unsigned int n = 0;

	while (folder != NULL && n < max && (entry = readdir(folder)) != NULL) {
		if (!pln_pci_address(entry->d_name, out[n].address) ||
		    !is_network(root, entry->d_name))
			continue;
		pln_pci_driver(root, entry->d_name, out[n].driver, sizeof(out[n].driver));
		n++;
	}
	if (folder != NULL)
		closedir(folder);
	return n;
}

bool
pln_pci_driver_is_dpdk(const char *driver)
{
	static const char *const names[] = { "vfio-pci", "uio_pci_generic", "igb_uio" };

	for (size_t i = 0; i < PLN_ARRAY_LEN(names); i++) {
		if (strcmp(driver, names[i]) == 0)
			return true;
	}
	/* These share the device with the kernel and stay bound to its driver. */
	return strncmp(driver, "mlx", 3) == 0 || strcmp(driver, "mana") == 0;
}

bool
pln_pci_driver_needs_physical(const char *driver, bool has_iommu)
{
	if (strcmp(driver, "vfio-pci") == 0)
		return !has_iommu;
	return strcmp(driver, "uio_pci_generic") == 0 || strcmp(driver, "igb_uio") == 0;
}

bool
pln_pci_has_iommu(const char *root)
{
	DIR *folder = opendir(root);
	const struct dirent *entry;
	bool found = false;

	while (folder != NULL && !found && (entry = readdir(folder)) != NULL)
		found = entry->d_name[0] != '.';
	if (folder != NULL)
		closedir(folder);
	return found;
}
