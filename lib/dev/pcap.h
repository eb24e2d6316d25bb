/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Capture as a link between a stack and its port, one for each stack, one file for all ports: frames of both directions that match a filter go to a pcapng file, as
 * dpdk-dumpcap would write them, in the process itself (dpdk-dumpcap cannot attach to one without shared hugepages).
 */
#ifndef POLLEN_DEV_PCAP_H
#define POLLEN_DEV_PCAP_H

#include <rte_pcapng.h>
#include <rte_spinlock.h>

#include <pollen/host.h>
#include <pollen/link.h>

#include "base/error.h"

PLN_C_BEGIN

struct rte_bpf;

struct pln_pcap_config {
	const char *path;
	const struct bpf_program *filter; /* NULL: everything */
	const char *program;              /* recorded in the file */
	uint16_t port;                    /* whose name and MAC are recorded */
	uint16_t mtu;                     /* of all ports, the largest */
};

/* What came of one port's frames that matched. */
struct pln_pcap_count {
	uint64_t captured; /* written */
	uint64_t missed;   /* could not be copied */
};

/* Several lcores write one file: the lock is the price of a capture, and nobody waits for it who has a file of his own. */
struct pln_pcap {
	rte_spinlock_t lock;
	int fd;
	int error;          /* 0, or what stopped the capture: negative errno */
	bool regular;       /* the file can be cut back to its last whole record */
	uint64_t captured;  /* frames written, of all ports */
	int64_t good_bytes; /* length of the file with whole records only */
	rte_pcapng_t *file;
	struct rte_mempool *pool;
	struct rte_bpf *bpf;
	unsigned int n_ports;
	uint16_t ports[RTE_MAX_ETHPORTS];
	struct pln_pcap_count count[RTE_MAX_ETHPORTS]; /* by port */
};

/* What lies between one stack and its link. */
struct pln_pcap_tap {
	struct pln_pcap *pcap;
	uint16_t port;
	struct pln_link inner;
	struct pln_link link; /* for pln_stack_create; ctx is this struct */
};

/**
 * Open the file.
 *
 * @return 0; -ENOMEM; -EINVAL (the filter cannot be converted); what open said of the path; with a sentence
 */
int pln_pcap_open(struct pln_pcap *pcap, const struct pln_pcap_config *config,
                  struct pln_error *error);

/** Another port's frames go into the file as well; before anything is captured. @return 0 or a negative errno, with a sentence. */
int pln_pcap_add_port(struct pln_pcap *pcap, uint16_t port, struct pln_error *error);

/** Put the capture on top of a link of that port, which is copied; both must outlive the tap. */
void pln_pcap_tap_init(struct pln_pcap_tap *tap, struct pln_pcap *pcap, uint16_t port,
                       const struct pln_link *link);

/** Write the statistics and close the file. Harmless if it was never opened. */
void pln_pcap_close(struct pln_pcap *pcap);

/** Bytes of memory the capture's own buffers take. */
uint64_t pln_pcap_pool_bytes(uint16_t mtu);

PLN_C_END

#endif
