/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads a machine's facts from the kernel's files below a root, so that tests show it a machine of paper. Lists of processors are
 * the kernel's own spelling ("0-3,8"); DPDK's version is that of the library which runs.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_version.h>

#include <pollen/machine.h>

#include "base/text.h"
#include "host/hugepages.h"
#include "host/pci.h"
#include "stack/sized.h"

#define PATH_LEN     512U
#define FOLDER_LEN   384U
#define STATUS_LEN   4096U
#define CPUS_MAX     4096U
#define CAP_IPC_LOCK 14U

/* ------------------------------------------------------------------------------------------------ files */

/* The file's beginning, its last newline cut off. @return false: it cannot be read, and `out` is empty. */
static bool
read_text(const char *root, const char *path, char *out, size_t len)
{
	char name[PATH_LEN];
	FILE *file;
	size_t n;

	snprintf(name, sizeof(name), "%s%s", root, path);
	file = fopen(name, "re");
	out[0] = '\0';
	if (file == NULL)
		return false;
	n = fread(out, 1, len - 1, file);
	fclose(file);
	while (n > 0 && (out[n - 1] == '\n' || out[n - 1] == ' '))
		n--;
	out[n] = '\0';
	return true;
}

static bool
exists(const char *root, const char *path)
{
	char name[PATH_LEN];

	snprintf(name, sizeof(name), "%s%s", root, path);
	return access(name, F_OK) == 0;
}

static bool
is_openable(const char *root, const char *path)
{
	char name[PATH_LEN];

	snprintf(name, sizeof(name), "%s%s", root, path);
	return access(name, R_OK | W_OK) == 0;
}

static void
copy(char *out, size_t len, const char *from)
{
	struct pln_text text = pln_text_init(out, len);

	pln_text_add(&text, "%s", from);
}

/* What stands behind `key` at the beginning of a line; NULL: no such line. */
static const char *
find_line(const char *text, const char *key)
{
	size_t len = strlen(key);

	while (text != NULL) {
		if (strncmp(text, key, len) == 0)
			return text + len + strspn(text + len, " \t");
		text = strchr(text, '\n');
		if (text != NULL)
			text++;
	}
	return NULL;
}

/* ------------------------------------------------------------------------------------------------ processors */

static bool
list_has(const char *list, unsigned long cpu)
{
	while (*list >= '0' && *list <= '9') {
		char *end;
		unsigned long first = strtoul(list, &end, 10);
		unsigned long last = *end == '-' ? strtoul(end + 1, &end, 10) : first;

		if (cpu >= first && cpu <= last)
			return true;
		list = *end == ',' ? end + 1 : end;
	}
	return false;
}

/* Processors that are in both lists. */
static uint32_t
count_both(const char *a, const char *b)
{
	uint32_t n = 0;

	for (unsigned long cpu = 0; cpu < CPUS_MAX; cpu++)
		n += list_has(a, cpu) && list_has(b, cpu);
	return n;
}

static void
read_process(const char *root, struct pln_machine *machine)
{
	char text[STATUS_LEN];
	const char *at;

	read_text(root, "/proc/self/status", text, sizeof(text));
	at = find_line(text, "Cpus_allowed_list:");
	if (at != NULL)
		snprintf(machine->allowed, sizeof(machine->allowed), "%.*s", (int)strcspn(at, "\n"),
		         at);
	at = find_line(text, "CapEff:");
	machine->locks_freely = at != NULL && (strtoull(at, NULL, 16) >> CAP_IPC_LOCK & 1) != 0;
	read_text(root, "/proc/self/limits", text, sizeof(text));
	at = find_line(text, "Max locked memory");
	if (at == NULL)
		return;
	machine->locked_bytes =
		strncmp(at, "unlimited", 9) == 0 ? UINT64_MAX : strtoull(at, NULL, 10);
}

