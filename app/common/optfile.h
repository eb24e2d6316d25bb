/* SPDX-License-Identifier: BSD-3-Clause */
/* One line of a configuration file: what it is, taken apart in place. */
#ifndef POLLEN_APP_COMMON_OPTFILE_H
#define POLLEN_APP_COMMON_OPTFILE_H

#include <pollen/types.h>

PLN_C_BEGIN

enum optfile_kind {
	OPTFILE_BLANK,   /* nothing, or a comment */
	OPTFILE_SECTION, /* [name] */
	OPTFILE_PAIR,    /* name = value; the value may be empty */
	OPTFILE_BAD,     /* a section without its bracket */
};

/** @param line changed. @param name, value into line. */
enum optfile_kind optfile_parse(char *line, char **name, char **value);

/**
 * Set or remove a line `name = value` in a section of a file, which is replaced as a whole; all other lines stay as they are.
 *
 * @param value  NULL: remove
 * @return 1 changed; 0 it was so; negative errno (-ENOENT: nothing to remove)
 */
int optfile_edit(const char *path, const char *section, const char *name, const char *value);

PLN_C_END

#endif
