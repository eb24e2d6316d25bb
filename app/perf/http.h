/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers of any HTTP/1.1 server, as far as a load generator wants to know: when one ends, and whether it is a good one. */
#ifndef POLLEN_APP_PERF_HTTP_H
#define POLLEN_APP_PERF_HTTP_H

#include <pollen/types.h>

PLN_C_BEGIN

struct http;

/* What was found in some bytes. */
struct http_news {
	unsigned int complete; /* answers that ended */
	unsigned int refused;  /* of them, with a status of 400 and above */
	bool is_last;          /* the server will not answer on this connection again */
};

/** Readers for so many connections. @return NULL: memory is out */
struct http *http_create(uint32_t count);

void http_destroy(struct http *https);

/** Reader number `i` begins with a new connection. */
void http_begin(struct http *https, uint32_t i);

/** Read on. @return 0; -EBADMSG: that is no HTTP */
int http_read(struct http *https, uint32_t i, const void *data, size_t len, struct http_news *news);

/** The connection has ended: may an answer end with it? Then it counts in `news`. @return 0; -EBADMSG: in the middle of one */
int http_end(struct http *https, uint32_t i, struct http_news *news);

PLN_C_END

#endif
