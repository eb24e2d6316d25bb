/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One table of variables serves %{name} and %{json}; names and forms are curl's (times in seconds with six digits, unknown
 * text is null in JSON and empty outside). Ours begin with tcp_, or say what curl has no word for.
 */
#include "fetch/writeout.h"

#include <curl/curl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind {
	STRING,
	UNSIGNED,
	SIZE,
	TIME,
	SPEED_DOWN,
	SPEED_UP,
	CODE,
	LOCAL_IP,
	LOCAL_PORT,
	REMOTE_IP,
	REMOTE_PORT,
	VERSION,
	SCHEME,
	TCP_TIME,
	TCP_SIZE,
	TCP_UNSIGNED,
};

struct variable {
	const char *name;
	enum kind kind;
	size_t offset;
};

#define AT(field)     offsetof(struct result, field)
#define AT_TCP(field) offsetof(struct result, tcp.field)

/* clang-format off */
static const struct variable variables[] = {
	{ "content_type", STRING, AT(content_type) },
	{ "errormsg", STRING, AT(error) },
	{ "exitcode", CODE, AT(code) },
	{ "extra_bytes", SIZE, AT(extra_bytes) },
	{ "filename_effective", STRING, AT(filename) },
	{ "http_code", UNSIGNED, AT(status) },
	{ "http_version", VERSION, AT(http_version) },
	{ "lcore", UNSIGNED, AT(lcore) },
	{ "local_ip", LOCAL_IP, AT_TCP(local) },
	{ "local_port", LOCAL_PORT, AT_TCP(local) },
	{ "method", STRING, AT(method) },
	{ "num_connects", UNSIGNED, AT(connects) },
	{ "num_headers", UNSIGNED, AT(headers) },
	{ "num_redirects", UNSIGNED, AT(redirects) },
	{ "num_retries", UNSIGNED, AT(retries) },
	{ "redirect_url", STRING, AT(redirect_url) },
	{ "remote_ip", REMOTE_IP, AT_TCP(remote) },
	{ "remote_port", REMOTE_PORT, AT_TCP(remote) },
	{ "response_code", UNSIGNED, AT(status) },
	{ "scheme", SCHEME, 0 },
	{ "size_download", SIZE, AT(size_download) },
	{ "size_header", SIZE, AT(size_header) },
	{ "size_request", SIZE, AT(size_request) },
	{ "size_upload", SIZE, AT(size_upload) },
	{ "speed_download", SPEED_DOWN, 0 },
	{ "speed_upload", SPEED_UP, 0 },
	{ "tcp_bytes_retrans", TCP_SIZE, AT_TCP(bytes_retrans) },
	{ "tcp_cwnd", TCP_UNSIGNED, AT_TCP(snd_cwnd) },
	{ "tcp_min_rtt", TCP_TIME, AT_TCP(min_rtt_ns) },
	{ "tcp_mss", TCP_UNSIGNED, AT_TCP(snd_mss) },
	{ "tcp_retransmits", TCP_SIZE, AT_TCP(total_retrans) },
	{ "tcp_rtt", TCP_TIME, AT_TCP(rtt_ns) },
	{ "tcp_segs_in", TCP_SIZE, AT_TCP(segs_in) },
	{ "tcp_segs_out", TCP_SIZE, AT_TCP(segs_out) },
	{ "time_appconnect", TIME, AT(time_appconnect) },
	{ "time_connect", TIME, AT(time_connect) },
	{ "time_namelookup", TIME, AT(time_namelookup) },
	{ "time_pretransfer", TIME, AT(time_pretransfer) },
	{ "time_redirect", TIME, AT(time_redirect) },
	{ "time_start", TIME, AT(time_start) },
	{ "time_starttransfer", TIME, AT(time_starttransfer) },
	{ "time_total", TIME, AT(time_total) },
	{ "url", STRING, AT(url) },
	{ "url_effective", STRING, AT(url_effective) },
	{ "urlnum", UNSIGNED, AT(number) },
};
/* clang-format on */

#define VARIABLES (sizeof(variables) / sizeof(variables[0]))

void
result_free(struct result *result)
{
	free(result->url_effective);
	free(result->filename);
	free(result->content_type);
	free(result->redirect_url);
	free(result->headers_json);
	memset(result, 0, sizeof(*result));
}

void
writeout_json_string(struct text *out, const char *string)
{
	text_puts(out, "\"");
	for (const unsigned char *c = (const unsigned char *)string; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			text_printf(out, "\\%c", *c);
		else if (*c == '\n')
			text_puts(out, "\\n");
		else if (*c == '\r')
			text_puts(out, "\\r");
		else if (*c == '\t')
			text_puts(out, "\\t");
		else if (*c < 0x20 || *c == 0x7f)
			text_printf(out, "\\u%04x", *c);
		else
			text_add(out, c, 1);
	}
	text_puts(out, "\"");
}

static void
add_string(struct text *out, const char *string, bool is_json)
{
	if (is_json && string == NULL)
		text_puts(out, "null");
	else if (is_json)
		writeout_json_string(out, string);
	else
		text_puts(out, string != NULL ? string : "");
}

static void
add_address(struct text *out, const struct pln_endpoint *ep, bool is_json)
{
	char text[PLN_ADDR_TEXT_LEN] = "";

	if (ep->addr.family != PLN_FAMILY_NONE)
		(void)pln_addr_format(&ep->addr, text);
	add_string(out, text, is_json);
}

