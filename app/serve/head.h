/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads one HTTP/1 request out of a stream of bytes, however they are cut: its head is kept, its body is read over. Parsing
 * is llhttp's; what llhttp lets pass and RFC 9112 does not is refused here.
 */
#ifndef POLLEN_APP_SERVE_HEAD_H
#define POLLEN_APP_SERVE_HEAD_H

#include <llhttp.h>

#include <pollen/types.h>

PLN_C_BEGIN

#define HEAD_TARGET_MAX 8000 /* bytes: what RFC 9112 §3 recommends to support */

struct head_limits {
	size_t bytes;        /* of a head, its request line too: beyond it 431 */
	unsigned int fields; /* 431 */
	uint64_t body;       /* bytes: 413 */
};

enum head_state {
	HEAD_READING,
	HEAD_COMPLETE, /* the head is; the body, if there is one, comes next */
	HEAD_BODY,     /* the body is being read over */
	HEAD_DONE,     /* all is here */
	HEAD_FAILED,   /* `status` says what is wrong; nothing behind it can be trusted */
};

struct head {
	llhttp_t parser;
	const struct head_limits *limits;
	enum head_state state;
	unsigned int status; /* the refusal, 0 for none */
	uint64_t body_bytes; /* read over so far */
	size_t seen;         /* bytes of the head */
	char last;           /* of them */
	bool is_line_read;   /* the request line is among them */
	char method[24];     /* its first bytes */
	size_t method_len;
	/* The head's text: target NUL name NUL value NUL name NUL … */
	char *text;
	size_t used;
	size_t target_len;
	size_t fields; /* where the first name is */
	unsigned int field_count;
};

/** Room that head_init's `text` must have. */
size_t head_room(const struct head_limits *limits);

/** @param text  head_room() bytes, which stay the caller's */
void head_init(struct head *head, const struct head_limits *limits, char *text);

/** Begin to read a request. */
void head_begin(struct head *head);

/**
 * Look at the next bytes. It stops behind the head, behind the body, and where it fails.
 *
 * @return bytes looked at; head->state tells the rest
 */
size_t head_feed(struct head *head, const char *data, size_t len);

/** How long the method's name is, in head->method. */
size_t head_method_len(const struct head *head);

/** The target as it came. */
const char *head_target(const struct head *head);

/** A field by name in any case, the first of them; NULL: there is none. @param count how many there are, NULL allowed. */
const char *head_field(const struct head *head, const char *name, unsigned int *count);

/** The field number `i` of that name, from 0; NULL: there are not so many. */
const char *head_field_at(const struct head *head, const char *name, unsigned int i);

/** Is a body announced? */
bool head_has_body(const struct head *head);

/** May the connection be used again (RFC 9112 §9.3)? */
bool head_keeps_alive(const struct head *head);

PLN_C_END

#endif
