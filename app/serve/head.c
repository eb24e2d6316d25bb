/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What could make us and somebody on the way see different requests in the same bytes is refused, and the connection with it
 * (RFC 9112 §11.2): both Content-Length and Transfer-Encoding, two lengths, a coding that does not end in chunked, lines that
 * end in CR or LF alone, folded fields, blanks before a colon. llhttp knows some of these; lines and names are looked at
 * again here, because how strict llhttp is depends on how it was built.
 */
#include "serve/head.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* RFC 9110 §5.6.2. */
static bool
is_token(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) &&
		    (text[i] == '\0' || strchr("!#$%&'*+-.^_`|~", text[i]) == NULL))
			return false;
	return true;
}

static int
refuse(struct head *head, unsigned int status)
{
	if (head->status == 0)
		head->status = status;
	return HPE_USER;
}

static int
keep(struct head *head, const char *at, size_t len)
{
	/* One byte stays for the NUL behind it. */
	if (len + 1 > head_room(head->limits) - head->used)
		return refuse(head, 431);
	memcpy(head->text + head->used, at, len);
	head->used += len;
	return 0;
}

static int
on_url(llhttp_t *parser, const char *at, size_t len)
{
	struct head *head = parser->data;

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)at[i] <= 0x20 || (unsigned char)at[i] >= 0x7f)
			return refuse(head, 400);
	if (head->target_len + len > HEAD_TARGET_MAX)
		return refuse(head, 414);
	head->target_len += len;
	return keep(head, at, len);
}

/* End the text before: a target, a name or a value. */
static int
end_text(struct head *head)
{
	if (head->used >= head_room(head->limits))
		return refuse(head, 431);
	head->text[head->used++] = '\0';
	return 0;
}

static int
on_url_complete(llhttp_t *parser)
{
	struct head *head = parser->data;

	if (end_text(head) != 0)
		return HPE_USER;
	head->fields = head->used;
	return 0;
}

static int
on_name(llhttp_t *parser, const char *at, size_t len)
{
	struct head *head = parser->data;

	/* Fields behind a chunked body are not kept. */
	if (head->state != HEAD_READING)
		return is_token(at, len) ? 0 : refuse(head, 400);
	if (!is_token(at, len))
		return refuse(head, 400);
	return keep(head, at, len);
}

static int
on_name_complete(llhttp_t *parser)
{
	struct head *head = parser->data;

	if (head->state != HEAD_READING)
		return 0;
	return head->text[head->used - 1] != '\0' ? end_text(head) : refuse(head, 400);
}

static int
on_value(llhttp_t *parser, const char *at, size_t len)
{
	struct head *head = parser->data;

	for (size_t i = 0; i < len; i++)
		if (((unsigned char)at[i] < 0x20 && at[i] != '\t') || at[i] == 0x7f)
			return refuse(head, 400);
	return head->state == HEAD_READING ? keep(head, at, len) : 0;
}

static int
on_value_complete(llhttp_t *parser)
{
	struct head *head = parser->data;

	if (head->state != HEAD_READING)
		return 0;
	/* RFC 9110 §5.5: blanks behind a value are none of it. */
	while (head->used > 0 && strchr(" \t", head->text[head->used - 1]) != NULL &&
	       head->text[head->used - 1] != '\0')
		head->used--;
	if (++head->field_count > head->limits->fields)
		return refuse(head, 431);
	return end_text(head);
}

static int
on_head_complete(llhttp_t *parser)
{
	struct head *head = parser->data;

	head->state = HEAD_COMPLETE;
	parser->upgrade = 0; /* nobody here speaks anything else (RFC 9110 §7.8) */
	return HPE_PAUSED;
}

static int
on_body(llhttp_t *parser, const char *at, size_t len)
{
	struct head *head = parser->data;

	(void)at;
	head->body_bytes += len;
	return head->body_bytes > head->limits->body ? refuse(head, 413) : 0;
}

