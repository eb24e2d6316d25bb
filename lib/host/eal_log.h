/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where DPDK's log goes: to standard error when the user wants it, and its warnings and errors always into a short memory, so that
 * an error of ours can quote what EAL or a driver said last.
 */
#ifndef POLLEN_HOST_EAL_LOG_H
#define POLLEN_HOST_EAL_LOG_H

#include <stdio.h>

#include "base/decl.h"

PLN_C_BEGIN

#define PLN_EAL_LOG_LINES    16U
#define PLN_EAL_LOG_LINE_LEN 200U

struct pln_eal_log {
	FILE *stream;
	bool show;          /* everything goes to standard error too */
	unsigned int count; /* lines remembered so far, old ones overwritten */
	char lines[PLN_EAL_LOG_LINES][PLN_EAL_LOG_LINE_LEN];
};

/* Take over DPDK's log. @return 0 or -ENOMEM. */
int pln_eal_log_open(struct pln_eal_log *log, bool show);

/* Give it back. */
void pln_eal_log_close(struct pln_eal_log *log);

/* Remember one line, unless it is one of those that mean nothing or repeats the last. */
void pln_eal_log_remember(struct pln_eal_log *log, const char *line, size_t len);

/* The last `max` lines remembered, parted by "; ". @return length, cut to what fits. */
size_t pln_eal_log_quote(struct pln_eal_log *log, unsigned int max, char *buf, size_t len);

PLN_C_END

#endif
