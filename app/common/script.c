/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parser of segment scripts. A line is a time, a word that says what happens, and what that takes; `#` begins a comment. Each line
 * is cut into words, the words are held against the table of script_words, and a record comes of it. What is wrong is told with
 * file, line and column. Nothing is run here.
 */
#include "common/script.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/script_value.h"

#define MAX_WORDS 48

struct word {
	char *text;
	uint32_t column;
	bool quoted; /* something of it stood in quotes: it is neither a key nor a sign */
};

struct parser {
	struct script script;
	const char *name;
	struct pln_error *error;
	uint32_t line;
	struct word words[MAX_WORDS];
	unsigned int count, at;
	struct script_record record;
	const char *positional, *keys; /* what the line may still take */
	bool result;
};

__attribute__((format(printf, 3, 4))) static int
fail(struct parser *p, uint32_t column, const char *format, ...)
{
	int n = snprintf(p->error->text, sizeof(p->error->text), "%s:%u:%u: ", p->name, p->line,
	                 column);
	size_t used = n > 0 && (size_t)n < sizeof(p->error->text) ? (size_t)n : 0;
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(p->error->text + used, sizeof(p->error->text) - used, format, ap);
	va_end(ap);
	p->error->code = -EINVAL;
	return -EINVAL;
}

static int
no_memory(struct parser *p)
{
	(void)snprintf(p->error->text, sizeof(p->error->text), "%s: no memory for the script",
	               p->name);
	p->error->code = -ENOMEM;
	return -ENOMEM;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* One word from *in on, quotes taken off in place; *in is moved behind it. Returns whether its quotes are closed. */
static bool
cut_word(char **in, struct word *word)
{
	char *out = *in, *at = *in;
	bool open = false;

	word->text = at;
	word->quoted = false;
	for (; *at != '\0' && (open || !is_blank(*at)); at++) {
		if (*at == '"') {
			open = !open;
			word->quoted = word->quoted || word->text == out;
		} else {
			*out++ = *at;
		}
	}
	*in = *at == '\0' ? at : at + 1;
	*out = '\0';
	return !open;
}

/* The words of a line, comment left off. */
static int
cut_line(struct parser *p, char *line)
{
	char *at = line;

	p->count = p->at = 0;
	for (;;) {
		struct word *word = &p->words[p->count];

		while (is_blank(*at))
			at++;
		if (*at == '\0' || *at == '#')
			return 0;
		if (p->count == MAX_WORDS - 1)
			return fail(p, (uint32_t)(at - line) + 1, "more than %d words",
			            MAX_WORDS - 1);
		word->column = (uint32_t)(at - line) + 1;
		if (!cut_word(&at, word))
			return fail(p, word->column, "a quote is not closed");
		p->count++;
	}
}

static int
take_time(struct parser *p)
{
	const struct word *word = &p->words[p->at];

	if (word->quoted || (word->text[0] != '+' && word->text[0] != '@'))
		return 0;
	p->record.when = word->text[0] == '+' ? SCRIPT_WHEN_AFTER : SCRIPT_WHEN_AT;
	if (script_time_parse(word->text + 1, &p->record.time) < 0)
		return fail(p, word->column, "'%s' is no time: +0.2, +0.2~0.3, +* or @1.5",
		            word->text);
	if (++p->at == p->count)
		return fail(p, word->column, "a time alone: what happens then?");
	return 0;
}

/* TCP's flags: one letter each, or a dot for none. */
static bool
flags_parse(const char *text, uint8_t *out)
{
	static const char letters[] = "FSRPAUEC";
	const char *found;

	*out = 0;
	if (strcmp(text, ".") == 0)
		return true;
	for (; *text != '\0'; text++) {
		found = strchr(letters, *text);
		if (found == NULL)
			return false;
		*out |= (uint8_t)(1U << (found - letters));
	}
	return true;
}

static int
take_proto(struct parser *p)
{
	static const char *const protos[] = { "arp", "icmp", "udp", "ip", "eth" };
	const struct word *sign = &p->words[p->at - 1], *word = &p->words[p->at];
	unsigned int i = 0;

	if (p->at == p->count)
		return fail(p, sign->column, "'%s' without a packet", sign->text);
	p->at++;
	if (flags_parse(word->text, &p->record.flags)) {
		p->record.proto = SCRIPT_TCP;
	} else if (strcmp(word->text, "none") == 0 && p->record.verb == SCRIPT_EXPECT) {
		return fail(p, word->column, "to expect nothing for a time, write: wait SECONDS");
	} else {
		while (i < 5 && strcmp(protos[i], word->text) != 0)
			i++;
		if (i == 5)
			return fail(p, word->column,
			            "'%s' is no packet: TCP flags (letters of SAFRPUEC, or a dot "
			            "for none), "
			            "arp, icmp, udp, ip or eth",
			            word->text);
		p->record.proto = (enum script_proto)(SCRIPT_ARP + i);
	}
	p->keys = script_packet_keys(p->record.proto);
	return 0;
}

static int
take_verb(struct parser *p)
{
	const struct word *word = &p->words[p->at++];
	const struct script_verb_spec *spec;

	for (unsigned int i = 0; i < SCRIPT_VERB_COUNT; i++) {
		spec = script_verb_spec((enum script_verb)i);
		if (strcmp(spec->word, word->text) != 0)
			continue;
		p->record.verb = (enum script_verb)i;
		p->positional = spec->positional;
		p->keys = spec->keys;
		p->result = spec->result;
		return i <= SCRIPT_EXPECT ? take_proto(p) : 0;
	}
	return fail(p, word->column, "'%s' is no word that a line begins with", word->text);
}

static int
push_field(struct parser *p, const struct script_field *field)
{
	struct script *s = &p->script;

	if (s->field_count == s->field_capacity) {
		uint32_t more = s->field_capacity * 2 + 64;
		struct script_field *grown = realloc(s->fields, more * sizeof(*grown));

		if (grown == NULL)
			return no_memory(p);
		s->fields = grown;
		s->field_capacity = more;
	}
	s->fields[s->field_count++] = *field;
	p->record.count++;
	return 0;
}

static bool
is_there(const struct parser *p, enum script_key key)
{
	return script_find(&p->script, &p->record, key) != NULL;
}

static int
take_value(struct parser *p, struct script_field *field, const struct word *word, const char *value)
{
	const char *wrong;

	if (is_there(p, field->key))
		return fail(p, word->column, "'%s' stands here twice", script_key_word(field->key));
	wrong = script_value_parse(value, script_key_type(field->key), field);
	if (wrong != NULL)
		return fail(p, word->column, "%s: '%s' %s", script_key_word(field->key), value,
		            wrong);
	return push_field(p, field);
}

/* "key=value". */
static int
take_key(struct parser *p, const struct word *word, char *equals)
{
	struct script_field field = { .column = word->column };

	*equals = '\0';
	field.key = script_key_find(word->text);
	if (field.key == SCRIPT_KEY_COUNT || !script_list_has(p->keys, word->text))
		return fail(p, word->column, "'%s=' is nothing that '%s' takes", word->text,
		            script_verb_spec(p->record.verb)->word);
	return take_value(p, &field, word, equals + 1);
}

/* The key of the next positional argument, NULL behind the last; `name` has room for any key's spelling. */
static const char *
next_positional(struct parser *p, char *name, size_t size, bool *optional)
{
	size_t len = strcspn(p->positional, " ");

	if (len == 0 || len >= size)
		return NULL;
	memcpy(name, p->positional, len);
	*optional = name[len - 1] == '?';
	name[*optional ? len - 1 : len] = '\0';
	p->positional += len;
	p->positional += strspn(p->positional, " ");
	return name;
}

/* A word without "=": a flag, or the next argument. */
static int
take_bare(struct parser *p, const struct word *word)
{
	struct script_field field = { .column = word->column };
	char name[32];
	bool optional;

	field.key = script_key_find(word->text);
	if (!word->quoted && field.key != SCRIPT_KEY_COUNT &&
	    script_key_type(field.key) == SCRIPT_TYPE_FLAG &&
	    script_list_has(p->keys, word->text)) {
		if (is_there(p, field.key))
			return fail(p, word->column, "'%s' stands here twice", word->text);
		return push_field(p, &field);
	}
	if (next_positional(p, name, sizeof(name), &optional) == NULL)
		return fail(p, word->column, "'%s' is nothing that '%s' takes", word->text,
		            script_verb_spec(p->record.verb)->word);
	field.key = script_key_find(name);
	return take_value(p, &field, word, word->text);
}

static int
take_result(struct parser *p, const struct word *sign)
{
	const struct word *word = &p->words[p->at];

	if (!p->result)
		return fail(p, sign->column, "'%s' has no result",
		            script_verb_spec(p->record.verb)->word);
	if (p->at == p->count)
		return fail(p, sign->column, "'=' without a result");
	if (script_result_parse(word->text, &p->record.result) < 0)
		return fail(p, word->column, "'%s' is no result: a number or the name of an errno",
		            word->text);
	p->record.has_result = true;
	p->at++;
	if (p->at < p->count)
		return fail(p, p->words[p->at].column, "'%s' stands behind the result",
		            p->words[p->at].text);
	return 0;
}

static int
take_arguments(struct parser *p)
{
	char name[32], *equals;
	bool optional;
	int rc = 0;

	while (rc == 0 && p->at < p->count) {
		const struct word *word = &p->words[p->at++];

		equals = word->quoted ? NULL : strchr(word->text, '=');
		if (equals == word->text && equals != NULL && equals[1] == '\0')
			return take_result(p, word);
		rc = equals != NULL ? take_key(p, word, equals) : take_bare(p, word);
	}
	if (rc == 0 && next_positional(p, name, sizeof(name), &optional) != NULL && !optional)
		return fail(p, p->words[p->count - 1].column, "'%s' wants its %s",
		            script_verb_spec(p->record.verb)->word, name);
	return rc;
}

static int
push_record(struct parser *p)
{
	struct script *s = &p->script;

	if (s->count == s->capacity) {
		uint32_t more = s->capacity * 2 + 32;
		struct script_record *grown = realloc(s->records, more * sizeof(*grown));

		if (grown == NULL)
			return no_memory(p);
		s->records = grown;
		s->capacity = more;
	}
	s->records[s->count++] = p->record;
	return 0;
}

/* Times that span a range make sense where something is waited for. */
static int
check_time(struct parser *p)
{
	const struct script_record *r = &p->record;

	if (r->verb == SCRIPT_EXPECT || r->when == SCRIPT_WHEN_NOW)
		return 0;
	if (r->time.any || r->time.lo != r->time.hi)
		return fail(p, p->words[0].column, "only '>' may happen within a range of time");
	return 0;
}

static int
parse_line(struct parser *p, char *words, const char *text)
{
	int rc = cut_line(p, words);

	if (rc < 0 || p->count == 0)
		return rc;
	p->record = (struct script_record){ .line = p->line,
		                            .first = p->script.field_count,
		                            .text = text };
	p->positional = p->keys = "";
	p->result = false;
	rc = take_time(p);
	if (rc == 0)
		rc = take_verb(p);
	if (rc == 0)
		rc = take_arguments(p);
	if (rc == 0)
		rc = check_time(p);
	return rc == 0 ? push_record(p) : rc;
}

static int
parse_lines(struct parser *p, char *words, char *lines)
{
	int rc = 0;

	for (p->line = 1; rc == 0 && words != NULL; p->line++) {
		char *words_end = strchr(words, '\n'), *lines_end = strchr(lines, '\n');

		if (words_end != NULL)
			*words_end = *lines_end = '\0';
		rc = parse_line(p, words, lines);
		words = words_end != NULL ? words_end + 1 : NULL;
		lines = lines_end != NULL ? lines_end + 1 : NULL;
	}
	return rc;
}

static char *
copy_text(const char *text, size_t len)
{
	char *copy = malloc(len + 1);

	if (copy != NULL) {
		if (len > 0)
			memcpy(copy, text, len);
		copy[len] = '\0';
	}
	return copy;
}

int
script_parse(const char *text, size_t len, const char *name, struct script *out,
             struct pln_error *error)
{
	struct parser p = { .name = name, .error = error, .line = 1 };
	const char *nul =
		len > 0 ? memchr(text, '\0', len) : NULL; /* `text` of 0 bytes may be NULL */
	int rc;

	if (nul != NULL)
		return fail(&p, (uint32_t)(nul - text) + 1, "a NUL byte: this is no text");
	p.script.words = copy_text(text, len);
	p.script.lines = copy_text(text, len);
	rc = p.script.words == NULL || p.script.lines == NULL
	             ? no_memory(&p)
	             : parse_lines(&p, p.script.words, p.script.lines);
	if (rc < 0) {
		script_free(&p.script);
		return rc;
	}
	*out = p.script;
	return 0;
}

void
script_free(struct script *script)
{
	free(script->records);
	free(script->fields);
	free(script->lines);
	free(script->words);
	*script = (struct script){ 0 };
}

const struct script_field *
script_find(const struct script *script, const struct script_record *record, enum script_key key)
{
	for (uint32_t i = 0; i < record->count; i++)
		if (script->fields[record->first + i].key == key)
			return &script->fields[record->first + i];
	return NULL;
}

bool
script_item_matches(const struct script_item *item, int64_t value)
{
	return item->any || (item->lo <= value && value <= item->hi);
}
