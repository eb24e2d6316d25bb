/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One request and its response on one TCP connection. It is stepped between turns of the stack and never waits; its clock is
 * the caller's, so it runs as well between two stacks in virtual time.
 */
#ifndef POLLEN_APP_FETCH_EXCHANGE_H
#define POLLEN_APP_FETCH_EXCHANGE_H

#include <pollen/tcp.h>

#include "fetch/link.h"
#include "fetch/response.h"
#include "fetch/sink.h"

PLN_C_BEGIN

enum exchange_state {
	EXCHANGE_CONNECTING,
	EXCHANGE_SENDING, /* and receiving */
	EXCHANGE_HEAD,    /* the head is here: the caller sets exchange->fd, then exchange_go_on */
	EXCHANGE_BODY,
	EXCHANGE_DRAINING, /* all is here, but not written yet */
	EXCHANGE_DONE,
	EXCHANGE_FAILED, /* exchange->error says why; wait for the sink, then close */
};

struct exchange {
	enum exchange_state state;
	struct link *link;
	struct sink *sink;
	struct response response;
	struct pln_error error; /* code is an enum code */
	int fd;                 /* where the body goes, -1: nowhere */
	bool is_stale; /* a connection that was used before died without a byte of reply: try a new one */
	const char *request;
	size_t request_len, request_sent;
	uint64_t base;       /* link->seen when this response began */
	uint64_t position;   /* stream position behind the stretch that is being read */
	const char *stretch; /* where it begins in memory */
	uint64_t now;        /* of this step */
	uint64_t connected_at, sent_at, first_byte_at; /* 0: not yet */
	uint64_t extra_bytes;                          /* behind the message's end */
};

/**
 * Begin. The link is open (connecting or connected), the sink idle.
 *
 * @param exchange  link, sink, request, request_len set by the caller; the rest is overwritten
 */
void exchange_begin(struct exchange *exchange, bool is_head, uint64_t now);

/** After each turn, and after events were given to the link. @return the state. */
enum exchange_state exchange_step(struct exchange *exchange, uint64_t now);

/** The body goes to exchange->fd from here on. */
void exchange_go_on(struct exchange *exchange);

/** What is received is held back until it is written; give back what has been. */
void exchange_consume(struct exchange *exchange);

void exchange_free(struct exchange *exchange);

PLN_C_END

#endif