static int
on_message_complete(llhttp_t *parser)
{
	struct head *head = parser->data;

	head->state = HEAD_DONE;
	return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
	.on_url = on_url,
	.on_url_complete = on_url_complete,
	.on_header_field = on_name,
	.on_header_field_complete = on_name_complete,
	.on_header_value = on_value,
	.on_header_value_complete = on_value_complete,
	.on_headers_complete = on_head_complete,
	.on_body = on_body,
	.on_message_complete = on_message_complete,
};

size_t
head_room(const struct head_limits *limits)
{
	return limits->bytes + 2;
}

void
head_init(struct head *head, const struct head_limits *limits, char *text)
{
	memset(head, 0, sizeof(*head));
	head->limits = limits;
	head->text = text;
	head_begin(head);
}

void
head_begin(struct head *head)
{
	struct head fresh = { .limits = head->limits, .text = head->text, .last = '\n' };

	*head = fresh;
	llhttp_init(&head->parser, HTTP_REQUEST, &settings);
	head->parser.data = head;
	head->text[0] = '\0';
}

/* ------------------------------------------------------------------------------------------------ lines */

/*
 * RFC 9112 §2.2: lines end in CR LF; §5.2: none goes on in the next; §3: one blank parts the words of the first. Empty lines
 * before the request are allowed.
 */
static bool
lines_are_good(struct head *head, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char before = head->last;
		char c = data[i];

		if ((c == '\n') != (before == '\r'))
			return false;
		if ((c == ' ' || c == '\t') && before == '\n')
			return false;
		if (c == '\0' || (c == ' ' && before == ' ' && !head->is_line_read))
			return false;
		head->is_line_read |= c == '\n' && head->method_len > 0;
		if (head->method_len < sizeof(head->method) &&
		    (head->method_len > 0 || isgraph((unsigned char)c)))
			head->method[head->method_len++] = c;
		head->last = c;
	}
	return true;
}

/* What llhttp stumbled over, as a status. */
static unsigned int
status_of(const struct head *head)
{
	size_t len = head_method_len(head);

	switch (llhttp_get_errno(&head->parser)) {
	case HPE_INVALID_METHOD:
		/* A word that is no method of llhttp's may still be somebody's (RFC 9110 §9.1). */
		return len > 0 && is_token(head->method, len) &&
		                       (len < head->method_len || len == sizeof(head->method))
		               ? 501
		               : 400;
	case HPE_INVALID_VERSION:
	case HPE_PAUSED_H2_UPGRADE:
		return 505;
	default:
		return 400;
	}
}

/* ------------------------------------------------------------------------------------------------ the head as a whole */

/* RFC 9112 §6.1: chunked, and no other coding, is what we can read. */
static unsigned int
check_coding(const struct head *head)
{
	unsigned int count;
	const char *coding = head_field(head, "Transfer-Encoding", &count);

	if (coding == NULL)
		return 0;
	if (head->parser.http_minor == 0 || count > 1 ||
	    head_field(head, "Content-Length", NULL) != NULL)
		return 400;
	if (strcasecmp(coding, "chunked") == 0)
		return 0;
	return (head->parser.flags & F_CHUNKED) != 0 ? 501 : 400;
}

/* RFC 9112 §3.2. */
static unsigned int
check_host(const struct head *head)
{
	unsigned int count = 0;
	const char *host = head_field(head, "Host", &count);

	if (count > 1 || (count == 0 && head->parser.http_minor > 0))
		return 400;
	return host != NULL && strpbrk(host, " \t/@,") != NULL ? 400 : 0;
}

static unsigned int
check_head(const struct head *head)
{
	unsigned int status = 0;

	if (head->parser.http_major != 1 || head->parser.http_minor > 1)
		return 505;
	if (head->target_len == 0)
		return 400;
	status = check_coding(head);
	if (status == 0)
		status = check_host(head);
	if (status == 0 && (head->parser.flags & F_CONTENT_LENGTH) != 0 &&
	    head->parser.content_length > head->limits->body)
		status = 413;
	return status;
}

