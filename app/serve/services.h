/* SPDX-License-Identifier: BSD-3-Clause */
/* Echo (RFC 862), discard (RFC 863) and chargen (RFC 864), over TCP and UDP. */
#ifndef POLLEN_APP_SERVE_SERVICES_H
#define POLLEN_APP_SERVE_SERVICES_H

#include "serve/client.h"

PLN_C_BEGIN

/** Do what can be done now. The client may be gone afterwards. */
void services_step(struct client *client);

/** Answer the datagrams that wait. */
void services_datagrams(const struct server_owner *socket);

PLN_C_END

#endif
