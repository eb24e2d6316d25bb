/* SPDX-License-Identifier: BSD-3-Clause */
/* Criteria: a metric, a relation, a number with its unit. Times are ns inside; k, M and G are powers of 1000. */
#include "perf/require.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/fault.h"

#define FORM "give a metric, one of < <= > >= =, and a number, as in p99<50us or rps>1M"

static const struct {
	const char *name;
	enum require_metric metric;
} metrics[] = {
	{ "mean", REQUIRE_MEAN },
	{ "min", REQUIRE_MIN },
	{ "max", REQUIRE_LARGEST },
	{ "rps", REQUIRE_RPS },
	{ "cps", REQUIRE_CPS },
	{ "bps", REQUIRE_BPS },
	{ "failed", REQUIRE_FAILED },
	{ "connections", REQUIRE_CONNECTIONS },
	{ "retransmits", REQUIRE_RETRANSMITS },
};

static bool
is_time(enum require_metric metric)
{
	return metric <= REQUIRE_LARGEST;
}

/* "p99.9" */
static int
take_percentile(struct require_one *one, const char *name)
{
	char *end;
	double value;

	if (name[0] != 'p' || name[1] < '0' || name[1] > '9')
		return -EINVAL;
	value = strtod(name + 1, &end);
	if (*end != '\0' || value > 100)
		return -EINVAL;
	one->metric = REQUIRE_PERCENTILE;
	one->part = value / 100;
	return 0;
}

static int
take_metric(struct require_one *one, const char *name)
{
	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
		if (strcmp(name, metrics[i].name) == 0) {
			one->metric = metrics[i].metric;
			return 0;
		}
	}
	return take_percentile(one, name);
}

/* @return how long it is */
static size_t
take_relation(struct require_one *one, const char *at)
{
	bool with_equal = at[0] != '\0' && at[1] == '=';

	switch (at[0]) {
	case '<':
		one->relation = with_equal ? REQUIRE_AT_MOST : REQUIRE_LESS;
		break;
	case '>':
		one->relation = with_equal ? REQUIRE_AT_LEAST : REQUIRE_MORE;
		break;
	case '=':
		one->relation = REQUIRE_EQUAL;
		break;
	default:
		return 0;
	}
	return with_equal ? 2 : 1;
}

static int
take_value(struct require_one *one, const char *text)
{
	static const struct {
		const char *name;
		bool is_time;
		double factor;
	} units[] = {
		{ "ns", true, 1 },   { "us", true, 1e3 }, { "ms", true, 1e6 },
		{ "s", true, 1e9 },  { "", false, 1 },    { "k", false, 1e3 },
		{ "K", false, 1e3 }, { "M", false, 1e6 }, { "G", false, 1e9 },
	};
	char *end;

	if ((text[0] < '0' || text[0] > '9') && text[0] != '.')
		return -EINVAL;
	one->value = strtod(text, &end);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].is_time == is_time(one->metric) && strcmp(end, units[i].name) == 0) {
			one->value *= units[i].factor;
			return 0;
		}
	}
	return -EINVAL;
}

static int
parse_one(struct require_one *one, const char *word, size_t len, struct pln_error *error)
{
	char name[sizeof(one->text)];
	size_t name_len, relation_len;

	if (len == 0 || len >= sizeof(one->text))
		return fault_set(error, -EINVAL, "--require %.*s: " FORM ".", (int)len, word);
	memcpy(one->text, word, len);
	one->text[len] = '\0';
	name_len = strcspn(one->text, "<>=");
	relation_len = take_relation(one, one->text + name_len);
	memcpy(name, one->text, name_len);
	name[name_len] = '\0';
	if (relation_len == 0)
		return fault_set(error, -EINVAL, "--require %s: " FORM ".", one->text);
	if (take_metric(one, name) < 0)
		return fault_set(error, -EINVAL,
		                 "--require %s: there is no metric '%s'; there are p0 to p100, "
		                 "mean, min, max, rps, cps, bps, failed, connections and "
		                 "retransmits.",
		                 one->text, name);
	if (take_value(one, one->text + name_len + relation_len) < 0)
		return fault_set(error, -EINVAL, "--require %s: the number is %s.", one->text,
		                 is_time(one->metric) ? "a time with its unit, ns, us, ms or s"
		                                      : "plain, or with k, M or G behind it");
	return 0;
}

int
require_parse(struct require *require, const char *text, struct pln_error *error)
{
	for (;;) {
		size_t len = strcspn(text, ",");
		int ret;

		if (require->count == REQUIRE_MAX)
			return fault_set(error, -E2BIG, "--require: %d criteria at most.",
			                 REQUIRE_MAX);
		ret = parse_one(&require->list[require->count], text, len, error);
		if (ret < 0)
			return ret;
		require->count++;
		if (text[len] == '\0')
			return 0;
		text += len + 1;
	}
}

double
require_value(const struct require_one *one, const struct require_measured *measured)
{
	switch (one->metric) {
	case REQUIRE_PERCENTILE:
		return (double)hdr_at(measured->latency, one->part);
	case REQUIRE_MEAN:
		return hdr_mean(measured->latency);
	case REQUIRE_MIN:
		return (double)measured->latency->min;
	case REQUIRE_LARGEST:
		return (double)measured->latency->max;
	case REQUIRE_RPS:
		return measured->rps;
	case REQUIRE_CPS:
		return measured->cps;
	case REQUIRE_BPS:
		return measured->bps;
	case REQUIRE_FAILED:
		return (double)measured->failed;
	case REQUIRE_CONNECTIONS:
		return (double)measured->connections;
	case REQUIRE_RETRANSMITS:
		return (double)measured->retransmits;
	}
	return 0;
}

bool
require_met(const struct require_one *one, const struct require_measured *measured)
{
	double value = require_value(one, measured);

	if (is_time(one->metric) && measured->latency->total == 0)
		return false;
	switch (one->relation) {
	case REQUIRE_LESS:
		return value < one->value;
	case REQUIRE_AT_MOST:
		return value <= one->value;
	case REQUIRE_MORE:
		return value > one->value;
	case REQUIRE_AT_LEAST:
		return value >= one->value;
	case REQUIRE_EQUAL:
		return value >= one->value && value <= one->value;
	}
	return false;
}
