/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A thread's policy says where the pages come from that it touches first. A mapping takes over the policy that is in force when it is
 * made, so that it holds for the thread that will touch it as well. The calls are libnuma's, those that print nothing when they fail.
 */
#include "base/numa.h"

#include <numa.h>
#include <numaif.h>
#include <stdlib.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define NUMA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NUMA_ASAN 1
#endif
#endif

#define NODES_MAX     1023U /* of the kernel's largest configuration, less one: see below */
#define BITS          (8 * sizeof(unsigned long))
#define MASK_WORDS    (1024 / BITS)
#define KERNEL_EXTENT (NODES_MAX + 1) /* the kernel reads one bit less than it is told */
#define PAGE          4096U

static int
policy(unsigned long *nodes)
{
	int mode;

	return get_mempolicy(&mode, nodes, KERNEL_EXTENT, NULL, 0) == 0 ? mode : -1;
}

bool
pln_numa_prefer(int node)
{
	unsigned long nodes[MASK_WORDS] = { 0 };

	if (node < 0 || (unsigned int)node >= NODES_MAX || policy(nodes) != MPOL_DEFAULT)
		return false;
	memset(nodes, 0, sizeof(nodes));
	nodes[(unsigned int)node / BITS] = 1UL << (unsigned int)node % BITS;
	return set_mempolicy(MPOL_PREFERRED, nodes, KERNEL_EXTENT) == 0;
}

void
pln_numa_prefer_none(void)
{
	set_mempolicy(MPOL_DEFAULT, NULL, 0);
}

void *
pln_numa_map(size_t bytes)
{
	unsigned long nodes[MASK_WORDS] = { 0 };
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	if (policy(nodes) == MPOL_PREFERRED)
		mbind(memory, bytes, MPOL_PREFERRED, nodes, KERNEL_EXTENT, 0);
	return memory;
}

void
pln_numa_unmap(void *memory, size_t bytes)
{
	munmap(memory, bytes);
}

#ifdef NUMA_ASAN

void *
pln_numa_alloc(size_t bytes)
{
	void *memory;

	if (posix_memalign(&memory, PAGE, bytes) != 0)
		return NULL;
	return memset(memory, 0, bytes);
}

void
pln_numa_free(void *memory, size_t bytes)
{
	(void)bytes;
	free(memory);
}

#else

void *
pln_numa_alloc(size_t bytes)
{
	return pln_numa_map(bytes);
}

void
pln_numa_free(void *memory, size_t bytes)
{
	if (memory != NULL)
		pln_numa_unmap(memory, bytes);
}

#endif

int
pln_numa_node_of_cpu(unsigned int cpu)
{
	return numa_available() < 0 ? -1 : numa_node_of_cpu((int)cpu);
}

int
pln_numa_node_of(const void *memory)
{
	int node = -1;

	/* The call takes no pointer to const, and changes nothing there. */
	if (get_mempolicy(&node, NULL, 0, (void *)memory, MPOL_F_NODE | MPOL_F_ADDR) != 0)
		return -1;
	return node;
}
