/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 8259, as much as our programs say: objects, and arrays of them. Nothing is kept, so nothing can fail but the stream. */
#include "common/jsonout.h"

static void
put_string(FILE *out, const char *text)
{
	(void)fputc('"', out);
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			(void)fprintf(out, "\\%c", c);
		else if (c < 0x20)
			(void)fprintf(out, "\\u%04x", c);
		else
			(void)fputc(c, out);
	}
	(void)fputc('"', out);
}

static void
put_key(struct jsonout *json, const char *key)
{
	if (json->has_member)
		(void)fputc(',', json->out);
	json->has_member = true;
	put_string(json->out, key);
	(void)fputc(':', json->out);
}

struct jsonout
jsonout_begin(FILE *out)
{
	(void)fputc('{', out);
	return (struct jsonout){ .out = out };
}

void
jsonout_end(struct jsonout *json)
{
	(void)fputs("}\n", json->out);
	(void)fflush(json->out);
}

void
jsonout_open(struct jsonout *json, const char *key)
{
	put_key(json, key);
	(void)fputc('{', json->out);
	json->has_member = false;
}

void
jsonout_close(struct jsonout *json)
{
	(void)fputc('}', json->out);
	json->has_member = true;
}

void
jsonout_array(struct jsonout *json, const char *key)
{
	put_key(json, key);
	(void)fputc('[', json->out);
	json->has_member = false;
}

void
jsonout_array_end(struct jsonout *json)
{
	(void)fputc(']', json->out);
	json->has_member = true;
}

void
jsonout_item(struct jsonout *json)
{
	if (json->has_member)
		(void)fputc(',', json->out);
	(void)fputc('{', json->out);
	json->has_member = false;
}

void
jsonout_text(struct jsonout *json, const char *key, const char *value)
{
	put_key(json, key);
	put_string(json->out, value);
}

void
jsonout_number(struct jsonout *json, const char *key, uint64_t value)
{
	put_key(json, key);
	(void)fprintf(json->out, "%llu", (unsigned long long)value);
}

void
jsonout_real(struct jsonout *json, const char *key, double value)
{
	put_key(json, key);
	(void)fprintf(json->out, "%.6g", value);
}

void
jsonout_bool(struct jsonout *json, const char *key, bool value)
{
	put_key(json, key);
	(void)fputs(value ? "true" : "false", json->out);
}

void
jsonout_addr(struct jsonout *json, const char *key, const struct pln_addr *addr)
{
	char text[PLN_ADDR_TEXT_LEN];

	jsonout_text(json, key, pln_addr_format(addr, text));
}
