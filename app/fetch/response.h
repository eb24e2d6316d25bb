/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads one HTTP/1 response out of a stream of bytes, however they are cut: its head is kept, its body is pointed at where
 * it lies, its end is found by RFC 9112 §6.3. Parsing is llhttp's.
 */
#ifndef POLLEN_APP_FETCH_RESPONSE_H
#define POLLEN_APP_FETCH_RESPONSE_H

#include <llhttp.h>
#include <sys/types.h>

#include <pollen/types.h>

#include "fetch/text.h"

PLN_C_BEGIN

/* A head may be this long, all interim responses' heads together too. */
#define RESPONSE_HEAD_MAX (UINT32_C(256) << 10)

enum response_state {
	RESPONSE_HEAD, /* the final head is not complete yet */
	RESPONSE_BODY, /* it is; the body comes */
	RESPONSE_DONE, /* all is here */
	RESPONSE_FAILED,
};

struct response {
	llhttp_t parser;
	llhttp_settings_t settings;
	enum response_state state;
	bool is_head;    /* it answers HEAD: no body whatever the head says */
	struct text raw; /* the head as received, interim ones before it */
	size_t final_at; /* where in `raw` the final head begins */
	/* name NUL value NUL name NUL …, of the final head */
	struct text fields;
	struct text name, value; /* the one being read */
	unsigned int field_count;
	unsigned int status;
	bool has_length;      /* the body's length is known, in `length` */
	bool until_close;     /* the body ends where the connection does */
	bool keep_alive;      /* the connection can be used again */
	uint64_t length;      /* bytes, by Content-Length */
	uint64_t body_bytes;  /* received so far, without chunk framing */
	uint64_t total_bytes; /* looked at so far */
	void (*body)(void *ctx, const void *data, size_t len);
	void *ctx;
	struct pln_error *error; /* where the sentence of RESPONSE_FAILED goes */
};

/**
 * Begin to read a response.
 *
 * @param response  response->body, ctx and error are set by the caller; the rest is overwritten
 * @param is_head   the request was HEAD
 */
void response_begin(struct response *response, bool is_head);

/**
 * Look at the next bytes. It stops behind the final head, so that the caller can decide where the body goes, and behind the
 * end of the message.
 *
 * @return bytes looked at; response->state tells the rest
 */
size_t response_feed(struct response *response, const void *data, size_t len);

/** The peer has closed: is the message complete? @return the state, RESPONSE_DONE or RESPONSE_FAILED. */
enum response_state response_eof(struct response *response);

/** A field of the final head, the first of that name in any case; NULL when there is none. */
const char *response_field(const struct response *response, const char *name);

/** How many stretches of body `len` bytes can make at most. */
size_t response_stretches(size_t len);

/** "1.1" of HTTP/1.1. */
void response_version(const struct response *response, char buf[8]);

void response_free(struct response *response);

PLN_C_END

#endif
