/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All that a server does on one lcore: listeners, clients, files, small services, on a stack for each port. Nothing of it is
 * shared with another server; what the program's main thread reads of it are its counts. A turn is
 *     server_begin(server, now)
 *     n = pln_stack_events(stack, events, max); server_act(server, stack, events, n)      for each stack
 *     server_turn(server)
 * between the stacks' pln_stack_poll and pln_stack_flush.
 */
#ifndef POLLEN_APP_SERVE_SERVER_H
#define POLLEN_APP_SERVE_SERVER_H

#include <pollen/stack.h>

#include "serve/files.h"
#include "serve/head.h"
#include "serve/httpdate.h"

PLN_C_BEGIN

struct client;
struct spsc;

/* What a client can be late with; each has one time for all clients. */
enum server_timer {
	SERVER_TIMER_HEAD,   /* a request's head */
	SERVER_TIMER_BODY,   /* its body */
	SERVER_TIMER_IDLE,   /* the next request */
	SERVER_TIMER_WRITE,  /* taking what is sent: one chunk at least in this time */
	SERVER_TIMER_LINGER, /* closing its direction */
	SERVER_TIMERS,
};

enum server_service {
	SERVER_HTTP,
	SERVER_ECHO,
	SERVER_DISCARD,
	SERVER_CHARGEN,
	SERVER_SERVICES,
};

struct server_config {
	uint16_t port[SERVER_SERVICES]; /* 0: not offered */
	int root;                       /* the folder's descriptor, -1 without HTTP */
	void *cache;        /* memory for their contents, which outlives server and stacks */
	size_t cache_bytes; /* of it */
	uint64_t fresh_ns;  /* a file in memory is not compared with the disk for so long */
	struct head_limits head;
	uint32_t max_clients; /* beyond it 503 */
	uint32_t fastopen; /* connections that may be pending with the data of their SYN; 0: none */
	uint64_t timer_ns[SERVER_TIMERS];
	struct spsc *log;      /* of struct journal_entry, NULL for none */
	bool threaded;         /* false: for tests, see reader.h */
	const cpu_set_t *cpus; /* of the reader, see there */
};

/* Written by the server's thread, read by any with server_count(). */
struct server_stats {
	uint64_t accepted; /* connections */
	uint64_t clients;  /* of them, now */
	uint64_t refused;  /* connections over the limit */
	uint64_t requests; /* answered, or begun to be */
	uint64_t failed;   /* of them with a status of 400 and above */
	uint64_t bytes;    /* of content handed to TCP */
	uint64_t late;     /* connections ended by a time limit */
	uint64_t changed;  /* responses reset because the file changed */
	uint64_t hits;     /* requests answered from memory */
	uint64_t misses;   /* requests that waited for the reader */
	uint64_t log_lost; /* lines that found the log full */
};

#define SERVER_RCVBUF 32768U /* bytes of requests that a client may send ahead */

/* Where the stack's events go: the first member of what a cookie points to. */
struct server_owner {
	struct pln_stack *stack;
	enum server_service service;
	bool is_listener;
	bool is_udp;
	uint64_t handle; /* 0: closed */
};

struct server_timers {
	struct client *first, *last;
};

/* Where one stack is listened to. */
struct server_door {
	struct server_owner listeners[SERVER_SERVICES];
	struct server_owner sockets[SERVER_SERVICES]; /* of UDP */
};

struct server {
	struct server_config config;
	struct server_door *doors; /* one for each stack */
	unsigned int door_count;
	struct files files;
	bool has_files;
	struct client *clients; /* the pool */
	struct client *free;
	uint8_t *memory; /* of heads and replies */
	size_t memory_bytes;
	struct server_timers timers[SERVER_TIMERS];
	struct client *again; /* to be looked at in the next turn */
	struct server_stats stats;
	unsigned int streams; /* that are being sent */
	uint64_t now;         /* of this turn, ns */
	bool is_draining;
	bool is_busy; /* something happened in this turn */
	/* The wall's clock, read now and then. */
	int64_t wall_s;
	uint64_t wall_read_ns;
	char date[HTTPDATE_LEN];
};

/**
 * Listen.
 *
 * @param stacks  that the calling thread turns, `count` of them
 * @param error  filled on failure: which port, and why
 * @return 0 or a negative errno. The thread that will turn the stacks.
 */
int server_create(struct pln_stack *const *stacks, unsigned int count,
                  const struct server_config *config, struct server **out, struct pln_error *error);

/** A turn begins. */
void server_begin(struct server *server, uint64_t now);

/** Act on one stack's events. */
void server_act(struct server *server, const struct pln_stack *stack,
                const struct pln_event *events, unsigned int count);

/** Act on what the reader brought, and on time. @return false: there was nothing to do in this turn. */
bool server_turn(struct server *server);

/** Take no more connections; end those without a request, the others when theirs is answered. */
void server_drain(struct server *server);

/** Clients there are, those that only have to close too. */
uint64_t server_clients(const struct server *server);

/** Reset all that are left. */
void server_reset(struct server *server);

/** When the stacks are gone: all they had to send lies in here. NULL is allowed. */
void server_destroy(struct server *server);

/** Read one of the counts. Any thread. */
static inline uint64_t
server_count(const uint64_t *count)
{
	return __atomic_load_n(count, __ATOMIC_RELAXED);
}

/** Add to one. The server's thread: no other writes, so this need not be one step. */
static inline void
server_add(uint64_t *count, uint64_t n)
{
	__atomic_store_n(count, *count + n, __ATOMIC_RELAXED);
}

PLN_C_END

#endif
