/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How much memory a port's stacks need: computed from what will be made, before EAL is started with it.
 */
#ifndef POLLEN_HOST_MEMORY_H
#define POLLEN_HOST_MEMORY_H

#include "base/decl.h"

PLN_C_BEGIN

struct pln_memory_input {
	uint16_t mtu;
	uint32_t
		recv_bytes; /* the program means to have received and not read, of each stack, as what follows */
	uint32_t max_conns;
	uint32_t trace_records;
	uint16_t rx_desc;
	uint16_t tx_desc;
	bool capture;
	bool shared;         /* with the kernel */
	unsigned int stacks; /* one for each lcore; 0: 1 */
};

struct pln_memory {
	uint32_t buffers;        /* in the packet pool of one stack */
	uint32_t kernel_buffers; /* in the pool of the kernel's frames, if shared */
	uint32_t frame_len;      /* bytes of frame a buffer holds */
	uint64_t need_bytes;     /* of EAL's memory, for the port */
};

/* What EAL takes for itself, drivers' rings, fragmentation. */
#define PLN_MEMORY_EAL_BYTES (UINT64_C(20) << 20)

/* Of one port. */
struct pln_memory pln_memory_need(const struct pln_memory_input *in);

PLN_C_END

#endif
