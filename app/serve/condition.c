/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * In the order of RFC 9110 §13.2.2: If-Match, else If-Unmodified-Since; then If-None-Match, else If-Modified-Since; If-Range
 * stands apart. Dates that are none, or more than one, are ignored. Our tags are strong: they change when the contents can have changed.
 */
#include "serve/condition.h"

#include <string.h>

#include "serve/httpdate.h"

/* Is `etag` in a list of entity tags? Weakly compared, a W/ before one is not looked at. */
static bool
has_tag(const char *list, const char *etag, bool is_weak)
{
	size_t len = strlen(etag);
	const char *c = list;

	while (*c != '\0') {
		bool is_tag_weak;
		const char *end;

		c += strspn(c, " \t,");
		if (*c == '*')
			return true;
		is_tag_weak = c[0] == 'W' && c[1] == '/';
		c += is_tag_weak ? 2 : 0;
		end = c[0] == '"' ? strchr(c + 1, '"') : NULL;
		if (end == NULL)
			return false;
		end++;
		if ((size_t)(end - c) == len && memcmp(c, etag, len) == 0 &&
		    (is_weak || !is_tag_weak))
			return true;
		c = end;
	}
	return false;
}

/* RFC 9110 §13.1.3, §13.1.4: 0, as if there were no such field, if it is no date or has more than one member. */
static int
compare_date(const struct head *head, const char *name, int64_t modified)
{
	unsigned int count;
	const char *value = head_field(head, name, &count);
	int64_t date;

	if (value == NULL || count > 1 || !httpdate_parse(value, &date))
		return 0;
	return modified > date ? 1 : -1;
}

/* A list may come in several fields of one name: each is looked at. */
static bool
any_has_tag(const struct head *head, const char *name, const char *etag, bool is_weak)
{
	for (unsigned int i = 0;; i++) {
		const char *list = head_field_at(head, name, i);

		if (list == NULL)
			return false;
		if (has_tag(list, etag, is_weak))
			return true;
	}
}

unsigned int
condition_check(const struct head *head, const struct condition_file *file)
{
	if (head_field(head, "If-Match", NULL) != NULL) {
		if (!any_has_tag(head, "If-Match", file->etag, false))
			return 412;
	} else if (compare_date(head, "If-Unmodified-Since", file->modified) > 0) {
		return 412;
	}
	if (head_field(head, "If-None-Match", NULL) != NULL)
		return any_has_tag(head, "If-None-Match", file->etag, true) ? 304 : 0;
	return compare_date(head, "If-Modified-Since", file->modified) < 0 ? 304 : 0;
}

bool
condition_allows_range(const struct head *head, const struct condition_file *file)
{
	const char *value = head_field(head, "If-Range", NULL);
	int64_t date;

	if (value == NULL)
		return true;
	if (value[0] == '"')
		return strcmp(value, file->etag) == 0;
	return httpdate_parse(value, &date) && date == file->modified;
}
