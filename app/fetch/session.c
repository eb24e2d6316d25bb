/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ownership that outlasts a URL. Two orders matter here: the writer's thread is made before EAL ties this thread to one
 * core, so that the two need not share it; and the sink is idle before a connection is closed, because it points into the
 * connection's buffers.
 */
#include "fetch/session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/explain.h"
#include "common/fault.h"
#include "fetch/code.h"

#define EVENTS    16
#define LINGER_NS (PLN_NS_PER_S / 4)
#define REST_NS   (PLN_NS_PER_MS)

static void
hide_meter(void *ctx)
{
	meter_hide(ctx);
}

int
session_init(struct session *session, const struct options *options, struct interrupt *interrupt,
             struct pln_error *error)
{
	memset(session, 0, sizeof(*session));
	session->options = options;
	session->interrupt = interrupt;
	session->run.before_line = hide_meter;
	session->run.ctx = &session->meter;
	session->run.warn_as = options->silent ? NULL : "pollen-fetch";
	meter_init(&session->meter, NULL);
	session->resolve = resolve_create();
	if (session->resolve == NULL)
		return fault_set(error, CODE_MEMORY, "out of memory.");
	for (size_t i = 0; i < options->resolves.count; i++)
		if (resolve_add_text(session->resolve, options->resolves.at[i], error) < 0)
			return error->code = CODE_INIT;
	return CODE_OK;
}

int
session_prepare(struct session *session, struct pln_error *error)
{
	if (session->sink == NULL && sink_create(&session->sink, NULL) < 0)
		return fault_set(error, CODE_MEMORY, "the writing thread could not be started.");
	return CODE_OK;
}

static int
start_code(int error)
{
	switch (error) {
	case -ENOMEM:
		return CODE_MEMORY;
	case -ENODEV:
	case -EADDRINUSE:
	case -ENOTSUP:
		return CODE_PORT;
	default:
		return CODE_INIT;
	}
}

int
session_start(struct session *session, struct pln_error *error)
{
	int ret;

	if (session->run.host != NULL)
		return CODE_OK;
	ret = run_start(&session->run, &session->options->host, error);
	if (ret < 0)
		return error->code = start_code(ret);
	if (!session->options->silent)
		run_notices(&session->run, stderr, "* ");
	if (session->options->verbose)
		run_describe(&session->run, stderr, "* ");
	return CODE_OK;
}

/* Says once, while there is still time to mend it, why nothing gets through. */
static void
hint(struct session *session)
{
	struct pln_error text = { 0 };

	if (session->has_hinted || session->options->silent || session->run.stack == NULL ||
	    session->link.is_connected || !explain_checksums(&session->run, &text))
		return;
	session->has_hinted = true;
	meter_hide(&session->meter);
	(void)fprintf(stderr, "pollen-fetch: hint: %s\n", text.text);
}

void
session_turn(struct session *session)
{
	struct pln_event events[EVENTS];
	unsigned int count;

	if (session->run.host == NULL) {
		(void)nanosleep(&(struct timespec){ .tv_nsec = REST_NS }, NULL);
		return;
	}
	count = run_turn(&session->run, events, EVENTS);
	for (unsigned int i = 0; i < count; i++)
		link_event(&session->link, &events[i]);
	if (session->run.busy)
		hint(session);
}

void
session_drain(struct session *session, uint64_t limit_ns)
{
	uint64_t begin = run_clock();

	while (session->sink != NULL && !sink_is_idle(session->sink)) {
		bool is_hurried = interrupt_signal(session->interrupt) != 0;

		if (run_clock() - begin >=
		    (is_hurried && limit_ns > LINGER_NS ? LINGER_NS : limit_ns))
			break;
		session_turn(session);
		if (session->run.host != NULL)
			run_flush(&session->run);
	}
	if (session->sink == NULL || sink_is_idle(session->sink))
		return;
	/* Stuck in a write: the thread is ended, and what it had not written is lost. */
	sink_destroy(session->sink);
	session->sink = NULL;
}

void
session_unlink(struct session *session, bool reset)
{
	link_close(&session->link, reset);
	free(session->link_host);
	session->link_host = NULL;
}

bool
session_has_link(const struct session *session, const struct url *url)
{
	return session->link.conn != 0 && !session->link.is_over && !session->link.is_closing &&
	       session->link_host != NULL && strcmp(session->link_host, url->host) == 0 &&
	       session->link_port == url->port;
}

void
session_note(struct session *session, const char *format, ...)
{
	va_list args;

	if (!session->options->verbose)
		return;
	meter_hide(&session->meter);
	(void)fputs("* ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
}

void
session_end(struct session *session)
{
	session_drain(session, 0);
	session_unlink(session, interrupt_signal(session->interrupt) != 0);
	if (session->options->verbose && session->run.host != NULL)
		run_xstats(&session->run, stderr, "* ");
	run_stop(&session->run, LINGER_NS);
	sink_destroy(session->sink);
	resolve_destroy(session->resolve);
}
