/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An lcore's loop. Two orders matter here: a writer's thread is not tied to the processor that its lcore polls on; and a
 * writer is idle before its connection is closed, because it points into the connection's buffers.
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
#include "fetch/crew.h"
#include "fetch/moving.h"
#include "fetch/report.h"

#define EVENTS  32
#define REST_NS (PLN_NS_PER_MS)
#define ROOM_EACH                                                                                  \
	2U /* seats, for each connection that there may be: an lcore's share is rounded up, and all may come to one */

static void
hide_meter(void *ctx)
{
	meter_hide(ctx);
}

/* Every lcore asks for names by itself; what the user fixed is the same for all. */
static int
init_names(struct session *session, struct pln_error *error)
{
	const struct options *options = session->options;

	session->resolve = resolve_create();
	if (session->resolve == NULL)
		return fault_set(error, CODE_MEMORY, "out of memory.");
	for (size_t i = 0; i < options->resolves.count; i++)
		if (resolve_add_text(session->resolve, options->resolves.at[i], error) < 0)
			return error->code = CODE_INIT;
	return CODE_OK;
}

int
session_init(struct session *session, struct crew *crew, unsigned int index,
             struct pln_error *error)
{
	memset(session, 0, sizeof(*session));
	session->crew = crew;
	session->options = crew->options;
	session->interrupt = crew->interrupt;
	session->index = index;
	session->turn = index;
	session->receive_bytes = LINK_RECEIVE_BYTES;
	meter_init(&session->meter, NULL);
	if (index == 0) {
		console_init(&session->console, &session->meter);
		session->run.before_line = hide_meter;
		session->run.ctx = &session->meter;
		session->run.warn_as = session->options->silent ? NULL : "pollen-fetch";
	} else if (console_init_remote(&session->console) < 0) {
		return fault_set(error, CODE_MEMORY, "out of memory.");
	}
	session->room_seats = ROOM_EACH * crew->connections;
	session->seats = calloc(session->room_seats, sizeof(struct seat *));
	if (session->seats == NULL)
		return fault_set(error, CODE_MEMORY, "out of memory.");
	return init_names(session, error);
}

/* ---------------------------------------------------------------------------------------------------- seats */

int
session_make_seat(struct session *session, struct pln_error *error)
{
	struct seat *seat = calloc(1, sizeof(*seat));

	if (seat == NULL)
		return fault_set(error, CODE_MEMORY, "out of memory.");
	seat->owner = session;
	session_add_seat(session, seat);
	return CODE_OK;
}

void
session_add_seat(struct session *session, struct seat *seat)
{
	session->seats[session->n_seats++] = seat;
}

void
session_drop_seat(struct session *session, const struct seat *seat)
{
	unsigned int i = 0;

	while (session->seats[i] != seat)
		i++;
	session->seats[i] = session->seats[--session->n_seats];
}

void
session_count(struct session *session, const struct seat *seat, int sign)
{
	session->n_taken += (unsigned int)sign;
	if (seat->transfer.is_helper)
		return;
	session->leading += (unsigned int)sign;
	session->may_lead += (unsigned int)sign;
	progress_add(&session->progress.live, sign);
	progress_add(&session->progress.unknown, sign);
}

void
seat_destroy(struct seat *seat)
{
	sink_destroy(seat->sink);
	free(seat);
}

int
session_prepare(struct session *session, struct seat *seat, struct pln_error *error)
{
	if (seat->sink == NULL && sink_create(&seat->sink, &session->crew->cpus) < 0)
		return fault_set(error, CODE_MEMORY, "the writing thread could not be started.");
	return CODE_OK;
}

/* ---------------------------------------------------------------------------------------------------- ports */

struct run *
session_run_of(struct session *session, const struct pln_stack *stack)
{
	for (unsigned int i = 0; i <= session->n_more; i++)
		if (session_run(session, i)->stack == stack)
			return session_run(session, i);
	return &session->run;
}

