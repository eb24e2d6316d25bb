/* SPDX-License-Identifier: BSD-3-Clause */
/* One URL: requests along redirects, the body to its target, again after a transient error. */
#ifndef POLLEN_APP_FETCH_TRANSFER_H
#define POLLEN_APP_FETCH_TRANSFER_H

#include "fetch/result.h"
#include "fetch/session.h"
#include "fetch/target.h"

PLN_C_BEGIN

struct transfer {
	struct session *session;
	const struct options *options;
	struct result *result;
	struct pln_error *error; /* code is an enum code */
	const char *typed;       /* the URL as given */
	unsigned int number;     /* of the URL */

	struct url url;  /* the one being asked now */
	struct url next; /* where the response redirects to */
	bool has_next;
	char *first_host;
	uint16_t first_port;
	const char *method;
	bool has_body;
	struct text request;
	struct text heads; /* of redirects and the last response, for -i and -I */

	struct target target;
	struct exchange exchange;
	char range[32]; /* of a resumed transfer, "" for none */
	uint64_t total; /* bytes of body that are to come, UINT64_MAX unknown */
	bool is_saving; /* the body of this response goes to the target */
	bool is_metered;
	bool is_complete_already; /* 416: there was nothing left to send */
	bool is_transient;        /* trying again may help */
	uint64_t retry_after_ns;  /* asked for by the server */

	uint64_t begin;         /* ns: of this try */
	uint64_t request_begin; /* ns: of this request */
};

/**
 * Fetch a URL to the end.
 *
 * @param transfer  session, options, result, error, typed, number set; the rest zero
 * @return CODE_OK or an enum code with its sentence; 128 + signal when interrupted
 */
int transfer_run(struct transfer *transfer);

void transfer_free(struct transfer *transfer);

/** One request and its response, on a new or an old connection (request.c's text, exchange.c's steps). @return a code. */
int transfer_ask(struct transfer *transfer);

/** The head is here: where does the body go? @return a code; not CODE_OK ends the exchange. */
int transfer_take_head(struct transfer *transfer);

/** Name the target. @return a code. */
int transfer_name_target(struct transfer *transfer);

/** The last response is complete, or failed with `code`: keep or name the file. @return a code. */
int transfer_finish_target(struct transfer *transfer, int code);

PLN_C_END

#endif
