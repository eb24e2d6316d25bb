/* SPDX-License-Identifier: BSD-3-Clause */
/* --pcap FILE[,FILTER]: the file's name, and the filter in tcpdump's language compiled by libpcap. */
#ifndef POLLEN_APP_COMMON_CAPTURE_H
#define POLLEN_APP_COMMON_CAPTURE_H

#include <pollen/types.h>

PLN_C_BEGIN

struct bpf_program;

/**
 * Parse the option's value; what the outputs held before is freed.
 *
 * @param filter  NULL when none is given
 * @return 0 or a negative errno with a sentence
 */
int capture_parse(const char *value, char **path, struct bpf_program **filter,
                  struct pln_error *error);

void capture_free(char *path, struct bpf_program *filter);

PLN_C_END

#endif
