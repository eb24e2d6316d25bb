/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * INI as our files have it: # and ; begin a comment line, names end at a blank, = or :, a value may stand in double quotes.
 * Editing writes a new file beside the old one and renames it, so that a reader sees the one or the other.
 */
#include "common/optfile.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *
trim(char *text)
{
	size_t len;

	while (isspace((unsigned char)*text))
		text++;
	len = strlen(text);
	while (len > 0 && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
	if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
		text[len - 1] = '\0';
		text++;
	}
	return text;
}

enum optfile_kind
optfile_parse(char *line, char **name, char **value)
{
	char *at = trim(line);
	size_t len = strlen(at);

	if (*at == '\0' || *at == '#' || *at == ';')
		return OPTFILE_BLANK;
	if (*at == '[') {
		if (at[len - 1] != ']')
			return OPTFILE_BAD;
		at[len - 1] = '\0';
		*name = trim(at + 1);
		return OPTFILE_SECTION;
	}
	at += strspn(at, "-");
	*name = at;
	at += strcspn(at, " \t=:");
	if (*at != '\0') {
		*at++ = '\0';
		at += strspn(at, " \t=:");
	}
	*value = trim(at);
	return OPTFILE_PAIR;
}

/* What an edit knows while it copies lines. */
struct edit {
	const char *section, *name, *value;
	FILE *out;
	bool is_inside; /* of the section */
	bool is_done;   /* the line was set */
	bool was_there; /* a line of that name was found */
	bool changed;
};

static void
put_line(struct edit *edit)
{
	if (edit->value != NULL && !edit->is_done)
		(void)fprintf(edit->out, "%s = %s\n", edit->name, edit->value);
	edit->changed |= edit->value != NULL && !edit->is_done;
	edit->is_done = true;
}

/* Copy a line, or put another in its place. */
static int
edit_line(struct edit *edit, const char *line)
{
	char *copy = strdup(line);
	char *name;
	char *value;
	enum optfile_kind kind;
	bool is_it;

	if (copy == NULL)
		return -ENOMEM;
	kind = optfile_parse(copy, &name, &value);
	if (kind == OPTFILE_SECTION) {
		if (edit->is_inside)
			put_line(edit);
		edit->is_inside = strcmp(name, edit->section) == 0;
	}
	is_it = kind == OPTFILE_PAIR && edit->is_inside && strcmp(name, edit->name) == 0;
	if (!is_it) {
		(void)fputs(line, edit->out);
		if (*line != '\0' && line[strlen(line) - 1] != '\n')
			(void)fputc('\n', edit->out);
	} else if (edit->value != NULL && strcmp(value, edit->value) == 0 && !edit->is_done) {
		(void)fputs(line, edit->out);
		edit->is_done = true;
	} else {
		edit->changed = true;
		put_line(edit);
	}
	edit->was_there |= is_it;
	free(copy);
	return 0;
}

static int
copy_lines(struct edit *edit, const char *path)
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	int ret = 0;

	if (in == NULL)
		return errno == ENOENT ? 0 : -errno;
	while (ret == 0 && getline(&line, &room, in) >= 0)
		ret = edit_line(edit, line);
	free(line);
	(void)fclose(in);
	return ret;
}

static int
finish_edit(struct edit *edit, const char *path, const char *temporary)
{
	struct stat was;

	if (edit->value != NULL && !edit->is_done) {
		if (!edit->is_inside)
			(void)fprintf(edit->out, "[%s]\n", edit->section);
		put_line(edit);
	}
	if (edit->value == NULL && !edit->was_there)
		return -ENOENT;
	if (!edit->changed)
		return 0;
	if (stat(path, &was) == 0)
		(void)fchmod(fileno(edit->out), was.st_mode & 07777U);
	else
		(void)fchmod(fileno(edit->out), 0644);
	if (fflush(edit->out) != 0 || ferror(edit->out) || fsync(fileno(edit->out)) < 0 ||
	    rename(temporary, path) < 0)
		return errno != 0 ? -errno : -EIO;
	return 1;
}

int
optfile_edit(const char *path, const char *section, const char *name, const char *value)
{
	struct edit edit = { .section = section, .name = name, .value = value };
	char temporary[4096];
	int fd;
	int ret;

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= sizeof(temporary))
		return -ENAMETOOLONG;
	fd = mkstemp(temporary);
	if (fd < 0)
		return -errno;
	edit.out = fdopen(fd, "w");
	if (edit.out == NULL) {
		(void)close(fd);
		(void)unlink(temporary);
		return -ENOMEM;
	}
	ret = copy_lines(&edit, path);
	if (ret == 0)
		ret = finish_edit(&edit, path, temporary);
	(void)fclose(edit.out);
	if (ret <= 0)
		(void)unlink(temporary);
	return ret;
}
