/* SPDX-License-Identifier: BSD-3-Clause */
/* HTTP/1.1 with one client: requests one behind the other, each answered before the next is read. */
#ifndef POLLEN_APP_SERVE_TALK_H
#define POLLEN_APP_SERVE_TALK_H

#include "serve/client.h"

PLN_C_BEGIN

/** Do what can be done now: read, answer, send. The client may be gone afterwards. */
void talk_step(struct client *client);

/** Its time is up. The client may be gone afterwards. */
void talk_late(struct client *client);

/** The server drains: no request after the one that is being read or answered. The client may be gone afterwards. */
void talk_drain(struct client *client);

PLN_C_END

#endif
