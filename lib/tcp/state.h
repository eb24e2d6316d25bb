/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The states of RFC 9293 §3.3.2 and the ways between them: Figure 5 as data. Which event takes
 * which way is the doors' matter.
 */
#ifndef POLLEN_TCP_STATE_H
#define POLLEN_TCP_STATE_H

#include <pollen/tcp.h>

#include "base/decl.h"

PLN_C_BEGIN

/* Is there a way from `from` to `to`? There is none from a state to itself. */
bool pln_state_legal(enum pln_tcp_state from, enum pln_tcp_state to);

/* Both sides have agreed on sequence numbers: ESTABLISHED and every state after it (§3.5.1). */
bool pln_state_synchronized(enum pln_tcp_state state);

/* The user's data may still be sent for the first time: our FIN is not queued (§3.10.2). */
bool pln_state_may_send(enum pln_tcp_state state);

/* Data of the peer may still arrive: no FIN of theirs was taken (§3.10.7.4, seventh check). */
bool pln_state_may_receive(enum pln_tcp_state state);

PLN_C_END

#endif
