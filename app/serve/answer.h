/* SPDX-License-Identifier: BSD-3-Clause */
/* What a request is answered with: decides the status, writes the head, names the bytes. */
#ifndef POLLEN_APP_SERVE_ANSWER_H
#define POLLEN_APP_SERVE_ANSWER_H

#include "serve/client.h"

PLN_C_BEGIN

/** The request is here, or as much of it as is needed: the client waits for its file or sends. */
void answer_request(struct client *client);

/** Begin a response that is its own status. @param status of 300 and above, or 204. */
void answer_status(struct client *client, unsigned int status);

PLN_C_END

#endif
