/* SPDX-License-Identifier: BSD-3-Clause */
/* What lives as long as the program runs: the stack, the writer, names, the meter, and a connection that may be used again. */
#ifndef POLLEN_APP_FETCH_SESSION_H
#define POLLEN_APP_FETCH_SESSION_H

#include "common/interrupt.h"
#include "common/resolve.h"
#include "common/run.h"
#include "fetch/exchange.h"
#include "fetch/meter.h"
#include "fetch/options.h"
#include "fetch/sink.h"
#include "fetch/url.h"

PLN_C_BEGIN

struct session {
	const struct options *options;
	struct interrupt *interrupt;
	struct resolve *resolve;
	struct sink *sink; /* NULL: to be made by session_prepare */
	struct run run;
	struct meter meter;
	struct link link;
	char *link_host; /* whom the link leads to */
	uint16_t link_port;
	bool has_hinted; /* the hint about checksums was given */
};

/** @return CODE_OK, CODE_INIT, CODE_MEMORY with a sentence */
int session_init(struct session *session, const struct options *options,
                 struct interrupt *interrupt, struct pln_error *error);

/** Have a writer; before session_start. @return CODE_OK or CODE_MEMORY with a sentence. */
int session_prepare(struct session *session, struct pln_error *error);

/** Start the port, the first time. @return CODE_OK, CODE_INIT, CODE_MEMORY, CODE_PORT with sentences. */
int session_start(struct session *session, struct pln_error *error);

/** One turn of the stack, or a short rest while there is none yet; then trace lines. */
void session_turn(struct session *session);

/** Wait until the sink has written all, `limit_ns` at most; then the rest is dropped. */
void session_drain(struct session *session, uint64_t limit_ns);

/** Close the link once nothing in it is needed any more. */
void session_unlink(struct session *session, bool reset);

/** Is there a connection to this host that can be used again? */
bool session_has_link(const struct session *session, const struct url *url);

/** A line to standard error that begins with "* ", with -v. */
void session_note(struct session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Close everything, stop the port. */
void session_end(struct session *session);

PLN_C_END

#endif
