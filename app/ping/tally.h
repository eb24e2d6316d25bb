/* SPDX-License-Identifier: BSD-3-Clause */
/* What a run of echoes adds up to, and the lines that say so: iputils' shapes, to the byte. */
#ifndef POLLEN_APP_PING_TALLY_H
#define POLLEN_APP_PING_TALLY_H

#include <stdio.h>

#include <pollen/types.h>

PLN_C_BEGIN

struct tally {
	uint64_t sent, received, duplicates, corrupted, errors;
	uint64_t out_of_order; /* replies that came after the reply to a later request */
	uint64_t min_ns, max_ns, sum_ns;
	double mean_ns, squares; /* Welford's running mean and sum of squared differences */
	uint64_t ewma_ns8;       /* moving average × 8, as iputils keeps it */
	uint64_t first, last;    /* ns: first and last echo sent */
	unsigned int pipe;       /* most echoes on their way at once */
	bool is_timed;           /* the payload is large enough that iputils would time it */
	bool is_paced;           /* by the replies, not by the clock: flood, adaptive, interval 0 */
};

/** A reply, `is_duplicate` if the same one came before. */
void tally_reply(struct tally *tally, uint64_t rtt_ns, bool is_duplicate);

/** The mean of all round trips, rounded down. @return ns, 0 without any. */
uint64_t tally_mean(const struct tally *tally);

/** The standard deviation of all round trips, ping's mdev. @return ns. */
uint64_t tally_deviation(const struct tally *tally);

/** "0.183", "12.3": iputils' four digits. @param buf at least 24 bytes. @return buf. */
char *tally_format_ms(uint64_t ns, char *buf);

/** The block at the end. */
void tally_print_summary(const struct tally *tally, const char *host, FILE *out);

/** The line that SIGQUIT asks for. */
void tally_print_status(const struct tally *tally, FILE *out);

PLN_C_END

#endif
