/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hugepages that are free, as the kernel counts them, and whether we may take them.
 */
#ifndef POLLEN_HOST_HUGEPAGES_H
#define POLLEN_HOST_HUGEPAGES_H

#include "base/decl.h"

PLN_C_BEGIN

#define PLN_HUGEPAGES_ROOT "/sys/kernel/mm/hugepages"

/* Bytes in free, unreserved hugepages of all sizes below `root`; 0 when there is no such folder. */
uint64_t pln_hugepages_free(const char *root);

/* Would the kernel give us `bytes` of them now? Asks by reserving and giving back. */
bool pln_hugepages_grantable(uint64_t bytes);

PLN_C_END

#endif
