/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A line into words, with the shell's three ways to keep a blank: 'single quotes', "double quotes", a backslash.
 * No variables, no patterns, no comments.
 */
#include "common/words.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct splitter {
	const char *in;
	char *out;
	char quote; /* the one that is open, 0 for none */
};

static bool
is_blank(char c)
{
	return isspace((unsigned char)c) != 0;
}

/* One character of a word; false at its end. */
static bool
take(struct splitter *s)
{
	char c = *s->in;

	if (c == '\0' || (s->quote == 0 && is_blank(c)))
		return false;
	s->in++;
	if (s->quote != 0 && c == s->quote) {
		s->quote = 0;
	} else if (s->quote == 0 && (c == '\'' || c == '"')) {
		s->quote = c;
	} else if (c == '\\' && s->quote != '\'' && *s->in != '\0') {
		*s->out++ = *s->in++;
	} else {
		*s->out++ = c;
	}
	return true;
}

int
words_split(const char *text, char ***out)
{
	size_t len = strlen(text);
	/* Each word takes at least one character and a blank: len / 2 + 1 of them, and NULL. */
	size_t slots = len / 2 + 2;
	char **words = malloc(slots * sizeof(*words) + len + 1);
	int count = 0;

	if (words == NULL)
		return -ENOMEM;

	struct splitter s = { text, (char *)(words + slots), 0 };

	for (;;) {
		while (is_blank(*s.in))
			s.in++;
		if (*s.in == '\0')
			break;
		words[count++] = s.out;
		while (take(&s)) {
		}
		*s.out++ = '\0';
	}
	if (s.quote != 0) {
		free(words);
		return -EINVAL;
	}
	words[count] = NULL;
	*out = words;
	return count;
}
