/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes an HTTP/1.1 request: RFC 9112 §3 and §5, RFC 9110 §7.2 (Host), §11.6.2 (Authorization), §14.2 (Range). */
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
	bool has_body;     /* options->data goes along */
	bool is_foreign;   /* a redirect led to another host: what identifies the user stays home */
};

/** Write head and body into `out`, which is cleared first. out->failed tells of memory. @return bytes of the head. */
size_t request_write(const struct request *request, const struct options *options,
                     struct text *out);

PLN_C_END

#endif