static void
add_seconds(struct text *out, uint64_t ns)
{
	text_printf(out, "%llu.%06u", (unsigned long long)(ns / PLN_NS_PER_S),
	            (unsigned int)(ns % PLN_NS_PER_S / PLN_NS_PER_US));
}

static void
add_speed(struct text *out, uint64_t bytes, uint64_t ns)
{
	text_printf(out, "%.0f", ns > 0 ? (double)bytes * 1e9 / (double)ns : 0.0);
}

static uint64_t
number_at(const void *field, enum kind kind)
{
	uint64_t wide;
	uint32_t narrow;

	if (kind == UNSIGNED || kind == TCP_UNSIGNED) {
		memcpy(&narrow, field, sizeof(narrow));
		return narrow;
	}
	memcpy(&wide, field, sizeof(wide));
	return wide;
}

static void
add_text_kind(struct text *out, const struct variable *v, const struct result *r, bool is_json)
{
	const char *field = (const char *)r + v->offset;
	const char *string = field;

	if (v->kind == SCHEME)
		string = "HTTP";
	else if (v->kind == STRING)
		memcpy(&string, field, sizeof(string));
	if (v->kind == VERSION && *string == '\0')
		string = "0";
	add_string(out, string, is_json);
}

static void
add_value(struct text *out, const struct variable *v, const struct result *r, bool is_json)
{
	const char *field = (const char *)r + v->offset;
	const struct pln_endpoint *ep = (const void *)field;

	switch (v->kind) {
	case STRING:
	case VERSION:
	case SCHEME:
		add_text_kind(out, v, r, is_json);
		break;
	case UNSIGNED:
		text_printf(out, v->offset == AT(status) && !is_json ? "%03llu" : "%llu",
		            (unsigned long long)number_at(field, v->kind));
		break;
	case SIZE:
	case TCP_SIZE:
	case TCP_UNSIGNED:
		text_printf(out, "%llu", (unsigned long long)number_at(field, v->kind));
		break;
	case TIME:
	case TCP_TIME:
		add_seconds(out, number_at(field, v->kind));
		break;
	case SPEED_DOWN:
		add_speed(out, r->size_download, r->time_total);
		break;
	case SPEED_UP:
		add_speed(out, r->size_upload, r->time_total);
		break;
	case CODE:
		text_printf(out, "%d", r->code);
		break;
	case LOCAL_IP:
	case REMOTE_IP:
		add_address(out, ep, is_json);
		break;
	case LOCAL_PORT:
	case REMOTE_PORT:
		text_printf(out, "%u", ep->port);
		break;
	}
}

static void
add_json(struct text *out, const struct result *r)
{
	text_puts(out, "{");
	for (size_t i = 0; i < VARIABLES; i++) {
		text_printf(out, "\"%s\":", variables[i].name);
		add_value(out, &variables[i], r, true);
		text_puts(out, ",");
	}
	text_puts(out, "\"curl_version\":");
	writeout_json_string(out, curl_version());
	text_puts(out, ",\"pollen_version\":\"" POLLEN_VERSION "\"}");
}

static void
add_variable(struct writeout *w, struct text **to, const struct result *r, const char *name)
{
	size_t len = strcspn(name, "}");

	for (size_t i = 0; i < VARIABLES; i++) {
		if (strlen(variables[i].name) == len &&
		    strncmp(variables[i].name, name, len) == 0) {
			add_value(*to, &variables[i], r, false);
			return;
		}
	}
	if (strncmp(name, "json}", 5) == 0)
		add_json(*to, r);
	else if (strncmp(name, "header_json}", 12) == 0)
		text_puts(*to, r->headers_json != NULL ? r->headers_json : "{}");
	else if (strncmp(name, "stderr}", 7) == 0)
		*to = &w->err;
	else if (strncmp(name, "stdout}", 7) == 0)
		*to = &w->out;
	else
		text_printf(*to, "%%{%.*s}", (int)len, name);
}

/* What follows a backslash. @return characters used */
static size_t
add_escape(struct text *out, char c)
{
	static const char from[] = "nrt";
	static const char into[] = "\n\r\t";
	const char *at = c != '\0' ? strchr(from, c) : NULL;

	if (at != NULL) {
		text_add(out, &into[at - from], 1);
		return 1;
	}
	text_add(out, "\\", 1);
	if (c != '\0')
		text_add(out, &c, 1);
	return c != '\0';
}

void
writeout_format(const char *format, const struct result *result, struct writeout *out)
{
	static const char onerror[] = "%{onerror}";
	struct text *to = &out->out;

	for (const char *c = format; *c != '\0'; c++) {
		if (*c == '\\') {
			c += add_escape(to, c[1]);
		} else if (strncmp(c, onerror, sizeof(onerror) - 1) == 0) {
			if (result->code == 0)
				return;
			c += sizeof(onerror) - 2;
		} else if (c[0] == '%' && c[1] == '{' && strchr(c, '}') != NULL) {
			add_variable(out, &to, result, c + 2);
			c = strchr(c, '}');
		} else {
			c += c[0] == '%' && c[1] == '%';
			text_add(to, c, 1);
		}
	}
}
