/* SPDX-License-Identifier: BSD-3-Clause */
/* What is known of one URL when it is done: what -w, --tcp-info and the meter's last line tell. */
#ifndef POLLEN_APP_FETCH_RESULT_H
#define POLLEN_APP_FETCH_RESULT_H

#include <pollen/tcp.h>

PLN_C_BEGIN

/* Times are ns since the transfer began; 0 for what did not happen. */
struct result {
	int code;          /* enum code */
	const char *error; /* sentence, NULL for none */
	const char *url;   /* as typed */
	const char *method;
	char *url_effective;
	char *filename; /* "" when nothing was written */
	char *content_type;
	char *redirect_url;  /* where a redirect that was not followed led */
	char *headers_json;  /* the last response's fields as a JSON object */
	unsigned int number; /* of the URL in this run, from 0 */
	unsigned int lcore;  /* whose stack fetched it, from 0 */
	unsigned int status;
	char http_version[8];
	unsigned int redirects, connects, headers, retries;
	uint64_t size_download, size_upload, size_header, size_request;
	uint64_t extra_bytes; /* came behind the end of a body */
	uint64_t time_namelookup, time_connect, time_pretransfer, time_starttransfer;
	uint64_t time_redirect, time_total;
	uint64_t time_appconnect; /* there is no TLS: 0 */
	uint64_t time_start;      /* how long the port took to start, not in the others */
	struct pln_tcp_info tcp;  /* of the last connection, size 0 when there was none */
};

void result_free(struct result *result);

PLN_C_END

#endif
