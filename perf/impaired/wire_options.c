/* SPDX-License-Identifier: BSD-3-Clause */
/* Names, numbers and units of the command line, as a table. */
#include "wire_options.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: perf_wire [options] IF IF\n"
	"Joins two network interfaces as an impaired line would, until SIGTERM; then says what it "
	"did, as JSON. Root; the interfaces' other\n"
	"ends (of veths) without offloads.\n"
	"      --both SET         of both ways, parted by commas:\n"
	"      --there SET        from the first interface to the second\n"
	"      --back SET         and back\n"
	"         rate=BITS       a second, of frames: k, M, G\n"
	"         queue=BYTES     that may wait behind the frame being sent\n"
	"         mark=BYTES      waiting, from which on ECN-capable frames are marked\n"
	"         delay=TIME      us, ms or s\n"
	"         jitter=TIME     up to so much more; the order is kept\n"
	"         loss=P          a part of 1, or N%\n"
	"         burst=P/P       loss in bursts: the chance that one begins, and that it ends, "
	"with each frame\n"
	"         reorder=P/TIME  held back for so long\n"
	"         duplicate=P\n"
	"         corrupt=P       one bit\n"
	"         hole=TIME/TIME  nothing passes: from when, how long\n"
	"  -s, --seed N           of all chances (1)\n"
	"  -t, --duration S       seconds (0: until SIGTERM)\n"
	"      --tolerance TIME   a frame delivered later than so is counted as late (100us)\n"
	"  -J, --json FILE        instead of standard output\n";

enum unit {
	UNIT_NUMBER,
	UNIT_TIME,
	UNIT_CHANCE
};

struct field {
	const char *name;
	size_t at, second_at; /* second_at 0: there is one value */
	enum unit unit, second_unit;
};

#define AT(member) offsetof(struct impair_settings, member)
static const struct field fields[] = {
	{ "rate", AT(rate_bps), 0, UNIT_NUMBER, UNIT_NUMBER },
	{ "queue", AT(queue_bytes), 0, UNIT_NUMBER, UNIT_NUMBER },
	{ "mark", AT(mark_bytes), 0, UNIT_NUMBER, UNIT_NUMBER },
	{ "delay", AT(delay_ns), 0, UNIT_TIME, UNIT_NUMBER },
	{ "jitter", AT(jitter_ns), 0, UNIT_TIME, UNIT_NUMBER },
	{ "loss", AT(loss), 0, UNIT_CHANCE, UNIT_NUMBER },
	{ "burst", AT(burst_enter), AT(burst_leave), UNIT_CHANCE, UNIT_CHANCE },
	{ "reorder", AT(reorder), AT(reorder_ns), UNIT_CHANCE, UNIT_TIME },
	{ "duplicate", AT(duplicate), 0, UNIT_CHANCE, UNIT_NUMBER },
	{ "corrupt", AT(corrupt), 0, UNIT_CHANCE, UNIT_NUMBER },
	{ "hole", AT(hole_from_ns), AT(hole_ns), UNIT_TIME, UNIT_TIME },
};

_Noreturn static void
refuse(const char *what, const char *value)
{
	(void)fprintf(stderr, "perf_wire: %s '%s' makes no sense (perf_wire --help)\n", what,
	              value);
	exit(2);
}

/* What a number is multiplied with; 0: no such suffix. */
static double
scale_of(enum unit unit, const char *suffix)
{
	static const struct {
		enum unit unit;
		const char *suffix;
		double scale;
	} scales[] = {
		{ UNIT_NUMBER, "", 1 },    { UNIT_NUMBER, "k", 1e3 }, { UNIT_NUMBER, "M", 1e6 },
		{ UNIT_NUMBER, "G", 1e9 }, { UNIT_TIME, "us", 1e3 },  { UNIT_TIME, "ms", 1e6 },
		{ UNIT_TIME, "s", 1e9 },   { UNIT_CHANCE, "", 1 },    { UNIT_CHANCE, "%", 0.01 },
	};

	for (size_t i = 0; i < sizeof(scales) / sizeof(scales[0]); i++)
		if (scales[i].unit == unit && strcmp(scales[i].suffix, suffix) == 0)
			return scales[i].scale;
	return 0;
}

