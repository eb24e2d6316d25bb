/* SPDX-License-Identifier: BSD-3-Clause */
/* What is to be done, by all lcores alike: read while they run, written before. */
#ifndef POLLEN_APP_PERF_PLAN_H
#define POLLEN_APP_PERF_PLAN_H

#include <pollen/types.h>

PLN_C_BEGIN

#define PLAN_MESSAGE_MAX (1U << 20) /* bytes of a request or a response */
#define PLAN_DEPTH_MAX   1024U      /* requests in flight on one connection */

enum plan_workload {
	PLAN_BULK,      /* bytes, as many as go */
	PLAN_RR,        /* requests on connections that stay */
	PLAN_CRR,       /* connect, one exchange, close */
	PLAN_CONNS,     /* many connections, of which few do something */
	PLAN_HTTP,      /* requests to any HTTP server */
	PLAN_OPEN_LOOP, /* requests at given times, whatever has been answered */
	PLAN_WORKLOADS,
};

struct plan {
	bool is_server;
	enum plan_workload workload;
	struct pln_endpoint remote; /* a server's: the port alone */
	uint32_t request, response; /* bytes */
	uint32_t connections;       /* of all lcores */
	uint32_t depth;             /* requests in flight on each of them */
	uint32_t in_flight;         /* conns: on all of them, at random; 0: by rate */
	bool server_closes;         /* crr: first */
	bool up, down;   /* bulk: bytes go from client to server, from server to client */
	bool zerocopy;   /* bulk */
	bool is_poisson; /* arrivals, else evenly spaced */
	uint32_t length; /* bulk: bytes of each call */
	uint64_t rate;   /* a second, of all lcores; 0: no limit */
	uint64_t ramp;   /* connections opened a second; 0: no limit */
	uint64_t duration_ns, warmup_ns;
	struct pln_addr source;   /* the first of our addresses that connections take in turn */
	uint32_t sources;         /* how many there are; 0: the stack's choice */
	const char *request_text; /* http: a whole request */
};

/** "rr", "open-loop" */
const char *plan_workload_name(enum plan_workload workload);

/** Address number `i` of those that connections take in turn. */
struct pln_addr plan_source(const struct plan *plan, uint32_t i);

PLN_C_END

#endif
