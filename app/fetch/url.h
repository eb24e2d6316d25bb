/* SPDX-License-Identifier: BSD-3-Clause */
/* URLs, by libcurl's parser: what of them a request, a connection and a file's name need. */
#ifndef POLLEN_APP_FETCH_URL_H
#define POLLEN_APP_FETCH_URL_H

#include <pollen/types.h>

PLN_C_BEGIN

struct url {
	void *handle;    /* libcurl's, for redirects */
	char *text;      /* the whole, without user, password and fragment */
	char *host;      /* as the resolver wants it: ASCII, an IPv6 address without brackets */
	char *authority; /* as the Host header wants it: the port only when it is not 80 */
	char *target;    /* path and query, percent-encoded, as the request line wants it */
	char *user;      /* decoded, NULL for none */
	char *password;  /* decoded, NULL for none */
	uint16_t port;
};

/**
 * Parse what a user typed; without a scheme it is http.
 *
 * @param out  to be freed with url_free; untouched on failure
 * @return CODE_OK, CODE_URL, CODE_PROTOCOL, CODE_MEMORY, with a sentence
 */
int url_parse(const char *text, struct url *out, struct pln_error *error);

/** Resolve a reference found in `base` (RFC 3986 §5): where a redirect leads. Results as url_parse. */
int url_follow(const struct url *base, const char *reference, struct url *out,
               struct pln_error *error);

/** Do two URLs have the same host and port? */
bool url_same_host(const struct url *a, const struct url *b);

/** The last part of the path as a file's name, "index.html" where there is none. @return to be freed; NULL: memory. */
char *url_file_name(const struct url *url);

void url_free(struct url *url);

PLN_C_END

#endif