static void
read_processors(const char *root, struct pln_machine *machine)
{
	char online[PLN_MACHINE_LIST_LEN];

	read_process(root, machine);
	read_text(root, "/sys/devices/system/cpu/online", online, sizeof(online));
	read_text(root, "/sys/devices/system/cpu/isolated", machine->isolated,
	          sizeof(machine->isolated));
	machine->cpus_online = count_both(online, online);
	machine->cpus_allowed = count_both(machine->allowed, online);
}

/* ------------------------------------------------------------------------------------------------ memory */

static uint64_t
read_number(const char *root, const char *folder, const char *name)
{
	char path[PATH_LEN], text[32];

	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/%s/%s", folder, name);
	read_text(root, path, text, sizeof(text));
	return strtoull(text, NULL, 10);
}

static int
by_bytes(const void *a, const void *b)
{
	const struct pln_machine_pages *left = a, *right = b;

	return (left->bytes > right->bytes) - (left->bytes < right->bytes);
}

static void
read_pages(const char *root, struct pln_machine *machine)
{
	char path[PATH_LEN];
	const struct dirent *entry;
	DIR *folder;

	snprintf(path, sizeof(path), "%s" PLN_HUGEPAGES_ROOT, root);
	folder = opendir(path);
	while (folder != NULL && machine->page_sizes < PLN_MACHINE_PAGES_MAX &&
	       (entry = readdir(folder)) != NULL) {
		struct pln_machine_pages *pages = &machine->pages[machine->page_sizes];
		uint64_t kilobytes, promised;

		/* NOLINTNEXTLINE(cert-err34-c): the kernel chose this name */
		if (sscanf(entry->d_name, "hugepages-%" SCNu64 "kB", &kilobytes) != 1)
			continue;
		pages->bytes = kilobytes * 1024;
		pages->total = read_number(root, entry->d_name, "nr_hugepages");
		pages->free = read_number(root, entry->d_name, "free_hugepages");
		promised = read_number(root, entry->d_name, "resv_hugepages");
		pages->free -= promised < pages->free ? promised : pages->free;
		machine->page_sizes++;
	}
	if (folder != NULL)
		closedir(folder);
	qsort(machine->pages, machine->page_sizes, sizeof(machine->pages[0]), by_bytes);
}

static void
read_nodes(const char *root, struct pln_machine *machine)
{
	char online[PLN_MACHINE_LIST_LEN], path[PATH_LEN];

	read_text(root, "/sys/devices/system/node/online", online, sizeof(online));
	for (unsigned int id = 0; id < CPUS_MAX && machine->node_count < PLN_MACHINE_NODES_MAX;
	     id++) {
		struct pln_machine_node *node = &machine->nodes[machine->node_count];

		if (!list_has(online, id))
			continue;
		node->id = id;
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%u/cpulist", id);
		read_text(root, path, node->cpus, sizeof(node->cpus));
		node->cpus_allowed = count_both(node->cpus, machine->allowed);
		snprintf(path, sizeof(path), "%s/sys/devices/system/node/node%u/hugepages", root,
		         id);
		node->huge_free_bytes = pln_hugepages_free(path);
		machine->node_count++;
	}
}

/* ------------------------------------------------------------------------------------------------ devices */

static uint32_t
count_entries(const char *root, const char *path)
{
	char name[PATH_LEN];
	const struct dirent *entry;
	uint32_t n = 0;
	DIR *folder;

	snprintf(name, sizeof(name), "%s%s", root, path);
	folder = opendir(name);
	while (folder != NULL && (entry = readdir(folder)) != NULL)
		n += entry->d_name[0] != '.';
	if (folder != NULL)
		closedir(folder);
	return n;
}

/* The first name in a folder that begins with `prefix`. */
static bool
first_entry(const char *path, const char *prefix, char *out, size_t len)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	bool found = false;

	while (folder != NULL && !found && (entry = readdir(folder)) != NULL) {
		found = entry->d_name[0] != '.' &&
		        strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
		if (found)
			copy(out, len, entry->d_name);
	}
	if (folder != NULL)
		closedir(folder);
	return found;
}

