/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counts free hugepages in sysfs (hugepages-SIZEkB/free_hugepages minus those promised to others). What is counted may still be
 * refused to us (a control group, another user's quota), so the kernel is asked too, before EAL, which cannot be started twice.
 */
#include "host/hugepages.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>

#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT 26
#endif
#define SHIFT_2M 21U
#define SHIFT_1G 30U

static uint64_t
read_number(const char *root, const char *folder, const char *name)
{
	char path[512];
	uint64_t value = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/%s", root, folder, name);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	/* NOLINTNEXTLINE(cert-err34-c): the kernel wrote this number */
	if (fscanf(file, "%" SCNu64, &value) != 1)
		value = 0;
	fclose(file);
	return value;
}

uint64_t
pln_hugepages_free(const char *root)
{
	DIR *folder = opendir(root);
	const struct dirent *entry;
	uint64_t bytes = 0;

	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		uint64_t kilobytes, free_pages, promised;

		/* NOLINTNEXTLINE(cert-err34-c): the kernel chose this name */
		if (sscanf(entry->d_name, "hugepages-%" SCNu64 "kB", &kilobytes) != 1)
			continue;
		free_pages = read_number(root, entry->d_name, "free_hugepages");
		promised = read_number(root, entry->d_name, "resv_hugepages");
		if (free_pages > promised)
			bytes += (free_pages - promised) * kilobytes * 1024;
	}
	if (folder != NULL)
		closedir(folder);
	return bytes;
}

static bool
can_reserve(uint64_t bytes, unsigned int page_shift)
{
	uint64_t page = UINT64_C(1) << page_shift;
	uint64_t len = (bytes + page - 1) / page * page;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | (int)(page_shift << MAP_HUGE_SHIFT);
	void *memory = mmap(NULL, len, PROT_READ | PROT_WRITE, flags, -1, 0);

	if (memory == MAP_FAILED)
		return false;
	munmap(memory, len);
	return true;
}

bool
pln_hugepages_grantable(uint64_t bytes)
{
	return can_reserve(bytes, SHIFT_2M) || can_reserve(bytes, SHIFT_1G);
}
