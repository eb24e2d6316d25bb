/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Only who owns a seat looks into it; others that hear an event of its connection see no more than whose it is. The one that opened a
 * connection may have given it up and opened another meanwhile, so a connection is known by its port and first sequence number.
 */
#include "fetch/moving.h"

#include <stddef.h>
#include <stdlib.h>

#include "fetch/crew.h"

/* A connection that is here before its seat is. */
struct arrival {
	struct session *from, *to;
	struct link *origin;      /* where the one that opened it keeps it; its own */
	struct link link;         /* as heard of here */
	struct pln_tcp_info info; /* as it came */
	struct seat *seat;        /* the answer; NULL: nobody waits for it */
	bool is_answered;
	struct arrival *next;   /* of those that wait for their seats */
	struct arrival *unsaid; /* of those that are to be told of again */
};

static struct seat *
seat_of(struct link *link)
{
	return (struct seat *)(void *)((char *)link - offsetof(struct seat, link));
}

bool
moving_may(const struct transfer *transfer)
{
	const struct transfer *t = transfer;

	if (t->session->crew->n_sessions < 2)
		return false;
	/* What an lcore expects of it, and the meter of one alone, stay where they are. */
	return t->is_helper || (t->options->parallel && t->split == NULL && !t->is_counted);
}

/* ---------------------------------------------------------------------------------------------------- saying it */

static void hear(struct pln_stack *stack, void *ctx);

/* To whom it concerns next; what is not taken now is tried again. */
static void
say(struct session *session, struct arrival *arrival)
{
	struct session *to = arrival->is_answered ? arrival->to : arrival->from;

	if (pln_stack_post(to->run.stack, hear, arrival) == 0)
		return;
	arrival->unsaid = session->unsaid;
	session->unsaid = arrival;
}

void
moving_turn(struct session *session)
{
	struct arrival *arrival = session->unsaid;

	session->unsaid = NULL;
	while (arrival != NULL) {
		struct arrival *next = arrival->unsaid;

		say(session, arrival);
		arrival = next;
	}
}

/* ---------------------------------------------------------------------------------------------------- where it was opened */

/* Does somebody still wait for this connection? */
static bool
is_awaited(const struct session *session, struct seat *seat, const struct arrival *arrival)
{
	return seat_owner(seat) == session && seat->is_taken && seat->link.conn != 0 &&
	       !seat->link.is_connected && !seat->link.is_over &&
	       seat->link.info.local.port == arrival->info.local.port &&
	       seat->link.info.iss == arrival->info.iss;
}

/* The seat goes, and with it the right to lead if that is what it is for. */
static void
give(struct session *session, struct seat *seat)
{
	session_drop_seat(session, seat);
	session_count(session, seat, -1);
	seat_set_owner(seat, NULL);
}

/* ---------------------------------------------------------------------------------------------------- where it came */

static void
forget(struct session *session, const struct arrival *arrival)
{
	struct arrival **at = &session->arrivals;

	while (*at != arrival)
		at = &(*at)->next;
	*at = arrival->next;
}

static void
take(struct session *session, const struct arrival *arrival)
{
	struct seat *seat = arrival->seat;

	seat->link = arrival->link;
	seat->transfer.session = session;
	seat_set_owner(seat, session);
	session_add_seat(session, seat);
	session_count(session, seat, 1);
	session->has_connected = session->has_connected || seat->link.is_connected;
	session_note(session, "The answer of %s came to lcore %u: its transfer goes there",
	             seat->link_host, session->index);
}

/* Asked, on the lcore that opened it; answered, on the one where it came. */
static void
hear(struct pln_stack *stack, void *ctx)
{
	struct arrival *arrival = ctx;
	struct seat *seat = seat_of(arrival->origin);

	(void)stack;
	if (!arrival->is_answered) {
		arrival->is_answered = true;
		if (is_awaited(arrival->from, seat, arrival)) {
			give(arrival->from, seat);
			arrival->seat = seat;
		}
		say(arrival->from, arrival);
		return;
	}
	forget(arrival->to, arrival);
	if (arrival->seat != NULL)
		take(arrival->to, arrival);
	else
		link_close(&arrival->link, true);
	free(arrival);
}

static struct arrival *
find(const struct session *session, const struct pln_stack *stack, uint64_t conn)
{
	struct arrival *arrival = session->arrivals;

	while (arrival != NULL && (arrival->link.stack != stack || arrival->link.conn != conn))
		arrival = arrival->next;
	return arrival;
}

static struct arrival *
welcome(struct session *session, struct pln_stack *stack, struct link *link, uint64_t conn)
{
	struct session *from = seat_owner(seat_of(link));
	struct arrival *arrival = from != NULL ? calloc(1, sizeof(*arrival)) : NULL;

	if (arrival == NULL)
		return NULL;
	arrival->from = from;
	arrival->to = session;
	arrival->origin = link;
	arrival->link.stack = stack;
	arrival->link.conn = conn;
	link_snapshot(&arrival->link);
	arrival->info = arrival->link.info;
	arrival->next = session->arrivals;
	session->arrivals = arrival;
	return arrival;
}

bool
moving_hear(struct session *session, struct pln_stack *stack, struct link *link,
            const struct pln_event *event)
{
	struct arrival *arrival;
	bool is_new;

	if (seat_owner(seat_of(link)) == session)
		return false;
	arrival = find(session, stack, event->conn);
	is_new = arrival == NULL;
	if (is_new)
		arrival = welcome(session, stack, link, event->conn);
	if (arrival == NULL) {
		(void)pln_tcp_abort(stack, event->conn);
		return true;
	}
	link_event(&arrival->link, event);
	if (is_new)
		say(session, arrival);
	return true;
}

/* One that is on its way between two sessions is in the list of where it came; the seat that it brings is nobody's else. */
void
moving_end(struct session *session)
{
	while (session->arrivals != NULL) {
		struct arrival *arrival = session->arrivals;

		session->arrivals = arrival->next;
		if (arrival->seat != NULL)
			seat_destroy(arrival->seat);
		free(arrival);
	}
}
