/* SPDX-License-Identifier: BSD-3-Clause */
/* Text that grows. When memory is out it stays as it is and remembers that, so that one check at the end is enough. */
#ifndef POLLEN_APP_FETCH_TEXT_H
#define POLLEN_APP_FETCH_TEXT_H

#include <pollen/types.h>

PLN_C_BEGIN

struct text {
	char *data; /* NUL-terminated; NULL while nothing was added */
	size_t len;
	size_t room;
	bool failed; /* memory was out */
};

void text_add(struct text *text, const void *data, size_t len);
void text_puts(struct text *text, const char *string);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Forget the content, keep the memory. */
void text_clear(struct text *text);
void text_free(struct text *text);

/** The content, "" when there is none. */
const char *text_get(const struct text *text);

PLN_C_END

#endif
