/* SPDX-License-Identifier: BSD-3-Clause */
/* llhttp, which is told apart by its own callbacks; nothing of an answer is kept. */
#include "perf/http.h"

#include <errno.h>
#include <llhttp.h>
#include <stdlib.h>

struct http {
	llhttp_t parser;
	struct http_news *news; /* where its callbacks write */
	llhttp_settings_t *settings;
};

static int
on_complete(llhttp_t *parser)
{
	const struct http *http = parser->data;

	/* RFC 9110 §15.2: an interim response; the final one follows. */
	if (parser->status_code < 200)
		return 0;
	http->news->complete++;
	http->news->refused += parser->status_code >= 400;
	http->news->is_last = llhttp_should_keep_alive(parser) == 0;
	return 0;
}

struct http *
http_create(uint32_t count)
{
	struct http *https = calloc(count, sizeof(*https));
	llhttp_settings_t *settings = calloc(1, sizeof(*settings));

	if (https == NULL || settings == NULL) {
		free(https);
		free(settings);
		return NULL;
	}
	llhttp_settings_init(settings);
	settings->on_message_complete = on_complete;
	https[0].settings = settings;
	return https;
}

void
http_destroy(struct http *https)
{
	if (https != NULL)
		free(https[0].settings);
	free(https);
}

void
http_begin(struct http *https, uint32_t i)
{
	llhttp_init(&https[i].parser, HTTP_RESPONSE, https[0].settings);
	https[i].parser.data = &https[i];
}

int
http_read(struct http *https, uint32_t i, const void *data, size_t len, struct http_news *news)
{
	https[i].news = news;
	return llhttp_execute(&https[i].parser, data, len) == HPE_OK ? 0 : -EBADMSG;
}

int
http_end(struct http *https, uint32_t i, struct http_news *news)
{
	https[i].news = news;
	return llhttp_finish(&https[i].parser) == HPE_OK ? 0 : -EBADMSG;
}
