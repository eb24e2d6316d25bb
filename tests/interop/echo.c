/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Both ends of simple services on our stack, for the kernel to talk to: it listens on echo (7), discard (9), daytime (13: a line, then
 * the end) and chargen (19: bytes without end) like the small services of old, or opens connections to an echo service.
 *
 *   echo {--interface IF | --vdev NAME,ARGS | --allow PCI} --ip A/LEN [--interface IF --ip A/LEN] [--lcores LIST] [--pcap FILE] [--seconds N]
 *        [--to A:PORT --count N [--at-once M] [--bytes N] [--rounds N]]
 *
 * On several lcores and ports each stack has the services, or opens N connections. With --at-once all M connections of a round are open before
 * the first byte is sent. A request has --bytes (8192 at most), and there are --rounds of them on each connection, one after the other. Ends
 * on SIGTERM, after --seconds, or when its connections are through, with a report and how many packet buffers were kept. SIGUSR1 turns the
 * redirection table of the device by one queue. Exit code: 0; 1 when the host does not start or a connection failed; 2 for bad usage.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pollen/host.h>
#include <pollen/tcp.h>

#include "echo_args.h"
#include "say.h"
#include "table.h"

#define REQUEST 64U /* bytes, unless --bytes says otherwise */

enum service {
	SERVICE_ECHO = 7,
	SERVICE_DISCARD = 9,
	SERVICE_DAYTIME = 13,
	SERVICE_CHARGEN = 19,
	SERVICE_CLIENT = 0, /* we opened it, to somebody's echo */
};

struct session {
	uint64_t conn;
	enum service service;
	uint64_t made; /* chargen: bytes sent; client: bytes that came back */
	size_t at, held;
	uint8_t buffer[ECHO_BUFFER];
};

struct program {
	struct echo_args args;
	struct pln_host *host;
	struct worker *workers;
};

/* What one lcore does on one port. */
struct worker {
	const struct program *p;
	struct pln_stack *stack;
	unsigned int opened, connected, done, accepted, ended, failed;
	uint64_t listener[4];
	struct session *round[ECHO_MAX_CONNS];
};

static const enum service services[] = { SERVICE_ECHO, SERVICE_DISCARD, SERVICE_DAYTIME,
	                                 SERVICE_CHARGEN };
static volatile sig_atomic_t stopped, turn_asked;

static void
on_signal(int number)
{
	if (number == SIGUSR1)
		turn_asked = 1;
	else
		stopped = 1;
}

/* ---------------------------------------------------------------------------------------------------- one connection */

static void
drop(struct worker *w, struct session *s, int error)
{
	if (error != 0) {
		printf("connection of service %d: %s\n", (int)s->service, strerror(-error));
		w->failed++;
	}
	w->ended++;
	pln_tcp_close(w->stack, s->conn);
	free(s);
}

static uint8_t
pattern(uint64_t offset)
{
	return (uint8_t)(offset * 7 + (offset >> 8));
}

/* Send what is held; false when the connection has ended meanwhile. */
static bool
send_held(struct worker *w, struct session *s)
{
	while (s->at < s->held) {
		ssize_t n = pln_tcp_send(w->stack, s->conn, s->buffer + s->at, s->held - s->at, 0);

		if (n == -EAGAIN)
			return true;
		if (n < 0)
			return false;
		s->at += (size_t)n;
	}
	s->at = s->held = 0;
	return true;
}

/* Fill the empty buffer: from the peer, or out of nothing. Returns bytes, 0 at the end, negative errno. */
static ssize_t
refill(struct worker *w, struct session *s)
{
	ssize_t n;

	if (s->service == SERVICE_CHARGEN) {
		for (size_t i = 0; i < ECHO_BUFFER; i++)
			s->buffer[i] = pattern(s->made++);
		s->held = ECHO_BUFFER;
		return ECHO_BUFFER;
	}
	n = pln_tcp_receive(w->stack, s->conn, s->buffer, ECHO_BUFFER, 0);
	if (n > 0 && s->service == SERVICE_ECHO)
		s->held = (size_t)n;
	return n;
}

static void
ask(struct worker *w, struct session *s)
{
	uint8_t request[ECHO_BUFFER];
	unsigned int bytes = w->p->args.bytes;

	for (size_t i = 0; i < bytes; i++)
		request[i] = (uint8_t)(s->conn + s->made + i);
	if (pln_tcp_send(w->stack, s->conn, request, bytes, 0) != bytes)
		drop(w, s, -EIO);
}