/* 0: on its subnet; 1: by a gateway; 2: not at all. */
static unsigned int
distance(const struct run *run, const struct pln_addr *to)
{
	struct pln_addr hop;

	if (pln_stack_next_hop(run->stack, to, &hop) < 0)
		return 2;
	return memcmp(&hop, to, sizeof(hop)) == 0 ? 0 : 1;
}

struct run *
session_choose_run(struct session *session, const struct pln_addr *to)
{
	unsigned int at = session->turn, chosen = 0, nearest = 2;

	for (unsigned int i = 0; i <= session->n_more; i++, at++) {
		unsigned int far;

		if (at > session->n_more)
			at = 0;
		far = distance(session_run(session, at), to);
		if (far >= nearest)
			continue;
		nearest = far;
		chosen = at;
	}
	session->turn = chosen + 1;
	return session_run(session, chosen);
}

/* ---------------------------------------------------------------------------------------------------- a turn */

/* Says once, while there is still time to mend it, why nothing gets through. */
static void
hint(struct session *session, const struct run *run)
{
	struct pln_error text = { 0 };

	if (session->has_hinted || session->options->silent || session->has_connected ||
	    session->index > 0 || !explain_checksums(run, &text))
		return;
	session->has_hinted = true;
	session_say(session, "pollen-fetch: hint: %s\n", text.text);
}

/* The links lie in seats, which stay where they are: an event of one that was closed finds another handle there, or another stack's. */
static void
turn_stack(struct session *session, struct run *run)
{
	struct pln_event events[EVENTS];
	unsigned int count = run_turn(run, events, EVENTS);

	for (unsigned int i = 0; i < count; i++) {
		struct link *link = events[i].cookie;

		if (link == NULL || moving_hear(session, run->stack, link, &events[i]) ||
		    link->stack != run->stack)
			continue;
		link_event(link, &events[i]);
		session->has_connected = session->has_connected || link->is_connected;
	}
	if (run->busy)
		hint(session, run);
}

static void
flush(struct session *session)
{
	bool busy = false;

	for (unsigned int i = 0; i <= session->n_more; i++) {
		struct run *run = session_run(session, i);

		run_send(run);
		busy = busy || run->busy;
	}
	run_rest(&session->run, busy);
}

static struct seat *
free_seat(struct session *session)
{
	for (unsigned int i = 0; session->n_taken < session->n_seats && i < session->n_seats; i++)
		if (!session->seats[i]->is_taken)
			return session->seats[i];
	return NULL;
}

/* Sit down: the transfer is to be begun. */
static struct transfer *
take_seat(struct session *session, struct seat *seat, unsigned int number)
{
	seat->is_taken = true;
	session->n_taken++;
	memset(&seat->error, 0, sizeof(seat->error));
	memset(&seat->result, 0, sizeof(seat->result));
	seat->transfer = (struct transfer){
		.session = session,
		.seat = seat,
		.options = session->options,
		.result = &seat->result,
		.error = &seat->error,
		.typed = session->options->urls.at[number],
		.number = number,
		.part = -1,
	};
	return &seat->transfer;
}

static void
begin_next(struct session *session)
{
	struct seat *seat = free_seat(session);
	struct split *split;
	unsigned int number;

	if (seat == NULL)
		return;
	if (session->leading < session->may_lead && crew_take(session->crew, &number)) {
		session->leading++;
		progress_add(&session->progress.live, 1);
		progress_add(&session->progress.unknown, 1);
		transfer_begin(take_seat(session, seat, number));
		return;
	}
	split = session->run.host != NULL ? crew_join(session->crew, session->index, &number)
	                                  : NULL;
	if (split != NULL)
		transfer_help(take_seat(session, seat, number), split);
}

static void
leave_seat(struct session *session, struct seat *seat)
{
	bool is_helper = seat->transfer.is_helper;
	int code = seat->transfer.code;

	if (!is_helper)
		report(session, code, &seat->error, &seat->result);
	transfer_free(&seat->transfer);
	result_free(&seat->result);
	seat->is_taken = false;
	session->n_taken--;
	if (is_helper)
		return;
	session->leading--;
	progress_add(&session->progress.live, -1);
	progress_add(&session->progress.unknown, -1);
	progress_add(&session->progress.done, 1);
	crew_finished(session->crew, code);
}

