/* SPDX-License-Identifier: BSD-3-Clause */
/* Values become what rows say they are; a sentence says what would be right. */
#include "common/optvalue.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/fault.h"
#include "common/number.h"

int
optvalue_string(char **out, const char *value, struct pln_error *error)
{
	char *copy = strdup(value);

	if (copy == NULL)
		return fault_set(error, -ENOMEM, "out of memory.");
	free(*out);
	*out = copy;
	return 0;
}

int
optvalue_seconds(const char *name, const char *value, uint64_t *out, struct pln_error *error)
{
	int ret = number_parse_seconds(value, out);

	if (ret < 0)
		return fault_set(error, ret, "%s %s: give seconds, as in 10 or 2.5.", name, value);
	return 0;
}

static const char *
wanted(enum optvalue_kind kind)
{
	if (kind == OPTVALUE_SIZE)
		return "size, as in 64M,";
	return kind == OPTVALUE_SIZE32 ? "size, as in 64K," : "number";
}

static int
take_number(const struct optvalue_row *row, const char *value, void *at, struct pln_error *error)
{
	bool is_size = row->kind == OPTVALUE_SIZE || row->kind == OPTVALUE_SIZE32;
	uint64_t number;
	int ret = is_size ? number_parse_size(value, row->min, row->max, &number)
	                  : number_parse(value, row->min, row->max, &number);

	if (ret < 0)
		return fault_set(error, ret, "%s %s: give a %s from %llu to %llu.", row->name,
		                 value, wanted(row->kind), (unsigned long long)row->min,
		                 (unsigned long long)row->max);
	if (row->kind == OPTVALUE_PORT)
		*(uint16_t *)at = (uint16_t)number;
	else if (row->kind == OPTVALUE_COUNT || row->kind == OPTVALUE_SIZE32)
		*(uint32_t *)at = (uint32_t)number;
	else
		*(uint64_t *)at = number;
	return 0;
}

int
optvalue_take(const struct optvalue_row *rows, void *options, int opt, const char *value,
              struct pln_error *error)
{
	const struct optvalue_row *row = rows;
	void *at;
	int ret;

	while (row->name != NULL && row->opt != opt)
		row++;
	if (row->name == NULL)
		return 0;
	at = (char *)options + row->offset;
	ret = row->kind == OPTVALUE_SECONDS ? optvalue_seconds(row->name, value, at, error)
	                                    : take_number(row, value, at, error);
	return ret < 0 ? ret : 1;
}
