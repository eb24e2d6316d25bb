/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What one lcore has: a stack on each port, names, a console, and seats. A seat is what a transfer needs for itself: a writer and a
 * connection, which stays when the transfer is over and may be used again by the next.
 */
#ifndef POLLEN_APP_FETCH_SESSION_H
#define POLLEN_APP_FETCH_SESSION_H

#include "common/interrupt.h"
#include "common/resolve.h"
#include "common/run.h"
#include "fetch/console.h"
#include "fetch/meter.h"
#include "fetch/progress.h"
#include "fetch/sink.h"
#include "fetch/transfer.h"

PLN_C_BEGIN

struct arrival;
struct crew;
struct session;

struct seat {
	struct session
		*owner; /* whose thread may look into it, NULL: on its way to another. Atomic */
	bool is_taken;
	struct sink *sink; /* NULL: to be made by session_prepare */
	struct link link;
	char *link_host; /* whom the link leads to */
	uint16_t link_port;
	/* Of whom the seat is taken by. */
	struct transfer transfer;
	struct result result;
	struct pln_error error;
};

struct session {
	struct crew *crew;
	const struct options *options;
	struct interrupt *interrupt;
	unsigned int index; /* of the lcore; 0 speaks for all */
	struct resolve *resolve;
	struct run run;   /* of the first port */
	struct run *more; /* of the others, n_more of them */
	unsigned int n_more;
	unsigned int
		turn; /* of the ports that lead to a peer: with which the next connection begins to look */
	struct meter meter;
	struct console console;
	struct seat **seats; /* n_seats of room_seats */
	unsigned int n_seats, room_seats;
	unsigned int n_taken;
	unsigned int leading;     /* transfers that are a URL's, not helpers */
	unsigned int may_lead;    /* so many at once */
	uint32_t receive_bytes;   /* of each connection */
	bool wants_port;          /* a transfer has come to where there must be one */
	bool has_hinted;          /* the hint about checksums was given */
	bool has_connected;       /* some connection was made */
	struct split *spent;      /* splits that it led, until the end */
	struct arrival *arrivals; /* connections that came here before their seats */
	struct arrival *unsaid;   /* what others are to be told of again */
	struct progress progress; /* of this lcore */
};

/* That of port `i`, of 1 + n_more. */
static inline struct run *
session_run(struct session *session, unsigned int i)
{
	return i == 0 ? &session->run : &session->more[i - 1];
}

/** That of a stack of this lcore's; of a stack that is none (NULL), the first port's. */
struct run *session_run_of(struct session *session, const struct pln_stack *stack);

/**
 * By which port a connection to `to` goes: one on whose subnet it is, else one with a route; of several the next in turn. The first if
 * there is none: its stack says why not.
 */
struct run *session_choose_run(struct session *session, const struct pln_addr *to);

/** @return CODE_OK, CODE_INIT, CODE_MEMORY with a sentence. To be freed with session_end, also after a failure. */
int session_init(struct session *session, struct crew *crew, unsigned int index,
                 struct pln_error *error);

/** A seat more. @return CODE_OK or CODE_MEMORY with a sentence. */
int session_make_seat(struct session *session, struct pln_error *error);

/** A seat of another's comes, or goes to another, with who sits there: in the list, and in what is counted (sign 1 or -1). */
void session_add_seat(struct session *session, struct seat *seat);
void session_drop_seat(struct session *session, const struct seat *seat);
void session_count(struct session *session, const struct seat *seat, int sign);

static inline struct session *
seat_owner(const struct seat *seat)
{
	return __atomic_load_n(&seat->owner, __ATOMIC_ACQUIRE);
}

static inline void
seat_set_owner(struct seat *seat, struct session *owner)
{
	__atomic_store_n(&seat->owner, owner, __ATOMIC_RELEASE);
}

void seat_destroy(struct seat *seat);

/** Have a writer. @return CODE_OK or CODE_MEMORY with a sentence. */
int session_prepare(struct session *session, struct seat *seat, struct pln_error *error);

/** One turn: of the stack, or a short rest while there is none yet; of all transfers; new ones are begun. */
void session_turn(struct session *session);

/** Turn until nothing is left to do for any lcore, or a port is wanted and there is none. */
void session_work(struct session *session);

/** No transfer is left: close connections. */
void session_close(struct session *session);

/** Close a seat's link once nothing in it is needed any more. */
void session_unlink(struct seat *seat, bool reset);

/** Is there a connection to this host that can be used again? */
bool session_has_link(const struct seat *seat, const struct url *url);

/** Say something on standard error. */
void session_say(struct session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** A line to standard error that begins with "* ", with -v. */
void session_note(struct session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** After the stacks have stopped: free all. */
void session_end(struct session *session);

PLN_C_END

#endif
