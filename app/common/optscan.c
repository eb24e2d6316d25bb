/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Command lines by getopt_long(3); files by hand: "name = value", "name value" or "name" alone, blanks around, # begins a
 * comment line. What getopt finds wrong is said in a sentence that names the option.
 */
#include "common/optscan.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/fault.h"

/* After '?', getopt's optopt is 0 for an unknown long option, the letter for an unknown short one, and the option's value
 * for a long one that was given a value it does not take. After ':' the option is the last word. */
static bool
is_long(const struct optscan *scan, int kind, const char *word)
{
	if (kind == ':')
		return strncmp(word, "--", 2) == 0;
	return optopt == 0 || optopt > 255 || strchr(scan->shorts, optopt) != NULL;
}

static int
refuse(const struct optscan *scan, int kind, const char *word)
{
	const char *why = "is not known";

	if (!is_long(scan, kind, word))
		return fault_set(scan->error, -EINVAL, "option -%c %s.", optopt,
		                 kind == ':' ? "needs a value" : why);
	if (kind == ':')
		why = "needs a value";
	else if (optopt > 0)
		why = "takes no value";
	return fault_set(scan->error, -EINVAL, "option %.*s %s.", (int)strcspn(word, "="), word,
	                 why);
}

int
optscan_argv(const struct optscan *scan, int argc, char **argv)
{
	char shorts[128];
	int opt;

	(void)snprintf(shorts, sizeof(shorts), ":%s", scan->shorts);
	opterr = 0;
	optind = 0; /* glibc: start afresh */
	while ((opt = getopt_long(argc, argv, shorts, scan->table, NULL)) != -1) {
		int ret;

		if (opt == '?' || opt == ':')
			return refuse(scan, opt, argv[optind - 1]);
		if (scan->config_opt != 0 && opt == scan->config_opt)
			ret = optscan_file(scan, optarg);
		else
			ret = scan->apply(scan->ctx, opt, optarg, scan->error);
		if (ret < 0)
			return ret;
	}
	return optind;
}

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

static const struct option *
find_option(const struct optscan *scan, const char *name)
{
	for (const struct option *o = scan->table; o->name != NULL; o++)
		if (strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

static int
apply_line(const struct optscan *scan, char *line)
{
	const struct option *option;
	char *value;
	char *name = trim(line);

	if (*name == '\0' || *name == '#')
		return 0;
	name += strspn(name, "-");
	value = name + strcspn(name, " \t=:");
	if (*value != '\0') {
		*value++ = '\0';
		value += strspn(value, " \t=:");
	}
	value = trim(value);
	option = find_option(scan, name);
	if (option == NULL)
		return fault_set(scan->error, -EINVAL, "option '%s' is not known.", name);
	if (scan->config_opt != 0 && option->val == scan->config_opt)
		return fault_set(scan->error, -EINVAL, "a file cannot name another file.");
	if (option->has_arg == required_argument && *value == '\0')
		return fault_set(scan->error, -EINVAL, "option '%s' needs a value.", name);
	if (option->has_arg == no_argument && *value != '\0')
		return fault_set(scan->error, -EINVAL, "option '%s' takes no value.", name);
	return scan->apply(scan->ctx, option->val, *value != '\0' ? value : NULL, scan->error);
}

int
optscan_file(const struct optscan *scan, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	int number = 0;
	int ret = 0;

	if (file == NULL)
		return fault_set(scan->error, -errno, "the configuration file %s: %s.", path,
		                 strerror(errno));
	while (ret == 0 && getline(&line, &room, file) >= 0) {
		number++;
		ret = apply_line(scan, line);
	}
	if (ret < 0) {
		struct pln_error cause = *scan->error;

		(void)fault_set(scan->error, ret, "%s:%d: %s", path, number, cause.text);
	}
	free(line);
	(void)fclose(file);
	return ret;
}
