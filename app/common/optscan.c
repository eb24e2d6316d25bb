/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Command lines by getopt_long(3), twice: first for the files they name, then for the rest, so that the command line wins
 * wherever it names its file. Files go line by line through optfile. What is wrong is said in a sentence that names the
 * option, or file, line, section and key.
 */
#include "common/optscan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/fault.h"
#include "common/hostopts.h"
#include "common/optfile.h"

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

static bool
names_file(const struct optscan *scan, int opt)
{
	return (scan->config_opt != 0 && opt == scan->config_opt) ||
	       (scan->config_short != 0 && opt == scan->config_short);
}

/* One pass over the command line: for its files, or for all else. */
static int
pass(struct optscan *scan, int argc, char **argv, bool is_for_files)
{
	char shorts[128];
	int opt;

	(void)snprintf(shorts, sizeof(shorts), ":%s", scan->shorts);
	opterr = 0;
	optind = 0; /* glibc: start afresh */
	while ((opt = getopt_long(argc, argv, shorts, scan->table, NULL)) != -1) {
		int ret = 0;

		if (opt == '?' || opt == ':')
			return refuse(scan, opt, argv[optind - 1]);
		if (is_for_files && names_file(scan, opt))
			ret = optscan_file(scan, optarg);
		else if (!is_for_files && !names_file(scan, opt))
			ret = scan->apply(scan->ctx, opt, optarg, scan->error);
		if (ret < 0)
			return ret;
	}
	return optind;
}

int
optscan_argv(struct optscan *scan, int argc, char **argv)
{
	int ret = pass(scan, argc, argv, true);

	return ret < 0 ? ret : pass(scan, argc, argv, false);
}

int
optscan_read(struct optscan *scan, int *argc, char ***argv)
{
	const char *config = getenv("POLLEN_CONFIG");

	if (hostopts_split(scan->host, argc, argv) < 0)
		return fault_set(scan->error, -ENOMEM, "out of memory.");
	if (config != NULL && *config != '\0' && optscan_file(scan, config) < 0)
		return scan->error->code;
	return optscan_argv(scan, *argc, *argv);
}

/* ------------------------------------------------------------------------------------------------ files */

/* What the lines of a section are. */
enum section {
	SECTION_OWN,    /* options of this program */
	SECTION_HOST,   /* options of every program */
	SECTION_STACK,  /* options of the stack */
	SECTION_NEIGH,  /* neighbours */
	SECTION_OTHERS, /* another program's */
};

struct place {
	const char *path;
	int line;
	enum section section;
	char name[16]; /* of the section */
};

static int
enter_section(const struct optscan *scan, struct place *place, const char *name)
{
	static const char *const programs[] = { "arp", "doctor", "fetch", "perf", "ping", "serve" };

	(void)snprintf(place->name, sizeof(place->name), "%s", name);
	if (scan->program != NULL && strcmp(name, scan->program) == 0) {
		place->section = SECTION_OWN;
		return 0;
	}
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		if (strcmp(name, programs[i]) == 0) {
			place->section = SECTION_OTHERS;
			return 0;
		}
	}
	if (strcmp(name, "host") == 0)
		place->section = SECTION_HOST;
	else if (strcmp(name, "stack") == 0)
		place->section = SECTION_STACK;
	else if (strcmp(name, "neigh") == 0)
		place->section = SECTION_NEIGH;
	else
		return fault_set(scan->error, -EINVAL,
		                 "there is no such section; there are [host], [stack], [neigh], "
		                 "[fetch], [ping], [serve], [arp], [doctor] and [perf].");
	return 0;
}

static const struct option *
find_option(const struct optscan *scan, const struct place *place, const char *name)
{
	for (const struct option *o = scan->table; o->name != NULL; o++)
		if (strcmp(o->name, name) == 0)
			return place->section == SECTION_HOST &&
			                       (o->val < HOSTOPTS_FIRST || o->val >= HOSTOPTS_END)
			               ? NULL
			               : o;
	return NULL;
}

static bool
is_repeatable(const struct optscan *scan, int opt)
{
	if (opt == HOSTOPTS_SET || opt == HOSTOPTS_NEIGH)
		return true;
	if (scan->host != NULL && scan->host->ports.many &&
	    (opt == HOSTOPTS_INTERFACE || opt == HOSTOPTS_IP || opt == HOSTOPTS_MAC ||
	     opt == HOSTOPTS_GW))
		return true;
	for (const int *o = scan->repeatable; o != NULL && *o != 0; o++)
		if (*o == opt)
			return true;
	return false;
}

/* Remember where an option was set, or in a section of names and values a name; twice in one section is a contradiction. */
static int
note_origin(struct optscan *scan, const struct place *place, int opt, const char *name)
{
	struct optscan_origin *origin;

	if (*name == '\0' && is_repeatable(scan, opt))
		return 0;
	for (unsigned int i = 0; i < scan->origin_count; i++) {
		origin = &scan->origins[i];
		if (origin->opt == opt && strcmp(origin->path, place->path) == 0 &&
		    strcmp(origin->section, place->name) == 0 &&
		    strncmp(origin->name, name, sizeof(origin->name) - 1) == 0)
			return fault_set(scan->error, -EINVAL, "it is set in line %d already.",
			                 origin->line);
	}
	if (scan->origin_count == OPTSCAN_ORIGINS_MAX)
		return 0;
	origin = &scan->origins[scan->origin_count++];
	*origin = (struct optscan_origin){ .path = place->path, .line = place->line, .opt = opt };
	memcpy(origin->section, place->name, sizeof(origin->section));
	(void)snprintf(origin->name, sizeof(origin->name), "%s", name);
	return 0;
}

