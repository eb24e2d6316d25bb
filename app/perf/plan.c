/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of workloads, and addresses counted as numbers. */
#include "perf/plan.h"

const char *
plan_workload_name(enum plan_workload workload)
{
	static const char *const names[PLAN_WORKLOADS] = {
		[PLAN_BULK] = "bulk",   [PLAN_RR] = "rr",     [PLAN_CRR] = "crr",
		[PLAN_CONNS] = "conns", [PLAN_HTTP] = "http", [PLAN_OPEN_LOOP] = "open-loop",
	};

	return names[workload];
}

struct pln_addr
plan_source(const struct plan *plan, uint32_t i)
{
	struct pln_addr addr = plan->source;
	uint32_t number = ((uint32_t)addr.bytes[0] << 24 | (uint32_t)addr.bytes[1] << 16 |
	                   (uint32_t)addr.bytes[2] << 8 | addr.bytes[3]) +
	                  i;

	for (int k = 0; k < 4; k++)
		addr.bytes[k] = (uint8_t)(number >> (24 - 8 * k));
	return addr;
}
