/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Start EAL for a program that has not: headless, so that mbufs and mempools exist and nothing else. Programs with ports start
 * EAL themselves, with arguments of their own, before the first stack.
 */
#ifndef POLLEN_DEV_EAL_H
#define POLLEN_DEV_EAL_H

#include "base/decl.h"

PLN_C_BEGIN

/* Megabytes of ordinary memory that a headless EAL maps; a page costs nothing until it is touched. */
#define PLN_EAL_HEADLESS_MB 128

/*
 * Start EAL unless it runs: no hugepages, no PCI, no telemetry, no shared files; nothing stays on disk, and the calling thread
 * keeps its CPU affinity. 0, or the negative errno of rte_eal_init. Takes about 150 ms once (100 of them the TSC's calibration
 * where the CPU does not tell its rate, the rest DPDK's drivers being loaded), then nothing. EAL's main lcore becomes the thread
 * that calls first; another thread must not call at the same time.
 */
int pln_eal_ensure(void);

PLN_C_END

#endif