/* 1 yes, 0 no, -EINVAL neither. An option alone on its line is a yes. */
static int
read_yes(const char *value)
{
	static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };

	if (*value == '\0')
		return 1;
	for (int i = 0; i < 8; i++)
		if (strcmp(value, words[i]) == 0)
			return i % 2;
	return -EINVAL;
}

static int
apply_option(struct optscan *scan, const struct place *place, const char *name, const char *value)
{
	const struct option *option = find_option(scan, place, name);
	int yes;

	if (option == NULL)
		return fault_set(scan->error, -EINVAL,
		                 place->section == SECTION_HOST
		                         ? "option '%s' is not one that every program has."
		                         : "option '%s' is not known.",
		                 name);
	if (names_file(scan, option->val))
		return fault_set(scan->error, -EINVAL, "a file cannot name another file.");
	if (note_origin(scan, place, option->val, "") < 0)
		return scan->error->code;
	if (option->has_arg == required_argument) {
		if (*value == '\0')
			return fault_set(scan->error, -EINVAL, "option '%s' needs a value.", name);
		return scan->apply(scan->ctx, option->val, value, scan->error);
	}
	yes = read_yes(value);
	if (yes < 0)
		return fault_set(scan->error, -EINVAL, "option '%s' takes no value but yes or no.",
		                 name);
	return yes > 0 ? scan->apply(scan->ctx, option->val, NULL, scan->error) : 0;
}

static int
apply_pair(struct optscan *scan, const struct place *place, const char *name, const char *value)
{
	char text[512];
	int opt = place->section == SECTION_STACK ? HOSTOPTS_SET : HOSTOPTS_NEIGH;

	if (place->section == SECTION_OTHERS)
		return 0;
	if (place->section == SECTION_OWN || place->section == SECTION_HOST)
		return apply_option(scan, place, name, value);
	if (*value == '\0')
		return fault_set(scan->error, -EINVAL, "it needs a value.");
	if (note_origin(scan, place, opt, name) < 0)
		return scan->error->code;
	if ((size_t)snprintf(text, sizeof(text), "%s=%s", name, value) >= sizeof(text))
		return fault_set(scan->error, -EINVAL, "it is longer than %zu bytes.",
		                 sizeof(text) - 1);
	return scan->apply(scan->ctx, opt, text, scan->error);
}

/* What is kept until there is a stack says then where it stands. */
static void
tell_origin(const struct optscan *scan, const struct place *place, const char *name)
{
	if (scan->host == NULL)
		return;
	scan->host->origin[0] = '\0';
	scan->host->source[0] = '\0';
	if (name == NULL)
		return;
	(void)snprintf(scan->host->source, sizeof(scan->host->source), "%s [%s]", place->path,
	               place->name);
	(void)snprintf(scan->host->origin, sizeof(scan->host->origin), "%s:%d:%s%s%s %s",
	               place->path, place->line, place->name[0] != '\0' ? " [" : "", place->name,
	               place->name[0] != '\0' ? "]" : "", name);
}

static void
blame(const struct optscan *scan, const struct place *place, const char *name)
{
	struct pln_error cause = *scan->error;

	if (place->name[0] != '\0')
		(void)fault_set(scan->error, cause.code, "%s:%d: [%s]%s%s: %.500s", place->path,
		                place->line, place->name, *name != '\0' ? " " : "", name,
		                cause.text);
	else
		(void)fault_set(scan->error, cause.code, "%s:%d: %.600s", place->path, place->line,
		                cause.text);
}

static int
apply_line(struct optscan *scan, struct place *place, char *line)
{
	char *name = line;
	char *value;
	int ret = 0;

	switch (optfile_parse(line, &name, &value)) {
	case OPTFILE_BLANK:
		return 0;
	case OPTFILE_BAD:
		ret = fault_set(scan->error, -EINVAL, "a section begins with [ and ends with ].");
		name = line + strlen(line);
		break;
	case OPTFILE_SECTION:
		ret = enter_section(scan, place, name);
		name = line + strlen(line);
		break;
	case OPTFILE_PAIR:
		tell_origin(scan, place, name);
		ret = apply_pair(scan, place, name, value);
		tell_origin(scan, place, NULL);
		break;
	}
	if (ret < 0)
		blame(scan, place, name);
	return ret;
}

int
optscan_file(struct optscan *scan, const char *path)
{
	struct place place = { .path = path, .section = SECTION_OWN };
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	int ret = 0;

	scan->config_path = path;
	if (file == NULL && errno == ENOENT && scan->is_missing_allowed)
		return 0;
	if (file == NULL)
		return fault_set(scan->error, -errno, "the configuration file %s: %s.", path,
		                 strerror(errno));
	while (ret == 0 && getline(&line, &room, file) >= 0) {
		place.line++;
		ret = apply_line(scan, &place, line);
	}
	free(line);
	(void)fclose(file);
	return ret;
}

int
optscan_cite(const struct optscan *scan)
{
	for (unsigned int i = 0; i < scan->origin_count; i++) {
		const struct optscan_origin *origin = &scan->origins[i];
		const struct option *o = scan->table;
		char word[64];

		while (o->name != NULL && o->val != origin->opt)
			o++;
		(void)snprintf(word, sizeof(word), "--%s", o->name != NULL ? o->name : "?");
		if (strstr(scan->error->text, word) != NULL)
			fault_add(scan->error, "(%s: %s:%d%s%s%s)", word, origin->path,
			          origin->line, origin->section[0] != '\0' ? " [" : "",
			          origin->section, origin->section[0] != '\0' ? "]" : "");
	}
	return scan->error->code;
}
