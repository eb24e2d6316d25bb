/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is said on standard output and standard error. One lcore speaks, between draws of the meter; the others hand it their
 * words over a ring each, whole, in their order.
 */
#ifndef POLLEN_APP_FETCH_CONSOLE_H
#define POLLEN_APP_FETCH_CONSOLE_H

#include <stdio.h>

#include "common/spsc.h"
#include "fetch/meter.h"
#include "fetch/text.h"

PLN_C_BEGIN

struct console_line;

struct console {
	struct meter *meter; /* of the one that speaks; NULL: this one hands over */
	struct spsc *ring;   /* where to; NULL for the one that speaks */
	/* What did not fit into the ring yet; of the one that hands over. */
	struct console_line *first;
	struct console_line **last;
};

/** One that speaks. */
void console_init(struct console *console, struct meter *meter);

/** One that hands over. @return 0 or -ENOMEM. */
int console_init_remote(struct console *console);

/** Say text. Of the thread that has the console. @param out stdout or stderr */
void console_put(struct console *console, FILE *out, const struct text *text);

/** Hand over what waits. Of the thread that has the console. @return true: nothing waits any more. */
bool console_push(struct console *console);

/** The speaking one says what another has handed over. Of the thread that speaks. @return true: it was something. */
bool console_pull(struct console *speaker, struct console *from);

/** As console_pull, and what was never handed over; the thread that has `from` has ended. */
void console_drain(struct console *speaker, struct console *from);

/** When nobody uses it any more; what was not said is lost. */
void console_free(struct console *console);

PLN_C_END

#endif
