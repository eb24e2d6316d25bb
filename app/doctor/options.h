/* SPDX-License-Identifier: BSD-3-Clause */
/* pollen-doctor's command line. */
#ifndef POLLEN_APP_DOCTOR_OPTIONS_H
#define POLLEN_APP_DOCTOR_OPTIONS_H

#include "common/hostopts.h"

PLN_C_BEGIN

struct doctor_options {
	struct hostopts host;
	bool has_port; /* one was given: it is looked at, too */
	struct pln_endpoint
		peer; /* whom to test with; family NONE: the gateway; port 0: usual ones */
	bool json;
	bool verbose;
	enum doctor_action {
		DOCTOR_RUN,
		DOCTOR_HELP,
		DOCTOR_VERSION
	} action;
};

/** @param out to be freed with doctor_options_free, also after a failure. @return 0 or a negative errno with a sentence. */
int doctor_options_parse(struct doctor_options *out, int argc, char **argv,
                         struct pln_error *error);

void doctor_options_free(struct doctor_options *options);

extern const char doctor_usage[];
extern const char doctor_help[];

PLN_C_END

#endif
