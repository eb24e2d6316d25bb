/* SPDX-License-Identifier: BSD-3-Clause */
/* The operands: which role, which workload, and whom a client talks to. And --sources, which needs --ip. */
#ifndef POLLEN_APP_PERF_OPERANDS_H
#define POLLEN_APP_PERF_OPERANDS_H

#include "perf/options.h"

PLN_C_BEGIN

/** "server rr", "client rr 192.0.2.1:5201". @return 0 or a negative errno with a sentence. */
int operands_take(struct perf_options *o, int count, char **words, struct pln_error *error);

/** --sources, when all else is in. @return 0 or a negative errno with a sentence. */
int operands_sources(struct perf_options *o, struct pln_error *error);

PLN_C_END

#endif
