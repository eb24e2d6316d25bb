/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One URL: requests along redirects, the body to its target, again after a transient error; or a part of a URL's file, for
 * the transfer that leads. A transfer never waits: it is stepped between turns of its lcore's stack, beside others.
 */
#ifndef POLLEN_APP_FETCH_TRANSFER_H
#define POLLEN_APP_FETCH_TRANSFER_H

#include "fetch/exchange.h"
#include "fetch/options.h"
#include "fetch/result.h"
#include "fetch/split.h"
#include "fetch/target.h"
#include "fetch/url.h"

PLN_C_BEGIN

struct session;
struct seat;

enum transfer_state {
	TRANSFER_TRYING,    /* from the typed URL on */
	TRANSFER_RESOLVING, /* the host's name */
	TRANSFER_READY,     /* to open a connection, once there is a port */
	TRANSFER_ASKING,    /* request and response */
	TRANSFER_SETTLING,  /* the response is over, but not all of it written */
	TRANSFER_RESTING,   /* before another try */
	TRANSFER_PAUSING,   /* before another try at a part */
	TRANSFER_WAITING,   /* for those who fetch other parts */
	TRANSFER_DONE,
};

struct transfer {
	struct session *session; /* of its lcore */
	struct seat *seat;       /* what it has there: a connection and a writer */
	const struct options *options;
	struct result *result;
	struct pln_error *error; /* code is an enum code */
	const char *typed;       /* the URL as given */
	unsigned int number;     /* of the URL */

	enum transfer_state state;
	int code;       /* of the request, then of the whole */
	uint64_t since; /* ns: when this settling began */
	uint64_t until; /* ns: when a rest or pause ends */
	struct pln_endpoint remote;

	struct url url;  /* the one being asked now */
	struct url next; /* where the response redirects to */
	char *first_host;
	const char *method;
	struct text request;
	struct text heads; /* of redirects and the last response, for -i and -I */

	struct target target;
	struct exchange exchange;
	char range[48];          /* of what is asked for, "" for all */
	uint64_t total;          /* bytes of body that are to come, UINT64_MAX unknown */
	uint64_t metered;        /* what all lcores had received when a meter of its own began */
	uint64_t counted;        /* bytes of this response that its lcore has counted */
	uint64_t retry_after_ns; /* asked for by the server */

	uint64_t first;         /* ns: of the first try */
	uint64_t begin;         /* ns: of this try */
	uint64_t request_begin; /* ns: of this request, 0 between two */

	/* --split */
	struct split *split;    /* NULL: not in parts */
	uint64_t marked;        /* up to where the target's mark says it is whole */
	uint64_t fetched;       /* bytes of all parts, when they are over */
	int part;               /* the one it holds, -1: none */
	unsigned int fruitless; /* requests in a row that brought nothing of a part */
	bool wants_parts; /* the first part alone was asked for, to see whether there can be more */
	bool no_parts;    /* that was tried, and could not be */
	bool asks_anew;   /* this request came to nothing, another way will do */
	bool is_helper;   /* it fetches parts for another transfer */
	bool is_placing;  /* the body of this response goes to its part's place */

	bool has_next;   /* there is a redirect to be followed */
	bool has_body;   /* the request has */
	bool is_renewed; /* it is asked on a new connection because the old one had been closed */
	bool is_resumed; /* an earlier fetch left something that is kept */
	bool is_saving;  /* the body of this response goes to the target */
	bool is_metered; /* by a meter of its own */
	bool is_counted; /* among what its lcore expects */
	bool is_complete_already; /* 416: there was nothing left to send */
	bool is_transient;        /* trying again may help */
	uint16_t first_port;      /* of first_host */
};

/** Begin. @param transfer  session, seat, options, result, error, typed, number set; the rest zero */
void transfer_begin(struct transfer *transfer);

/** Begin to fetch parts for the transfer that made the split, which was joined. Set as for transfer_begin. */
void transfer_help(struct transfer *transfer, struct split *split);

/**
 * After each turn, and after events were given to the link.
 *
 * @return true: it is over, with transfer->code: CODE_OK or an enum code with its sentence; 128 + signal when interrupted
 */
bool transfer_step(struct transfer *transfer);

void transfer_free(struct transfer *transfer);

/* ---------------------------------------------------------------- between the files of transfer_*.c alone */

/* Steps in a state of that name, and what begins them. */
void transfer_resolve(struct transfer *transfer);
void transfer_open(struct transfer *transfer, bool is_fresh);
void transfer_pump(struct transfer *transfer);
void transfer_settle(struct transfer *transfer);
void transfer_wait(struct transfer *transfer);

/** The request is over, or there was none: what now? */
void transfer_asked(struct transfer *transfer, int code);

/** A part's request is over. */
void transfer_part_asked(struct transfer *transfer, int code);

/** This try is over. */
void transfer_tried(struct transfer *transfer, int code);

/** Was the program told to end, or is time up? @param phase for the sentence. @return a code. */
int transfer_patience(struct transfer *transfer, const char *phase);

/** Bytes of this try's bodies, those of all parts. */
uint64_t transfer_received(const struct transfer *transfer);

/** The head's lines to standard error, each behind "< ", with -v. */
void transfer_print_head(struct transfer *transfer);

/** The head is here: where does the body go? @return a code; not CODE_OK ends the exchange. */
int transfer_take_head(struct transfer *transfer);
int transfer_take_part_head(struct transfer *transfer);

/** The answer to a request for the rest of a file. @return a code. */
int transfer_take_resumed(struct transfer *transfer);

/** The answer to the request for the first part. @return a code. */
int transfer_take_first_part(struct transfer *transfer);

/** The body of the first part goes to its place; others may fetch the rest. @return a code. */
int transfer_start_parts(struct transfer *transfer);

/** Can this be fetched in parts at all? */
bool transfer_may_split(const struct transfer *transfer);

/** Name the target. @return a code. */
int transfer_name_target(struct transfer *transfer);

/** The last response is complete, or failed with `code`: keep or name the file. @return a code. */
int transfer_finish_target(struct transfer *transfer, int code);

/** The meter of its own, if it has one. */
void transfer_draw(struct transfer *transfer);

/** Count: a body begins; so much of it is here; this try has ended. */
void transfer_count_begin(struct transfer *transfer);
void transfer_count(struct transfer *transfer);
void transfer_count_end(struct transfer *transfer);

PLN_C_END

#endif
