/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors in iputils' words. */
#ifndef POLLEN_APP_PING_ICMPTEXT_H
#define POLLEN_APP_PING_ICMPTEXT_H

#include <pollen/icmp.h>

PLN_C_BEGIN

/** What an error says: "Time to live exceeded". @param buf at least 96 bytes. @return buf. */
char *icmptext_write(const struct pln_icmp_event *event, char *buf, size_t len);

/** Is it advice (a redirect, a source quench) rather than the end of the request? */
bool icmptext_is_advice(const struct pln_icmp_event *event);

PLN_C_END

#endif