/* The kernel's name for it stands in net/, of a virtio device a folder deeper. */
static void
read_interface(const char *folder, struct pln_machine_nic *nic)
{
	char path[PATH_LEN], virtio[32];

	snprintf(path, sizeof(path), "%s/net", folder);
	if (first_entry(path, "", nic->interface, sizeof(nic->interface)) ||
	    !first_entry(folder, "virtio", virtio, sizeof(virtio)))
		return;
	snprintf(path, sizeof(path), "%s/%s/net", folder, virtio);
	first_entry(path, "", nic->interface, sizeof(nic->interface));
}

static int32_t
read_group(const char *folder)
{
	char path[PATH_LEN], target[PATH_LEN];
	const char *name;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/iommu_group", folder);
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return -1;
	target[n] = '\0';
	name = strrchr(target, '/');
	return (int32_t)strtol(name == NULL ? target : name + 1, NULL, 10);
}

static void
read_nic(const char *root, const struct pln_pci_nic *pci, const struct pln_machine *machine,
         struct pln_machine_nic *nic)
{
	char folder[FOLDER_LEN], path[PATH_LEN], text[32];

	copy(nic->address, sizeof(nic->address), pci->address);
	copy(nic->driver, sizeof(nic->driver), pci->driver);
	snprintf(folder, sizeof(folder), "%s/sys/bus/pci/devices/%s", root, nic->address);
	nic->bound = pln_pci_driver_is_dpdk(pci->driver);
	nic->iommu_group = read_group(folder);
	read_interface(folder, nic);
	nic->node = read_text(folder, "/numa_node", text, sizeof(text)) && text[0] != '\0'
	                    ? (int32_t)strtol(text, NULL, 10)
	                    : -1;
	snprintf(path, sizeof(path), "/dev/vfio/%s%d",
	         machine->vfio_noiommu && machine->iommu_groups == 0 ? "noiommu-" : "",
	         nic->iommu_group);
	nic->openable = strcmp(nic->driver, "vfio-pci") != 0 || is_openable(root, path);
}

static int
by_address(const void *a, const void *b)
{
	const struct pln_pci_nic *left = a, *right = b;

	return strcmp(left->address, right->address);
}

static void
read_devices(const char *root, struct pln_machine *machine)
{
	struct pln_pci_nic nics[PLN_MACHINE_NICS_MAX];
	char path[PATH_LEN], text[8];

	machine->iommu_groups = count_entries(root, "/sys/kernel/iommu_groups");
	machine->vfio_loaded = exists(root, "/sys/bus/pci/drivers/vfio-pci");
	machine->vfio_openable = is_openable(root, "/dev/vfio/vfio");
	read_text(root, "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", text,
	          sizeof(text));
	machine->vfio_noiommu = text[0] == 'Y' || text[0] == '1';
	machine->uio_loaded = exists(root, "/sys/bus/pci/drivers/uio_pci_generic") ||
	                      exists(root, "/sys/bus/pci/drivers/igb_uio");
	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices", root);
	machine->nic_count = pln_pci_nics(path, nics, PLN_MACHINE_NICS_MAX);
	qsort(nics, machine->nic_count, sizeof(nics[0]), by_address);
	for (uint32_t i = 0; i < machine->nic_count; i++)
		read_nic(root, &nics[i], machine, &machine->nics[i]);
}

int
pln_machine_read(const char *root, struct pln_machine *out)
{
	struct pln_machine machine = { .size = sizeof(machine) };

	snprintf(machine.dpdk, sizeof(machine.dpdk), "%s", rte_version());
	read_processors(root, &machine);
	read_pages(root, &machine);
	read_nodes(root, &machine);
	read_devices(root, &machine);
	return pln_sized_give(out, &machine, sizeof(machine));
}
