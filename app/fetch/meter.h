/* SPDX-License-Identifier: BSD-3-Clause */
/* The progress meter: how far, how fast, how long still. On a terminal one line that is redrawn, elsewhere a line now and then. */
#ifndef POLLEN_APP_FETCH_METER_H
#define POLLEN_APP_FETCH_METER_H

#include <stdio.h>

#include <pollen/types.h>

PLN_C_BEGIN

#define METER_SAMPLES 50

/* How far it was at a moment. */
struct meter_sample {
	uint64_t now, bytes;
};

struct meter {
	FILE *out; /* NULL: silent */
	bool is_terminal;
	bool is_drawn;        /* a line stands on the terminal, without its end */
	unsigned int width;   /* columns */
	uint64_t start, next; /* ns: of the transfer, of the next line */
	uint64_t offset;      /* bytes that were there before */
	char note[48];        /* "3 of 20 done, 5 live  " for several transfers; empty for one */
	struct meter_sample samples[METER_SAMPLES];
	unsigned int count; /* samples ever taken */
};

/** @param out NULL for no meter */
void meter_init(struct meter *meter, FILE *out);

/** A transfer begins. @param offset bytes that are there already */
void meter_start(struct meter *meter, uint64_t now, uint64_t offset);

/**
 * How far it is; draws when it is time to.
 *
 * @param bytes  of this transfer, without the offset
 * @param total  of this transfer, UINT64_MAX when unknown
 */
void meter_update(struct meter *meter, uint64_t now, uint64_t bytes, uint64_t total);

/** The transfer is over: one last line. */
void meter_end(struct meter *meter, uint64_t now, uint64_t bytes, uint64_t total);

/** Make room for a line of something else. */
void meter_hide(struct meter *meter);

/** The line's text at a moment: for meter_update and for tests. @return its length. */
int meter_format(const struct meter *meter, const struct meter_sample *at, uint64_t total,
                 char *buf, size_t len);

PLN_C_END

#endif
