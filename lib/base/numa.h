/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory on a NUMA node. While something is made, its maker's thread prefers a node; what is mapped meanwhile lies there, whichever
 * thread touches it first, and elsewhere only when the node is full. Where the kernel has one node, knows none or forbids to choose (in some containers),
 * memory comes from where it comes: a preference is never an error.
 */
#ifndef POLLEN_BASE_NUMA_H
#define POLLEN_BASE_NUMA_H

#include "base/decl.h"

PLN_C_BEGIN

/* From now on this thread's memory comes from the node, 0 to 1022. False: it stays as it was, since the kernel cannot, or since the user has
 * chosen already (numactl). Control path. */
bool pln_numa_prefer(int node);

/* The end of a preference that has begun; a node of its own threads is again as good as another. */
void pln_numa_prefer_none(void);

/* Zeroed pages, backed as they are touched, on the node that this thread prefers now. NULL: no memory. */
void *pln_numa_map(size_t bytes);
void pln_numa_unmap(void *memory, size_t bytes);

/* The same for one object whose bounds sanitizers are to watch; it begins a page. */
void *pln_numa_alloc(size_t bytes);
void pln_numa_free(void *memory, size_t bytes); /* NULL is allowed */

/* The node that a processor is on; -1: it cannot be told. Control path. */
int pln_numa_node_of_cpu(unsigned int cpu);

/* The node that a page lies on; -1: it cannot be told, or was never touched. For tests and descriptions. */
int pln_numa_node_of(const void *memory);

PLN_C_END

#endif