/* What came back is what was asked, and then it is over. */
static void
hear(struct worker *w, struct session *s)
{
	ssize_t n = pln_tcp_receive(w->stack, s->conn, s->buffer, ECHO_BUFFER, 0);

	if (n == -EAGAIN)
		return;
	for (ssize_t i = 0; i < n; i++, s->made++)
		if (s->buffer[i] != (uint8_t)(s->conn + s->made))
			n = -EBADMSG;
	if (n <= 0) {
		drop(w, s, n == 0 ? -EPIPE : (int)n);
		w->done++;
	} else if (s->made == (uint64_t)w->p->args.bytes * w->p->args.rounds) {
		drop(w, s, 0);
		w->done++;
	} else if (s->made % w->p->args.bytes == 0) {
		ask(w, s);
	}
}

/* As far as it goes now; the session may be gone after it. */
static void
serve(struct worker *w, struct session *s)
{
	for (;;) {
		ssize_t n;

		if (!send_held(w, s))
			break;
		if (s->held > 0)
			return;
		n = refill(w, s);
		if (n == -EAGAIN)
			return;
		if (n <= 0)
			break;
	}
	drop(w, s, 0);
}

static void
greet(struct worker *w, struct session *s)
{
	static const char line[] = "Sunday, November 22, 2026 02:50:00-UTC\r\n";

	pln_tcp_send(w->stack, s->conn, line, sizeof(line) - 1, 0);
	pln_tcp_shutdown(w->stack, s->conn, PLN_TCP_SHUT_WR);
	s->service = SERVICE_DISCARD;
}

/* ---------------------------------------------------------------------------------------------------- the loop */

static void
accept_all(struct worker *w, uint64_t listener)
{
	struct session *s;
	uint64_t conn;
	unsigned int i = 0;

	while (w->listener[i] != listener)
		i++;
	while (pln_tcp_accept(w->stack, listener, NULL, &conn) == 0) {
		s = calloc(1, sizeof(*s));
		if (s == NULL)
			exit(1);
		s->conn = conn;
		s->service = services[i];
		pln_tcp_cookie_set(w->stack, conn, s);
		w->accepted++;
		if (s->service == SERVICE_DAYTIME)
			greet(w, s);
		serve(w, s);
	}
}

static void
happened(struct worker *w, const struct pln_event *event)
{
	struct session *s = event->cookie;

	if (event->bits & PLN_EV_ACCEPTED) {
		accept_all(w, event->conn);
	} else if (s == NULL) {
		return;
	} else if (event->bits & PLN_EV_CLOSED) {
		/* Who talks to us may leave as it likes; whom we call may not. */
		w->done += s->service == SERVICE_CLIENT;
		drop(w, s, s->service == SERVICE_CLIENT ? event->error : 0);
	} else if (s->service != SERVICE_CLIENT) {
		serve(w, s);
	} else if (event->bits & PLN_EV_CONNECTED) {
		w->connected++;
		if (w->p->args.at_once == 1)
			ask(w, s);
	} else if (event->bits & (PLN_EV_READABLE | PLN_EV_PEER_CLOSED)) {
		hear(w, s);
	}
}

/* Keep as many connections going as are wanted; a round that is open as a whole begins to speak. */
static void
call(struct worker *w)
{
	while (w->opened < w->p->args.count && w->opened - w->done < w->p->args.at_once &&
	       (w->p->args.at_once == 1 || w->opened % w->p->args.at_once != 0 ||
	        w->done == w->opened)) {
		struct session *s = calloc(1, sizeof(*s));
		struct pln_tcp_open_args args = { .size = sizeof(args),
			                          .remote = w->p->args.to,
			                          .cookie = s };
		int ret = s == NULL ? -ENOMEM : pln_tcp_open(w->stack, &args, &s->conn);

		if (ret != 0) {
			printf("open: %s\n", strerror(-ret));
			exit(1);
		}
		s->service = SERVICE_CLIENT;
		w->round[w->opened++ % w->p->args.at_once] = s;
	}
	if (w->p->args.at_once > 1 && w->connected == w->p->args.at_once) {
		w->connected = 0;
		for (unsigned int i = 0; i < w->p->args.at_once; i++)
			ask(w, w->round[i]);
	}
}

