/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What one lcore does of the plan: its connections, what it counts, what it measures. Nothing is shared but the plan, which is read;
 * another lcore reads the counts. It stands between the stack's pln_stack_poll and pln_stack_flush:
 *     worker_act(worker, events, count)
 *     worker_turn(worker, now)
 * Client, bulk and server are its three kinds; each is a table of functions.
 */
#ifndef POLLEN_APP_PERF_WORKER_H
#define POLLEN_APP_PERF_WORKER_H

#include <pollen/stack.h>

#include "common/hdr.h"
#include "perf/arrivals.h"
#include "perf/plan.h"

PLN_C_BEGIN

struct http;
struct worker;

/* How far a client is. A server is always measuring. */
enum worker_stage {
	WORKER_OPENING,
	WORKER_WARMING,
	WORKER_MEASURING,
	WORKER_OVER,
};

/* Since the beginning; only ever grows, but for `open`. */
struct worker_counts {
	uint64_t requests;       /* answered; by a server: answered by it */
	uint64_t sent, received; /* bytes of payload */
	uint64_t connects;       /* connections that were established */
	uint64_t
		failed; /* connections that ended as they should not, or could not be opened; bad answers */
	uint64_t resets, timeouts; /* of them */
	uint64_t intended, issued; /* requests that were due; of them, sent */
	uint64_t open;             /* connections now */
	uint64_t busy_ns;          /* turns that found work */
};

enum call_state {
	CALL_UNUSED,
	CALL_OPENING,
	CALL_OPEN,
	CALL_PARTING, /* the server closes first: its FIN is waited for */
};

/* A connection. */
struct call {
	uint64_t conn;
	uint32_t owed;         /* bytes that TCP has not taken yet */
	uint32_t got;          /* bytes of the message that is arriving */
	uint32_t at;           /* where the next byte to send stands in its message */
	uint16_t first, count; /* its requests in flight, in the ring of their times */
	uint8_t state;         /* enum call_state */
	bool is_free;          /* among those that take a request */
	bool is_ending;        /* the peer has closed: nothing more will come */
};

/* What kind of worker it is. */
struct worker_ops {
	void (*event)(struct worker *w, const struct pln_event *event);
	void (*turn)(struct worker *w, uint64_t now);
	void (*stop)(struct worker *w); /* close what is open */
};

struct worker {
	const struct plan *plan;
	const struct worker_ops *ops;
	struct pln_stack *stack;
	uint64_t (*clock)(const void *ctx); /* ns, the stack's */
	const void *clock_ctx;
	enum worker_stage stage;

	struct call *calls;
	uint32_t n_calls;
	uint64_t *times;  /* plan->depth for each call: when its requests were due */
	uint64_t *opened; /* for each call, crr and conns: when it was opened */
	uint32_t *free;   /* calls that take a request; a server: that are unused */
	uint32_t n_free;
	uint32_t next_open; /* the first call that was never opened */
	uint32_t n_opening;
	uint32_t next_source;
	uint32_t n_in_flight;
	uint32_t in_flight; /* conns: so many at all times; 0: by rate */
	uint32_t *again;    /* calls to be opened in the next turn */
	uint32_t n_again;
	struct http *https; /* http: one for each call */
	struct arrivals arrivals, ramp;
	uint64_t random;

	uint8_t *message; /* what is sent, over and over */
	uint32_t message_len, message_room;
	uint8_t *buffer; /* what is received */
	uint32_t buffer_len;
	uint64_t listener;
	bool is_full; /* a server: connections may wait for a call */

	struct worker_counts counts, begin, end;
	uint64_t acked_begin, acked_end; /* bulk: bytes of ours that arrived */
	uint64_t retransmits_begin, retransmits_end;
	uint64_t begin_ns, end_ns;
	struct hdr *latency; /* ns from when a request was due to its answer's end */
	struct hdr *connect; /* crr, conns: from open to established */
	struct hdr *lag;     /* open-loop, conns: from when a request was due to when it was sent */
	struct pln_error error; /* the first thing that went wrong */
};

/* Where a worker stands. */
struct worker_place {
	struct pln_stack *stack;
	unsigned int index, count; /* of lcores */
	uint64_t (*clock)(const void *ctx);
	const void *clock_ctx;
	uint32_t max_conns; /* of the stack: a server has so many calls */
};

/** Make one; a server listens. @return 0 or a negative errno with a sentence. */
int worker_init(struct worker *w, const struct plan *plan, const struct worker_place *place,
                struct pln_error *error);

void worker_fini(struct worker *w);

/** Act on the stack's events. */
void worker_act(struct worker *w, const struct pln_event *events, unsigned int count);

/** Do what is due. */
void worker_turn(struct worker *w, uint64_t now);

/** Have all connections been opened once? */
bool worker_is_open(const struct worker *w);

/** Go on to another stage. */
void worker_enter(struct worker *w, enum worker_stage stage, uint64_t now);

/** Read one of the counts. Any thread. */
static inline uint64_t
worker_count(const uint64_t *count)
{
	return __atomic_load_n(count, __ATOMIC_RELAXED);
}

/** Add to one. The worker's thread: no other writes, so this need not be one step. */
static inline void
worker_add(uint64_t *count, uint64_t n)
{
	__atomic_store_n(count, *count + n, __ATOMIC_RELAXED);
}

static inline uint64_t
worker_now(const struct worker *w)
{
	return w->clock(w->clock_ctx);
}

/* ------------------------------------------------------------------------------------------------ for the kinds */

extern const struct worker_ops client_ops;
extern const struct worker_ops server_ops;
extern const struct worker_ops bulk_ops; /* both ends */

/** Open a connection to the plan's remote. A failure is counted. @return 0 or a negative errno. */
int call_open(struct worker *w, struct call *s);

/** Have TCP take what is owed. @return 0 or a negative errno */
int call_push(struct worker *w, struct call *s);

/** A connection is over, or could not be opened: count it, and why. The handle is dead afterwards. */
void call_fail(struct worker *w, struct call *s, int error);

/** Let go of a connection; bytes unsent still go. */
void call_close(struct worker *w, struct call *s);

/** Close all that are open, at once, and a server's listener. */
void call_abort_all(struct worker *w);

/** Open what may be opened at this time, so many at once at most. */
void call_open_more(struct worker *w, uint64_t now);

/** Accept all that wait, `start` each. */
void call_accept(struct worker *w, void (*start)(struct worker *w, struct call *s));

/** Count a connection that was established. */
void call_established(struct worker *w, struct call *s, uint64_t now);

static inline uint32_t
call_index(const struct worker *w, const struct call *s)
{
	return (uint32_t)(s - w->calls);
}

PLN_C_END

#endif
