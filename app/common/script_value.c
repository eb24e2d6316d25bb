/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Values of segment scripts. A value is a list parted by commas of items; an item is one thing, two parted by ~ (a range, either end
 * of which may be missing) or : (a pair), or `*`. What a thing is depends on the key: an integer, a time in seconds, an address.
 * Nothing here knows what a value is for.
 */
#include "common/script_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"

#define MAX_ITEM_LEN 64 /* characters of one number, time or address */

/* One thing in text[0..len). */
typedef int (*scalar_parser)(const char *text, int64_t *out);

static int
parse_integer(const char *text, int64_t *out)
{
	const char *digits = text[0] == '-' ? text + 1 : text;
	bool hex = digits[0] == '0' && digits[1] == 'x';
	char *end;

	if (!isxdigit((unsigned char)digits[hex ? 2 : 0]))
		return -EINVAL;
	errno = 0;
	*out = strtoll(text, &end, hex ? 16 : 10);
	return *end == '\0' && errno == 0 ? 0 : -EINVAL;
}

static int
parse_seconds(const char *text, int64_t *out)
{
	uint64_t ns;

	if (number_parse_seconds(text, &ns) < 0 || ns > INT64_MAX)
		return -EINVAL;
	*out = (int64_t)ns;
	return 0;
}

static int
parse_address(const char *text, int64_t *out)
{
	struct pln_addr addr;

	if (pln_addr_parse(text, &addr) < 0)
		return -EINVAL;
	*out = (int64_t)addr.bytes[0] << 24 | addr.bytes[1] << 16 | addr.bytes[2] << 8 |
	       addr.bytes[3];
	return 0;
}

static int
parse_mac(const char *text, int64_t *out)
{
	struct pln_mac mac;

	if (pln_mac_parse(text, &mac) < 0)
		return -EINVAL;
	*out = 0;
	for (unsigned int i = 0; i < sizeof(mac.bytes); i++)
		*out = *out << 8 | mac.bytes[i];
	return 0;
}

/* text[0..len) as one thing; an empty one is `missing`, where a range may end openly. */
static int
parse_end(const char *text, size_t len, scalar_parser parse, int64_t *out)
{
	char copy[MAX_ITEM_LEN];

	if (len == 0)
		return 0;
	if (len >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return parse(copy, out);
}

/* text[0..len) as an item. */
static int
parse_item(const char *text, size_t len, scalar_parser parse, struct script_item *out)
{
	const char *sep = memchr(text, '~', len);
	size_t head;

	*out = (struct script_item){ 0 };
	if (len == 1 && text[0] == '*') {
		out->any = true;
		return 0;
	}
	if (sep == NULL && parse != parse_mac)
		sep = memchr(text, ':', len);
	if (sep == NULL) {
		if (len == 0 || parse_end(text, len, parse, &out->lo) < 0)
			return -EINVAL;
		out->hi = out->lo;
		return 0;
	}
	head = (size_t)(sep - text);
	out->lo = SCRIPT_LOWEST;
	out->hi = SCRIPT_HIGHEST;
	if (len == 1 || parse_end(text, head, parse, &out->lo) < 0 ||
	    parse_end(sep + 1, len - head - 1, parse, &out->hi) < 0 || out->lo > out->hi)
		return -EINVAL;
	return 0;
}

static const char *
parse_items(const char *text, scalar_parser parse, struct script_field *field)
{
	field->count = 0;
	for (;;) {
		size_t len = strcspn(text, ",");

		if (field->count == SCRIPT_MAX_ITEMS)
			return "lists more than four values";
		if (parse_item(text, len, parse, &field->items[field->count++]) < 0)
			return "is not understood";
		if (text[len] == '\0')
			return NULL;
		text += len + 1;
	}
}

static const char *
check_hex(const char *text)
{
	size_t len = strspn(text, "0123456789abcdefABCDEF");

	return text[len] != '\0' || len % 2 != 0 ? "is no even number of hexadecimal digits" : NULL;
}

static const char *
parse_number(const char *text, struct script_field *field)
{
	if (strncmp(text, "abs:", 4) == 0) {
		field->absolute = true;
		text += 4;
	}
	return parse_items(text, parse_integer, field) == NULL ? NULL : "is no number";
}

const char *
script_value_parse(const char *text, enum script_type type, struct script_field *field)
{
	field->text = text;
	if (type != SCRIPT_TYPE_TEXT && strcmp(text, "none") == 0) {
		field->none = true;
		return NULL;
	}
	switch (type) {
	case SCRIPT_TYPE_FLAG:
		return "takes no value";
	case SCRIPT_TYPE_NUMBER:
		return parse_number(text, field);
	case SCRIPT_TYPE_TIME:
		return parse_items(text, parse_seconds, field) == NULL ? NULL
		                                                       : "is no time in seconds";
	case SCRIPT_TYPE_ADDRESS:
		return parse_items(text, parse_address, field) == NULL ? NULL
		                                                       : "is no IPv4 address";
	case SCRIPT_TYPE_MAC:
		return parse_items(text, parse_mac, field) == NULL ? NULL : "is no MAC address";
	case SCRIPT_TYPE_TEXT:
		return NULL;
	case SCRIPT_TYPE_HEX:
		return check_hex(text);
	}
	return NULL;
}

int
script_time_parse(const char *text, struct script_item *out)
{
	return parse_item(text, strlen(text), parse_seconds, out);
}
