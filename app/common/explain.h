/* SPDX-License-Identifier: BSD-3-Clause */
/* Why a peer could not be talked to: the evidence a stack and its port have, as sentences. */
#ifndef POLLEN_APP_COMMON_EXPLAIN_H
#define POLLEN_APP_COMMON_EXPLAIN_H

#include <pollen/host.h>

PLN_C_BEGIN

struct run;

/** Add what is known of the way to `dst`: next hop, ARP's attempts, link state, frames seen, checksums. */
void explain_path(const struct run *run, const struct pln_addr *dst, struct pln_error *error);

/** Were all TCP segments received so far dropped for their checksum? Then the sentence that helps is added. */
bool explain_checksums(const struct run *run, struct pln_error *error);

PLN_C_END

#endif
