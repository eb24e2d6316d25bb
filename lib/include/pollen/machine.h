/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a machine has for programs like ours: DPDK, processors, hugepages, limits, IOMMU, drivers, NICs. Facts alone, as the kernel
 * tells them below /sys, /proc and /dev; nothing is started, opened or changed. What they are worth is for a program to judge
 * (pollen-doctor does).
 */
#ifndef POLLEN_MACHINE_H
#define POLLEN_MACHINE_H

#include <pollen/types.h>

PLN_C_BEGIN

#define PLN_MACHINE_PAGES_MAX 4   /* sizes of hugepages */
#define PLN_MACHINE_NODES_MAX 16  /* NUMA nodes */
#define PLN_MACHINE_NICS_MAX  32  /* PCI network devices */
#define PLN_MACHINE_LIST_LEN  128 /* of a list of processors, with its NUL */

/* Hugepages of one size. */
struct pln_machine_pages {
	uint64_t bytes; /* of one page */
	uint64_t total; /* pages that are reserved for hugepages */
	uint64_t free;  /* of them, neither in use nor promised */
};

/* One NUMA node. */
struct pln_machine_node {
	unsigned int id;                 /* the kernel's */
	char cpus[PLN_MACHINE_LIST_LEN]; /* its processors, "0-3,8" */
	uint32_t cpus_allowed;           /* of them, those that this process may use */
	uint64_t huge_free_bytes;        /* in its free hugepages of all sizes */
};

/* One PCI network device. */
struct pln_machine_nic {
	char address[16];    /* "0000:03:00.0" */
	char driver[32];     /* of the kernel's; empty: none */
	char interface[16];  /* of the kernel's on it; empty: none */
	int32_t node;        /* NUMA; -1: not known */
	int32_t iommu_group; /* -1: none */
	bool bound;          /* to a driver that DPDK drives it by */
	bool openable;       /* bound to vfio-pci, and this process may open its group; else true */
};

/* A machine. */
struct pln_machine {
	size_t size;                         /* sizeof(struct pln_machine) */
	char dpdk[64];                       /* "DPDK 22.11.4": the one that runs */
	uint32_t cpus_online;                /* processors */
	uint32_t cpus_allowed;               /* those that this process may use */
	char allowed[PLN_MACHINE_LIST_LEN];  /* their list, "0-3,8" */
	char isolated[PLN_MACHINE_LIST_LEN]; /* kept free of other work; empty: none */
	uint64_t locked_bytes;               /* memory this process may lock; UINT64_MAX: any */
	bool locks_freely;                   /* it may pass that limit (CAP_IPC_LOCK) */
	uint32_t iommu_groups;               /* 0: no IOMMU, or it is off */
	bool vfio_loaded;                    /* the kernel has vfio-pci */
	bool vfio_openable;                  /* this process may open /dev/vfio/vfio */
	bool vfio_noiommu;                   /* vfio does without an IOMMU */
	bool uio_loaded;                     /* the kernel has uio_pci_generic or igb_uio */
	uint32_t page_sizes;                 /* entries of pages */
	uint32_t node_count;                 /* entries of nodes; 0: the kernel has no NUMA */
	uint32_t nic_count;                  /* entries of nics */
	struct pln_machine_pages pages[PLN_MACHINE_PAGES_MAX]; /* smallest first */
	struct pln_machine_node nodes[PLN_MACHINE_NODES_MAX];  /* by id */
	struct pln_machine_nic nics[PLN_MACHINE_NICS_MAX];     /* by address */
};

/**
 * Look at a machine. What cannot be read counts as not there.
 *
 * @param root  the folder that holds sys, proc and dev; "" for this machine, another for one made of files
 * @param out   its size is set by the caller; all else is filled
 * @return 0; -EINVAL (size). Any thread
 */
PLN_API int pln_machine_read(const char *root, struct pln_machine *out);

PLN_C_END

#endif
