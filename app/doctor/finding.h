/* SPDX-License-Identifier: BSD-3-Clause */
/* What one check of pollen-doctor came to: a verdict, what was seen, what mends it; and the lines that say so. */
#ifndef POLLEN_APP_DOCTOR_FINDING_H
#define POLLEN_APP_DOCTOR_FINDING_H

#include <stdio.h>

#include <pollen/types.h>

PLN_C_BEGIN

enum verdict {
	VERDICT_OK = 0,
	VERDICT_WARNING, /* it works, but not as well as it might; or it could not be found out */
	VERDICT_FAILED,  /* it does not work */
};

struct finding {
	enum verdict verdict;
	const char *check; /* its name: a word, and the same in every run */
	char seen[512];
	char mend
		[256]; /* the command that mends it, or the words where there is none; empty: nothing to mend */
};

/* The findings of one run, told as they come. */
struct report {
	FILE *out;
	bool json;
	const char *
		port; /* which of several the next ones are about; NULL: the machine, or the only one */
	unsigned int counts[3]; /* by verdict */
};

/** A finding without anything to mend. */
struct finding finding_of(enum verdict verdict, const char *check, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** What mends it. */
void finding_mend(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Add to what was seen. */
void finding_add(struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Print one, and count it. */
void report_add(struct report *report, const struct finding *finding);

/** Print how many there were of each. */
void report_end(const struct report *report);

/** 0: all is well; 1: there are warnings; 2: something has failed. */
int report_exit_code(const struct report *report);

PLN_C_END

#endif