static void
fail(struct head *head, unsigned int status)
{
	if (head->status == 0)
		head->status = status;
	head->state = HEAD_FAILED;
}

static size_t
stopped_at(const struct head *head, const char *data, size_t len)
{
	const char *pos = llhttp_get_error_pos(&head->parser);

	return pos >= data && pos <= data + len ? (size_t)(pos - data) : len;
}

static size_t
feed_head(struct head *head, const char *data, size_t len)
{
	size_t room = head->limits->bytes - head->seen;
	size_t part = len < room ? len : room;
	llhttp_errno_t code;
	size_t used = part;

	if (part == 0) {
		fail(head, head->fields == 0 ? 414 : 431);
		return 0;
	}
	code = llhttp_execute(&head->parser, data, part);
	if (code != HPE_OK)
		used = stopped_at(head, data, part);
	head->seen += used;
	if (!lines_are_good(head, data, code == HPE_OK || code == HPE_PAUSED ? used : part))
		fail(head, 400);
	else if (code == HPE_PAUSED && head->status == 0)
		head->status = check_head(head);
	else if (code != HPE_OK)
		fail(head, status_of(head));
	if (head->status != 0)
		head->state = HEAD_FAILED;
	return used;
}

static size_t
feed_body(struct head *head, const char *data, size_t len)
{
	llhttp_errno_t code;

	head->state = HEAD_BODY;
	if (llhttp_get_errno(&head->parser) == HPE_PAUSED)
		llhttp_resume(&head->parser);
	code = llhttp_execute(&head->parser, data, len);
	if (code == HPE_OK)
		return len;
	if (head->state != HEAD_DONE)
		fail(head, 400);
	return stopped_at(head, data, len);
}

size_t
head_feed(struct head *head, const char *data, size_t len)
{
	if (head->state == HEAD_READING)
		return feed_head(head, data, len);
	if (head->state == HEAD_COMPLETE || head->state == HEAD_BODY)
		return feed_body(head, data, len);
	return 0;
}

size_t
head_method_len(const struct head *head)
{
	const char *blank = memchr(head->method, ' ', head->method_len);

	return blank != NULL ? (size_t)(blank - head->method) : head->method_len;
}

const char *
head_target(const struct head *head)
{
	return head->text;
}

/* The field number `wanted` of that name; how many come before it, or all there are. */
static const char *
find(const struct head *head, const char *name, unsigned int wanted, unsigned int *count)
{
	const char *at = head->text + head->fields;

	*count = 0;
	for (unsigned int i = 0; i < head->field_count; i++) {
		const char *value = at + strlen(at) + 1;

		if (strcasecmp(at, name) == 0 && (*count)++ == wanted)
			return value;
		at = value + strlen(value) + 1;
	}
	return NULL;
}

const char *
head_field(const struct head *head, const char *name, unsigned int *count)
{
	unsigned int before;

	if (count != NULL)
		(void)find(head, name, UINT32_MAX, count);
	return find(head, name, 0, &before);
}

const char *
head_field_at(const struct head *head, const char *name, unsigned int i)
{
	unsigned int before;

	return find(head, name, i, &before);
}

bool
head_has_body(const struct head *head)
{
	return (head->parser.flags & F_TRANSFER_ENCODING) != 0 ||
	       ((head->parser.flags & F_CONTENT_LENGTH) != 0 && head->parser.content_length > 0);
}

bool
head_keeps_alive(const struct head *head)
{
	if (head->state == HEAD_FAILED || (head->parser.flags & F_CONNECTION_CLOSE) != 0)
		return false;
	return head->parser.http_minor > 0 || (head->parser.flags & F_CONNECTION_KEEP_ALIVE) != 0;
}
