/* SPDX-License-Identifier: BSD-3-Clause */
/* What a run must reach: "p99<50us,rps>1M". */
#ifndef POLLEN_APP_PERF_REQUIRE_H
#define POLLEN_APP_PERF_REQUIRE_H

#include "common/hdr.h"

PLN_C_BEGIN

#define REQUIRE_MAX 16

enum require_metric {
	REQUIRE_PERCENTILE, /* of latency, ns */
	REQUIRE_MEAN,       /* ns */
	REQUIRE_MIN,        /* ns */
	REQUIRE_LARGEST,    /* ns */
	REQUIRE_RPS,        /* requests a second */
	REQUIRE_CPS,        /* connections a second */
	REQUIRE_BPS,        /* bits a second, of payload */
	REQUIRE_FAILED,
	REQUIRE_CONNECTIONS,
	REQUIRE_RETRANSMITS,
};

enum require_relation {
	REQUIRE_LESS,
	REQUIRE_AT_MOST,
	REQUIRE_MORE,
	REQUIRE_AT_LEAST,
	REQUIRE_EQUAL,
};

struct require_one {
	char text[48]; /* as it was given */
	enum require_metric metric;
	enum require_relation relation;
	double part;  /* of a percentile: 0 to 1 */
	double value; /* ns, or a number */
};

struct require {
	struct require_one list[REQUIRE_MAX];
	unsigned int count;
};

/* What was measured. */
struct require_measured {
	const struct hdr *latency;
	double rps, cps, bps;
	uint64_t failed, connections, retransmits;
};

/** Add what `text` asks for. @return 0 or a negative errno with a sentence. */
int require_parse(struct require *require, const char *text, struct pln_error *error);

/** What was measured of it: ns, or a number. */
double require_value(const struct require_one *one, const struct require_measured *measured);

/** A time that was never measured meets nothing. */
bool require_met(const struct require_one *one, const struct require_measured *measured);

PLN_C_END

#endif
