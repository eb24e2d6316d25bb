/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON text, written straight to a stream: objects of keys with strings, numbers and booleans, and arrays of objects, nested where needed. */
#ifndef POLLEN_APP_COMMON_JSONOUT_H
#define POLLEN_APP_COMMON_JSONOUT_H

#include <stdio.h>

#include <pollen/types.h>

PLN_C_BEGIN

struct jsonout {
	FILE *out;
	bool has_member; /* a comma is due before the next */
};

/** Begin the outermost object. */
struct jsonout jsonout_begin(FILE *out);

/** End it, and its line; the stream is flushed. */
void jsonout_end(struct jsonout *json);

/** Begin and end an object that is a member. */
void jsonout_open(struct jsonout *json, const char *key);
void jsonout_close(struct jsonout *json);

/** Begin and end an array that is a member; an object that stands in it, ended by jsonout_close. */
void jsonout_array(struct jsonout *json, const char *key);
void jsonout_array_end(struct jsonout *json);
void jsonout_item(struct jsonout *json);

/** Members. Strings are escaped as RFC 8259 §7 asks; what is not UTF-8 is passed on. */
void jsonout_text(struct jsonout *json, const char *key, const char *value);
void jsonout_number(struct jsonout *json, const char *key, uint64_t value);
void jsonout_real(struct jsonout *json, const char *key, double value);
void jsonout_bool(struct jsonout *json, const char *key, bool value);
void jsonout_addr(struct jsonout *json, const char *key, const struct pln_addr *addr);

PLN_C_END

#endif
