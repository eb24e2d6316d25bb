/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ctrl-C: the first one is a flag that the main loop reads, the second ends the process at once. A thread waits for the
 * signals, so there is no handler and nothing global.
 */
#ifndef POLLEN_APP_COMMON_INTERRUPT_H
#define POLLEN_APP_COMMON_INTERRUPT_H

#include <pollen/types.h>

PLN_C_BEGIN

struct interrupt;

/**
 * Block SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGUSR1 in this thread and all it makes from now on, and begin to wait for them. SIGPIPE
 * is ignored from now on. Call it first in main().
 *
 * @return 0 or a negative errno
 */
int interrupt_start(struct interrupt **out);

/** The signal that asked the program to end, 0 while none has. Any thread. */
int interrupt_signal(const struct interrupt *interrupt);

/** How often SIGQUIT asked for a status line since the last call. Any thread. */
unsigned int interrupt_status_asked(struct interrupt *interrupt);

/** How often SIGUSR1 has asked for the connections, ever: each thread tells when it has grown. Any thread. */
unsigned int interrupt_connections_asked(const struct interrupt *interrupt);

/** Stop waiting; signals do what they did before. NULL is allowed. */
void interrupt_stop(struct interrupt *interrupt);

PLN_C_END

#endif
