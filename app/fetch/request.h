/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes an HTTP/1.1 request: RFC 9112 §3 and §5, RFC 9110 §7.2 (Host), §11.6.2 (Authorization), §13.1.5 (If-Range), §14.2 (Range). */
#ifndef POLLEN_APP_FETCH_REQUEST_H
#define POLLEN_APP_FETCH_REQUEST_H

#include <pollen/types.h>

#include "fetch/options.h"
#include "fetch/text.h"
#include "fetch/url.h"

PLN_C_BEGIN

struct request {
	const struct url *url;
	const char *method;
	const char *range; /* "0-99", NULL for none */
	const char *
		if_range; /* an entity tag or a date: the whole instead if it is another one; NULL for none */
	bool has_body;   /* options->data goes along */
	bool is_foreign; /* a redirect led to another host: what identifies the user stays home */
};

/** Write head and body into `out`, which is cleared first. out->failed tells of memory. @return bytes of the head. */
size_t request_write(const struct request *request, const struct options *options,
                     struct text *out);

/** Does a -H line replace this header, or leave it out? */
bool request_overrides(const struct options *options, const char *name);

PLN_C_END

#endif
