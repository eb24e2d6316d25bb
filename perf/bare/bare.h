/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ceiling of a device: as many frames of the same sizes as TCP would exchange over it, without TCP. One thread polls one port in bursts
 * of 32, on plain ethdev.
 */
#ifndef POLLEN_PERF_BARE_H
#define POLLEN_PERF_BARE_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>

#define BARE_BURST 32U

struct bare_options {
	bool is_server, is_bulk;
	uint16_t frame,
		reply; /* bytes without frame check sequence: of a request, or in bulk; of a response */
	uint32_t in_flight;     /* rr: requests on the way at all times */
	double seconds, warmup; /* a server's seconds 0: until a signal */
	const char *json;       /* file, "-" for stdout */
};

struct bare_result {
	uint64_t frames,
		bytes; /* exchanges, and what they had; frames one way, in bulk, and their payload */
	uint64_t cycles; /* of the TSC, in which they were counted */
	uint64_t *rtt;   /* of each exchange, cycles */
	uint64_t n_rtt, room;
};

struct bare {
	const struct bare_options *options;
	struct bare_result result;
	struct rte_mempool *pool;
	uint8_t *
		app; /* the bytes of a program that sends or receives, as many as it likes to hold */
	uint32_t app_at;     /* where it is in them */
	uint64_t begin, end; /* TSC: what is counted */
};

/* Bytes that the program's buffer has: as much as a sender's or receiver's memory would be gone through. */
#define BARE_APP_BYTES (256U << 10)

void bare_serve(struct bare *bare);
void bare_exchange(struct bare *bare);
void bare_pump(struct bare *bare);

/* Has a signal asked for the end? */
bool bare_stopped(void);

void bare_report(struct bare *bare);

#endif