static void
step_all(struct session *session)
{
	unsigned int left = session->n_taken;

	for (unsigned int i = 0; i < session->n_seats && left > 0; i++) {
		struct seat *seat = session->seats[i];

		if (!seat->is_taken)
			continue;
		left--;
		if (transfer_step(&seat->transfer))
			leave_seat(session, seat);
	}
}

/* One meter for all, drawn by the lcore that speaks. */
static void
draw(struct session *session)
{
	size_t urls = session->options->urls.count;
	struct meter *meter = &session->meter;
	uint64_t now = run_clock();
	struct progress sum;

	if (!session->crew->is_metered || now < meter->next)
		return;
	crew_progress(session->crew, &sum);
	(void)snprintf(meter->note, sizeof(meter->note), "%llu of %zu done, %llu live  ",
	               (unsigned long long)sum.done, urls, (unsigned long long)sum.live);
	meter_update(meter, now, sum.received,
	             sum.unknown > 0 || sum.done + sum.live < urls ? UINT64_MAX : sum.expected);
}

static void
speak(struct session *session)
{
	struct crew *crew = session->crew;

	if (session->index > 0) {
		(void)console_push(&session->console);
		return;
	}
	for (unsigned int i = 1; i < crew->n_sessions; i++)
		if (crew->sessions[i] != NULL)
			(void)console_pull(&session->console, &crew->sessions[i]->console);
	draw(session);
}

void
session_turn(struct session *session)
{
	begin_next(session);
	if (session->run.host == NULL) {
		step_all(session);
		if (!session->wants_port && session->n_taken > 0)
			(void)nanosleep(&(struct timespec){ .tv_nsec = REST_NS }, NULL);
		return;
	}
	for (unsigned int i = 0; i <= session->n_more; i++)
		turn_stack(session, session_run(session, i));
	moving_turn(session);
	step_all(session);
	speak(session);
	run_connections(&session->run, session->interrupt);
	flush(session);
}

void
session_work(struct session *session)
{
	while ((session->n_taken > 0 || !crew_is_done(session->crew)) &&
	       !(session->wants_port && session->run.host == NULL))
		session_turn(session);
}

void
session_close(struct session *session)
{
	for (unsigned int i = 0; i < session->n_seats; i++)
		session_unlink(session->seats[i], interrupt_signal(session->interrupt) != 0);
}

void
session_unlink(struct seat *seat, bool reset)
{
	link_close(&seat->link, reset);
	free(seat->link_host);
	seat->link_host = NULL;
}

bool
session_has_link(const struct seat *seat, const struct url *url)
{
	return seat->link.conn != 0 && !seat->link.is_over && !seat->link.is_closing &&
	       seat->link_host != NULL && strcmp(seat->link_host, url->host) == 0 &&
	       seat->link_port == url->port;
}

static void
say(struct session *session, const char *before, const char *format, va_list args)
{
	struct text text = { 0 };
	char line[1024];

	(void)vsnprintf(line, sizeof(line), format, args);
	text_printf(&text, "%s%s", before, line);
	if (before[0] != '\0')
		text_puts(&text, "\n");
	console_put(&session->console, stderr, &text);
	text_free(&text);
}

void
session_say(struct session *session, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(session, "", format, args);
	va_end(args);
}

void
session_note(struct session *session, const char *format, ...)
{
	va_list args;

	if (!session->options->verbose)
		return;
	va_start(args, format);
	say(session, "* ", format, args);
	va_end(args);
}

void
session_end(struct session *session)
{
	for (unsigned int i = 0; i < session->n_seats; i++)
		seat_destroy(session->seats[i]);
	moving_end(session);
	while (session->spent != NULL) {
		struct split *older = session->spent->older;

		split_destroy(session->spent);
		session->spent = older;
	}
	free(session->seats);
	free(session->more);
	console_free(&session->console);
	resolve_destroy(session->resolve);
	memset(session, 0, sizeof(*session));
}
