/* SPDX-License-Identifier: BSD-3-Clause */
/* The head of a response as bytes, and the few words that go with a refusal. */
#ifndef POLLEN_APP_SERVE_REPLY_H
#define POLLEN_APP_SERVE_REPLY_H

#include <pollen/types.h>

PLN_C_BEGIN

struct reply {
	unsigned int status;
	const char *date;          /* HTTP's form */
	const char *type;          /* of the content; NULL: none is sent or described */
	const char *etag;          /* NULL: none */
	const char *modified;      /* HTTP's form, NULL: none */
	const char *location;      /* NULL: none */
	uint64_t first, len, size; /* the content: all `size` bytes, or with 206 `len` of them */
	bool is_closing;           /* the connection ends behind it */
	bool is_http10;            /* the client has to be told that the connection stays */
};

/** "Not Found". */
const char *reply_reason(unsigned int status);

/** Write status line and fields, with the empty line behind them. @return the length; 0: it does not fit. */
size_t reply_head(const struct reply *reply, char *buf, size_t room);

/** Write a response whose content is its own status. @param is_head leave the content out. @return the length; 0: it does not fit. */
size_t reply_status(const struct reply *reply, bool is_head, char *buf, size_t room);

PLN_C_END

#endif
