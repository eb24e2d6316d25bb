/* SPDX-License-Identifier: BSD-3-Clause */
/* What a run of echoes adds up to, and the lines that say so: iputils' shapes, to the byte. */
#ifndef POLLEN_APP_PING_TALLY_H
#define POLLEN_APP_PING_TALLY_H

#include <stdio.h>

#include <pollen/types.h>

PLN_C_BEGIN

struct tally {
	uint64_t sent, received, duplicates, errors;
	uint64_t min_us, max_us, sum_us, sum_squares_us;
	uint64_t ewma_us8;    /* moving average × 8, as iputils keeps it */
	uint64_t first, last; /* ns: first echo sent, last thing that happened */
	unsigned int pipe;    /* most echoes on their way at once */
	bool is_timed;        /* the payload is large enough that iputils would time it */
};

/** A reply, `is_duplicate` if the same one came before. */
void tally_reply(struct tally *tally, uint64_t rtt_us, bool is_duplicate);

/** "0.183", "12.3": iputils' four digits. @param buf at least 24 bytes. @return buf. */
char *tally_format_ms(uint64_t us, char *buf);

/** The block at the end. */
void tally_print_summary(const struct tally *tally, const char *host, FILE *out);

/** The line that SIGQUIT asks for. */
void tally_print_status(const struct tally *tally, FILE *out);

/** The words for an ICMP error. @return a static or `buf` text */
const char *tally_error_text(uint8_t type, uint8_t code, char *buf, size_t len);

PLN_C_END

#endif