static double
number(const char *what, enum unit unit, const char *text)
{
	char *end;
	double n = strtod(text, &end), scale = scale_of(unit, end);

	if (end == text || scale == 0 || !(n >= 0) || n * scale > (unit == UNIT_CHANCE ? 1 : 1e15))
		refuse(what, text);
	return n * scale;
}

static void
put(struct impair_settings *set, enum unit unit, size_t at, double value)
{
	uint64_t whole = (uint64_t)value;

	if (unit == UNIT_CHANCE)
		memcpy((char *)set + at, &value, sizeof(value));
	else
		memcpy((char *)set + at, &whole, sizeof(whole));
}

static void
take_field(struct impair_settings *set, const struct field *f, char *value)
{
	char *slash = strchr(value, '/');

	if ((slash != NULL) != (f->second_at > 0))
		refuse(f->name, value);
	if (slash != NULL) {
		*slash++ = '\0';
		put(set, f->second_unit, f->second_at, number(f->name, f->second_unit, slash));
	}
	put(set, f->unit, f->at, number(f->name, f->unit, value));
}

static void
take_settings(struct impair_settings *set, const char *list)
{
	char *text = strdup(list), *rest = text, *item;

	while ((item = strsep(&rest, ",")) != NULL) {
		char *value = strchr(item, '=');
		size_t i = 0;

		if (value == NULL)
			refuse("the setting", item);
		*value++ = '\0';
		while (i < sizeof(fields) / sizeof(fields[0]) && strcmp(fields[i].name, item) != 0)
			i++;
		if (i == sizeof(fields) / sizeof(fields[0]))
			refuse("the setting", item);
		take_field(set, &fields[i], value);
	}
	free(text);
}

static void
take_option(struct wire_options *o, int c)
{
	switch (c) {
	case 'b':
		take_settings(&o->way[WAY_THERE], optarg);
		take_settings(&o->way[WAY_BACK], optarg);
		return;
	case '>':
		take_settings(&o->way[WAY_THERE], optarg);
		return;
	case '<':
		take_settings(&o->way[WAY_BACK], optarg);
		return;
	case 's':
		o->seed = (uint64_t)number("--seed", UNIT_NUMBER, optarg);
		return;
	case 't':
		o->duration_ns = (uint64_t)(number("--duration", UNIT_NUMBER, optarg) * 1e9);
		return;
	case 'T':
		o->tolerance_ns = (uint64_t)number("--tolerance", UNIT_TIME, optarg);
		return;
	case 'J':
		o->json = optarg;
		return;
	case 'h':
		(void)fputs(usage, stdout);
		exit(0);
	}
	(void)fputs(usage, stderr);
	exit(2);
}

void
wire_options_parse(struct wire_options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "both", required_argument, NULL, 'b' },
		{ "there", required_argument, NULL, '>' },
		{ "back", required_argument, NULL, '<' },
		{ "seed", required_argument, NULL, 's' },
		{ "duration", required_argument, NULL, 't' },
		{ "tolerance", required_argument, NULL, 'T' },
		{ "json", required_argument, NULL, 'J' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	*o = (struct wire_options){ .seed = 1, .tolerance_ns = 100000 };
	while ((c = getopt_long(argc, argv, "s:t:J:h", longs, NULL)) != -1)
		take_option(o, c);
	if (argc - optind != WAYS) {
		(void)fputs(usage, stderr);
		exit(2);
	}
	o->interface[WAY_THERE] = argv[optind];
	o->interface[WAY_BACK] = argv[optind + 1];
}
