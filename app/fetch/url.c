/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * curl_url_*(3) around a struct. Blanks and bytes above 127 are percent-encoded, ./ and ../ are resolved by libcurl. The only
 * scheme is http. A file's name is taken as it stands in the URL, not decoded, as curl does: so it can hold no slash.
 */
#include "fetch/url.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/fault.h"
#include "common/number.h"
#include "fetch/code.h"
#include "fetch/text.h"

#define HTTP_PORT 80

#ifdef CURLU_PUNYCODE
#define HOST_FLAGS CURLU_PUNYCODE
#else
#define HOST_FLAGS 0
#endif

/* A part as a string of our own; NULL when the URL has none. */
static char *
part(CURLU *handle, CURLUPart what, unsigned int flags)
{
	char *value = NULL;
	char *copy = NULL;

	if (curl_url_get(handle, what, &value, flags) == CURLUE_OK && value != NULL)
		copy = strdup(value);
	curl_free(value);
	return copy;
}

static int
check_scheme(CURLU *handle, const char *text, struct pln_error *error)
{
	char *scheme = part(handle, CURLUPART_SCHEME, 0);
	int ret = CODE_OK;

	if (scheme == NULL || strcasecmp(scheme, "http") != 0)
		ret = fault_set(error, CODE_PROTOCOL,
		                "Protocol \"%s\" is not supported (in %s): this version speaks "
		                "http:// only.",
		                scheme != NULL ? scheme : "", text);
	free(scheme);
	return ret;
}

static char *
get_target(CURLU *handle)
{
	char *path = part(handle, CURLUPART_PATH, 0);
	char *query = part(handle, CURLUPART_QUERY, 0);
	struct text target = { 0 };

	text_puts(&target, path != NULL ? path : "/");
	if (query != NULL)
		text_printf(&target, "?%s", query);
	free(path);
	free(query);
	return target.failed ? NULL : target.data;
}

static char *
get_host(CURLU *handle)
{
	char *host = part(handle, CURLUPART_HOST, HOST_FLAGS);
	size_t len = host != NULL ? strlen(host) : 0;

	if (len > 2 && host[0] == '[') {
		memmove(host, host + 1, len - 2);
		host[len - 2] = '\0';
	}
	return host;
}

static char *
get_authority(CURLU *handle, uint16_t port)
{
	char *host = part(handle, CURLUPART_HOST, HOST_FLAGS);
	struct text out = { 0 };

	text_puts(&out, host != NULL ? host : "");
	if (port != HTTP_PORT)
		text_printf(&out, ":%u", port);
	free(host);
	return out.failed ? NULL : out.data;
}

/* libcurl decodes %XX in a host and refuses what it made of it, but not DEL. */
static int
check_host(CURLU *handle, const char *text, struct pln_error *error)
{
	char *host = part(handle, CURLUPART_HOST, 0);
	int ret = CODE_OK;

	if (host != NULL && strchr(host, 0x7f) != NULL)
		ret = fault_set(error, CODE_URL, "'%s' is not a URL (Bad hostname).", text);
	free(host);
	return ret;
}

/* Take the parts out of a handle, which becomes the URL's. */
static int
take_parts(CURLU *handle, const char *text, struct url *out, struct pln_error *error)
{
	struct url url = { .handle = handle };
	char *port = part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	uint64_t number = 0;

	if (port == NULL || number_parse(port, 1, UINT16_MAX, &number) < 0) {
		free(port);
		return fault_set(error, CODE_URL, "%s: a port is a number from 1 to 65535.", text);
	}
	free(port);
	url.port = (uint16_t)number;
	url.host = get_host(handle);
	url.authority = get_authority(handle, url.port);
	url.target = get_target(handle);
	url.user = part(handle, CURLUPART_USER, CURLU_URLDECODE);
	url.password = part(handle, CURLUPART_PASSWORD, CURLU_URLDECODE);
	(void)curl_url_set(handle, CURLUPART_USER, NULL, 0);
	(void)curl_url_set(handle, CURLUPART_PASSWORD, NULL, 0);
	(void)curl_url_set(handle, CURLUPART_FRAGMENT, NULL, 0);
	url.text = part(handle, CURLUPART_URL, 0);
	if (url.host == NULL || url.authority == NULL || url.target == NULL || url.text == NULL) {
		url.handle = NULL;
		url_free(&url);
		return fault_set(error, CODE_MEMORY, "out of memory.");
	}
	*out = url;
	return CODE_OK;
}

/* Set a handle's URL, which may be a reference to what it holds; then take it apart. Owns the handle. */
static int
set_url(CURLU *handle, const char *text, struct url *out, struct pln_error *error)
{
	CURLUcode code;
	int ret;

	if (handle == NULL)
		return fault_set(error, CODE_MEMORY, "out of memory.");
	code = curl_url_set(handle, CURLUPART_URL, text,
	                    CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME);
	if (code == CURLUE_OUT_OF_MEMORY)
		ret = fault_set(error, CODE_MEMORY, "out of memory.");
	else if (code != CURLUE_OK)
		ret = fault_set(error, CODE_URL, "'%s' is not a URL (%s).", text,
		                curl_url_strerror(code));
	else
		ret = check_scheme(handle, text, error);
	if (ret == CODE_OK)
		ret = check_host(handle, text, error);
	if (ret == CODE_OK)
		ret = take_parts(handle, text, out, error);
	if (ret != CODE_OK)
		curl_url_cleanup(handle);
	return ret;
}

static bool
has_scheme(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789+-.";
	size_t len = strspn(text, letters);

	return len > 0 && strncmp(text + len, "://", 3) == 0;
}

int
url_parse(const char *text, struct url *out, struct pln_error *error)
{
	struct text whole = { 0 };
	int ret;

	text_printf(&whole, "%s%s", has_scheme(text) ? "" : "http://", text);
	if (whole.failed)
		ret = fault_set(error, CODE_MEMORY, "out of memory.");
	else if (*text == '\0')
		ret = fault_set(error, CODE_URL, "the URL is empty.");
	else
		ret = set_url(curl_url(), whole.data, out, error);
	text_free(&whole);
	return ret;
}

int
url_follow(const struct url *base, const char *reference, struct url *out, struct pln_error *error)
{
	return set_url(curl_url_dup(base->handle), reference, out, error);
}

bool
url_same_host(const struct url *a, const struct url *b)
{
	return a->port == b->port && strcasecmp(a->host, b->host) == 0;
}

char *
url_file_name(const struct url *url)
{
	size_t len = strcspn(url->target, "?");
	size_t start = len;

	while (start > 0 && url->target[start - 1] != '/')
		start--;
	len -= start;
	if (len == 0 || (len <= 2 && strncmp(url->target + start, "..", len) == 0))
		return strdup("index.html");
	return strndup(url->target + start, len);
}

void
url_free(struct url *url)
{
	curl_url_cleanup(url->handle);
	free(url->text);
	free(url->host);
	free(url->authority);
	free(url->target);
	free(url->user);
	free(url->password);
	memset(url, 0, sizeof(*url));
}