/* Returns what there was to do. */
static unsigned int
turn_one(struct worker *w, uint64_t now)
{
	unsigned int n, work = pln_stack_poll(w->stack, now);
	struct pln_event events[64];

	while ((n = pln_stack_events(w->stack, events, 64)) > 0) {
		for (unsigned int i = 0; i < n; i++)
			happened(w, &events[i]);
	}
	call(w);
	pln_stack_flush(w->stack, pln_host_now(w->p->host));
	return work;
}

/* One lcore's stacks, one after the other. */
static void
turn(const struct program *p, unsigned int lcore)
{
	uint64_t end = pln_host_now(p->host) + p->args.seconds * PLN_NS_PER_S;
	unsigned int step = pln_host_lcore_count(p->host), idle = 0;
	bool going = true;

	for (uint64_t now = 0; now < end && !stopped && going;) {
		unsigned int work = 0;

		now = pln_host_now(p->host);
		going = p->args.count == 0;
		for (unsigned int i = lcore; i < pln_host_stack_count(p->host); i += step) {
			work += turn_one(&p->workers[i], now);
			going = going || p->workers[i].done < p->args.count;
		}
		if (turn_asked && lcore == 0) {
			turn_asked = 0;
			table_turn(0, (uint16_t)step);
		}
		idle = work == 0 ? idle + 1 : 0;
		pln_host_relax(p->host, p->workers[lcore].stack, idle);
	}
}

/* What was sent last is acknowledged before the port stops: a second for FINs and their answers. */
static void
linger(struct worker *w)
{
	uint64_t end = pln_host_now(w->p->host) + PLN_NS_PER_S;

	for (uint64_t now = 0; now < end && pln_tcp_conn_count(w->stack) > 0;) {
		now = pln_host_now(w->p->host);
		pln_stack_poll(w->stack, now);
		pln_stack_flush(w->stack, now);
	}
}

static void
listen_all(struct worker *w)
{
	for (unsigned int i = 0; i < 4; i++) {
		struct pln_tcp_listen_args args = { .size = sizeof(args),
			                            .local.port = (uint16_t)services[i],
			                            .backlog = 1024 };

		if (pln_tcp_listen(w->stack, &args, &w->listener[i]) != 0)
			exit(1);
	}
}

static void
report(const struct worker *w)
{
	printf("accepted %u opened %u done %u ended %u failed %u alive %u\n", w->accepted,
	       w->opened, w->done, w->ended, w->failed, pln_tcp_conn_count(w->stack));
	say_counters(w->stack);
}

static int
run(struct pln_host *host, unsigned int lcore, void *ctx)
{
	const struct program *p = ctx;
	unsigned int step = pln_host_lcore_count(host);

	for (unsigned int i = lcore; i < pln_host_stack_count(host); i += step) {
		p->workers[i].p = p;
		p->workers[i].stack = pln_host_stack(host, i);
		if (p->args.count == 0)
			listen_all(&p->workers[i]);
	}
	if (lcore == 0) {
		printf("ready\n");
		fflush(stdout);
	}
	turn(p, lcore);
	for (unsigned int i = lcore; i < pln_host_stack_count(host); i += step)
		linger(&p->workers[i]);
	return 0;
}

static void
start(struct program *p)
{
	struct pln_error error;

	if (pln_host_create(&p->args.config, &p->host, &error) != 0) {
		printf("error %d: %s\n", error.code, error.text);
		exit(1);
	}
	say_host(p->host);
	p->workers = calloc(pln_host_stack_count(p->host), sizeof(*p->workers));
	if (p->workers == NULL)
		exit(1);
}

int
main(int argc, char **argv)
{
	struct program p = {
		.args = { .config = { .size = sizeof(p.args.config),
		                      .program = argv[0],
		                      .max_conns = ECHO_MAX_CONNS },
		          .seconds = 600,
		          .at_once = 1,
		          .bytes = REQUEST,
		          .rounds = 1 },
	};
	bool good = true;

	echo_args_parse(&p.args, argc, argv);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	signal(SIGUSR1, on_signal);
	start(&p);
	pln_host_run(p.host, run, &p);
	for (unsigned int i = 0; i < pln_host_stack_count(p.host); i++) {
		report(&p.workers[i]);
		good = good && p.workers[i].failed == 0 && p.workers[i].done >= p.args.count;
	}
	printf("kept: %u buffers\n", pln_host_destroy(p.host));
	free(p.workers);
	free(p.args.eal_args[0]);
	free(p.args.eal_args[1]);
	return good ? 0 : 1;
}
