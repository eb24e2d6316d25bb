/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connections that come to another lcore than the one that opened them, because the answer arrived there (may_move in <pollen/tcp.h>).
 * That lcore asks the first for the seat that the connection belongs to, with the transfer that sits in it; the first gives it away, or
 * says that nobody waits for the connection any more. Both speak by pln_stack_post, each acts on its own thread.
 */
#ifndef POLLEN_APP_FETCH_MOVING_H
#define POLLEN_APP_FETCH_MOVING_H

#include "fetch/session.h"

PLN_C_BEGIN

/** May the connection that this transfer is about to open move? */
bool moving_may(const struct transfer *transfer);

/** An event of this stack of the lcore's, whose cookie is this link. @return false: the link is of this lcore. True: it has come to this lcore, or is nobody's. */
bool moving_hear(struct session *session, struct pln_stack *stack, struct link *link,
                 const struct pln_event *event);

/** Once a turn: what could not be said before, because a stack had too much to hear. */
void moving_turn(struct session *session);

/** After the stacks have stopped. */
void moving_end(struct session *session);

PLN_C_END

#endif
