/* SPDX-License-Identifier: BSD-3-Clause */
/* A ping as JSON: one object a line. pollen-ping(1) names the keys. */
#ifndef POLLEN_APP_PING_JSON_H
#define POLLEN_APP_PING_JSON_H

#include "ping/ping.h"

PLN_C_BEGIN

void json_reply(const struct ping *ping, const struct ping_reply *reply);
void json_error(const struct ping *ping, const struct pln_icmp_event *event);
/** @param error negative errno */
void json_failure(const struct ping *ping, int error);
void json_summary(const struct ping *ping);

PLN_C_END

#endif
