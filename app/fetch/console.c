/* SPDX-License-Identifier: BSD-3-Clause */
/* Words travel as pointers; who takes one frees it. */
#include "fetch/console.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RING_LINES 256

struct console_line {
	struct console_line *next;
	FILE *out;
	size_t len;
	char text[];
};

void
console_init(struct console *console, struct meter *meter)
{
	memset(console, 0, sizeof(*console));
	console->meter = meter;
}

int
console_init_remote(struct console *console)
{
	memset(console, 0, sizeof(*console));
	console->last = &console->first;
	console->ring = spsc_create(RING_LINES, sizeof(struct console_line *));
	return console->ring != NULL ? 0 : -ENOMEM;
}

static void
speak(struct console *console, FILE *out, const char *text, size_t len)
{
	meter_hide(console->meter);
	(void)fwrite(text, 1, len, out);
	(void)fflush(out);
}

void
console_put(struct console *console, FILE *out, const struct text *text)
{
	struct console_line *line;

	if (text->len == 0)
		return;
	if (console->ring == NULL) {
		speak(console, out, text->data, text->len);
		return;
	}
	line = malloc(sizeof(*line) + text->len);
	if (line == NULL)
		return;
	*line = (struct console_line){ .out = out, .len = text->len };
	memcpy(line->text, text->data, text->len);
	*console->last = line;
	console->last = &line->next;
	(void)console_push(console);
}

bool
console_push(struct console *console)
{
	while (console->first != NULL) {
		struct console_line *line = console->first;
		struct console_line *next = line->next;

		if (!spsc_put(console->ring, &line))
			return false;
		console->first = next;
		if (next == NULL)
			console->last = &console->first;
	}
	return true;
}

bool
console_pull(struct console *speaker, struct console *from)
{
	struct console_line *line;
	bool has_spoken = false;

	while (from->ring != NULL && spsc_take(from->ring, &line)) {
		speak(speaker, line->out, line->text, line->len);
		free(line);
		has_spoken = true;
	}
	return has_spoken;
}

void
console_drain(struct console *speaker, struct console *from)
{
	(void)console_pull(speaker, from);
	for (struct console_line *line = from->first; line != NULL; line = from->first) {
		speak(speaker, line->out, line->text, line->len);
		from->first = line->next;
		free(line);
	}
}

void
console_free(struct console *console)
{
	struct console_line *line;

	if (console->ring == NULL)
		return;
	while (console->first != NULL) {
		line = console->first;
		console->first = line->next;
		free(line);
	}
	while (spsc_take(console->ring, &line))
		free(line);
	spsc_destroy(console->ring);
	console->ring = NULL;
}
