/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Both ends of simple services on our stack, for the kernel to talk to: it listens on echo (7), discard (9), daytime (13: a line, then
 * the end) and chargen (19: bytes without end) like the small services of old, or opens connections to an echo service.
 *
 *   echo --interface IF --ip A/LEN [--pcap FILE] [--seconds N]
 *        [--to A:PORT --count N [--at-once M]]
 *
 * With --at-once all M connections of a round are open before the first byte is sent. Ends on SIGTERM, after --seconds, or when its
 * connections are through, with a report. Exit code: 0; 1 when the host does not start or a connection failed; 2 for bad usage.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pollen/host.h>
#include <pollen/stats.h>
#include <pollen/tcp.h>

#define MAX_CONNS    2048U
#define MAX_COUNTERS 256U
#define BUFFER       8192U
#define REQUEST      64U

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
	uint8_t buffer[BUFFER];
};

struct program {
	struct pln_host_config config;
	struct pln_host *host;
	struct pln_stack *stack;
	struct pln_endpoint to;
	unsigned int seconds, count, at_once;
	unsigned int opened, connected, done, accepted, ended, failed;
	uint64_t listener[4];
};

static const enum service services[] = { SERVICE_ECHO, SERVICE_DISCARD, SERVICE_DAYTIME,
	                                 SERVICE_CHARGEN };
static volatile sig_atomic_t stopped;

static void
on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static void
need(bool good)
{
	if (good)
		return;
	fprintf(stderr, "usage: echo --interface IF --ip A/LEN [--pcap FILE] [--seconds N] [--to "
	                "A:PORT --count N [--at-once M]]\n");
	exit(2);
}

static void
parse_to(struct pln_endpoint *to, char *text)
{
	char *colon = strchr(text, ':');

	need(colon != NULL);
	*colon = '\0';
	need(pln_addr_parse(text, &to->addr) == 0);
	to->port = (uint16_t)atoi(colon + 1);
}

static void
parse_args(struct program *p, int argc, char **argv)
{
	static const struct option options[] = {
		{ "interface", required_argument, NULL, 'I' },
		{ "ip", required_argument, NULL, 'i' },
		{ "pcap", required_argument, NULL, 'w' },
		{ "seconds", required_argument, NULL, 's' },
		{ "to", required_argument, NULL, 't' },
		{ "count", required_argument, NULL, 'c' },
		{ "at-once", required_argument, NULL, 'n' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'I')
			p->config.interface = optarg;
		else if (option == 'i')
			need(pln_addr_parse_prefix(optarg, &p->config.addr,
			                           &p->config.prefix_len) == 0);
		else if (option == 'w')
			p->config.capture_path = optarg;
		else if (option == 's')
			p->seconds = (unsigned int)atoi(optarg);
		else if (option == 't')
			parse_to(&p->to, optarg);
		else if (option == 'c')
			p->count = (unsigned int)atoi(optarg);
		else if (option == 'n')
			p->at_once = (unsigned int)atoi(optarg);
		else
			need(false);
	}
	need(optind == argc && p->config.interface != NULL);
}

/* ---------------------------------------------------------------------------------------------------- one connection */

static void
drop(struct program *p, struct session *s, int error)
{
	if (error != 0) {
		printf("connection of service %d: %s\n", (int)s->service, strerror(-error));
		p->failed++;
	}
	p->ended++;
	pln_tcp_close(p->stack, s->conn);
	free(s);
}

static uint8_t
pattern(uint64_t offset)
{
	return (uint8_t)(offset * 7 + (offset >> 8));
}

/* Send what is held; false when the connection has ended meanwhile. */
static bool
send_held(struct program *p, struct session *s)
{
	while (s->at < s->held) {
		ssize_t n = pln_tcp_send(p->stack, s->conn, s->buffer + s->at, s->held - s->at, 0);

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
refill(struct program *p, struct session *s)
{
	ssize_t n;

	if (s->service == SERVICE_CHARGEN) {
		for (size_t i = 0; i < BUFFER; i++)
			s->buffer[i] = pattern(s->made++);
		s->held = BUFFER;
		return BUFFER;
	}
	n = pln_tcp_receive(p->stack, s->conn, s->buffer, BUFFER, 0);
	if (n > 0 && s->service == SERVICE_ECHO)
		s->held = (size_t)n;
	return n;
}

static void
ask(struct program *p, struct session *s)
{
	uint8_t request[REQUEST];

	for (size_t i = 0; i < REQUEST; i++)
		request[i] = (uint8_t)(s->conn + i);
	if (pln_tcp_send(p->stack, s->conn, request, REQUEST, 0) != REQUEST)
		drop(p, s, -EIO);
}

/* What came back is what was asked, and then it is over. */
static void
hear(struct program *p, struct session *s)
{
	ssize_t n = pln_tcp_receive(p->stack, s->conn, s->buffer, BUFFER, 0);

	if (n == -EAGAIN)
		return;
	for (ssize_t i = 0; i < n; i++, s->made++)
		if (s->buffer[i] != (uint8_t)(s->conn + s->made))
			n = -EBADMSG;
	if (n <= 0) {
		drop(p, s, n == 0 ? -EPIPE : (int)n);
		p->done++;
	} else if (s->made >= REQUEST) {
		drop(p, s, 0);
		p->done++;
	}
}

/* As far as it goes now; the session may be gone after it. */
static void
serve(struct program *p, struct session *s)
{
	for (;;) {
		ssize_t n;

		if (!send_held(p, s))
			break;
		if (s->held > 0)
			return;
		n = refill(p, s);
		if (n == -EAGAIN)
			return;
		if (n <= 0)
			break;
	}
	drop(p, s, 0);
}

static void
greet(struct program *p, struct session *s)
{
	static const char line[] = "Sunday, November 22, 2026 02:50:00-UTC\r\n";

	pln_tcp_send(p->stack, s->conn, line, sizeof(line) - 1, 0);
	pln_tcp_shutdown(p->stack, s->conn, PLN_TCP_SHUT_WR);
	s->service = SERVICE_DISCARD;
}

/* ---------------------------------------------------------------------------------------------------- the loop */

static void
accept_all(struct program *p, uint64_t listener)
{
	struct session *s;
	uint64_t conn;
	unsigned int i = 0;

	while (p->listener[i] != listener)
		i++;
	while (pln_tcp_accept(p->stack, listener, NULL, &conn) == 0) {
		s = calloc(1, sizeof(*s));
		if (s == NULL)
			exit(1);
		s->conn = conn;
		s->service = services[i];
		pln_tcp_cookie_set(p->stack, conn, s);
		p->accepted++;
		if (s->service == SERVICE_DAYTIME)
			greet(p, s);
		serve(p, s);
	}
}

static void
happened(struct program *p, const struct pln_event *event)
{
	struct session *s = event->cookie;

	if (event->bits & PLN_EV_ACCEPTED) {
		accept_all(p, event->conn);
	} else if (s == NULL) {
		return;
	} else if (event->bits & PLN_EV_CLOSED) {
		/* Who talks to us may leave as it likes; whom we call may not. */
		p->done += s->service == SERVICE_CLIENT;
		drop(p, s, s->service == SERVICE_CLIENT ? event->error : 0);
	} else if (s->service != SERVICE_CLIENT) {
		serve(p, s);
	} else if (event->bits & PLN_EV_CONNECTED) {
		p->connected++;
		if (p->at_once == 1)
			ask(p, s);
	} else if (event->bits & (PLN_EV_READABLE | PLN_EV_PEER_CLOSED)) {
		hear(p, s);
	}
}

/* Keep as many connections going as are wanted; a round that is open as a whole begins to speak. */
static void
call(struct program *p)
{
	static struct session *round[MAX_CONNS];

	while (p->opened < p->count && p->opened - p->done < p->at_once &&
	       (p->at_once == 1 || p->opened % p->at_once != 0 || p->done == p->opened)) {
		struct session *s = calloc(1, sizeof(*s));
		struct pln_tcp_open_args args = { .size = sizeof(args),
			                          .remote = p->to,
			                          .cookie = s };
		int ret = s == NULL ? -ENOMEM : pln_tcp_open(p->stack, &args, &s->conn);

		if (ret != 0) {
			printf("open: %s\n", strerror(-ret));
			exit(1);
		}
		s->service = SERVICE_CLIENT;
		round[p->opened++ % p->at_once] = s;
	}
	if (p->at_once > 1 && p->connected == p->at_once) {
		p->connected = 0;
		for (unsigned int i = 0; i < p->at_once; i++)
			ask(p, round[i]);
	}
}

static void
run(struct program *p)
{
	uint64_t end = pln_host_now(p->host) + p->seconds * PLN_NS_PER_S;
	struct pln_event events[64];
	unsigned int idle = 0, n;

	for (uint64_t now = 0; now < end && !stopped && (p->count == 0 || p->done < p->count);) {
		now = pln_host_now(p->host);
		idle = pln_stack_poll(p->stack, now) == 0 ? idle + 1 : 0;
		while ((n = pln_stack_events(p->stack, events, 64)) > 0) {
			for (unsigned int i = 0; i < n; i++)
				happened(p, &events[i]);
		}
		call(p);
		pln_stack_flush(p->stack, pln_host_now(p->host));
		pln_host_relax(p->host, p->stack, idle);
	}
}

/* What was sent last is acknowledged before the port stops: a second for FINs and their answers. */
static void
linger(struct program *p)
{
	uint64_t end = pln_host_now(p->host) + PLN_NS_PER_S;

	for (uint64_t now = 0; now < end && pln_tcp_conn_count(p->stack) > 0;) {
		now = pln_host_now(p->host);
		pln_stack_poll(p->stack, now);
		pln_stack_flush(p->stack, now);
	}
}

static void
listen_all(struct program *p)
{
	for (unsigned int i = 0; i < 4; i++) {
		struct pln_tcp_listen_args args = { .size = sizeof(args),
			                            .local.port = (uint16_t)services[i],
			                            .backlog = 1024 };

		if (pln_tcp_listen(p->stack, &args, &p->listener[i]) != 0)
			exit(1);
	}
}

static void
report(struct program *p)
{
	struct pln_counter counters[MAX_COUNTERS];
	unsigned int n = pln_stats_counters(p->stack, counters, MAX_COUNTERS);

	printf("accepted %u opened %u done %u ended %u failed %u alive %u\n", p->accepted,
	       p->opened, p->done, p->ended, p->failed, pln_tcp_conn_count(p->stack));
	for (unsigned int i = 0; i < n && i < MAX_COUNTERS; i++) {
		if (counters[i].value != 0)
			printf("counter: %s %" PRIu64 "\n", counters[i].name, counters[i].value);
	}
}

int
main(int argc, char **argv)
{
	struct program p = {
		.config = { .size = sizeof(p.config), .program = argv[0], .max_conns = MAX_CONNS },
		.seconds = 600,
		.at_once = 1
	};
	struct pln_error error;

	parse_args(&p, argc, argv);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	if (pln_host_create(&p.config, &p.host, &error) != 0) {
		printf("error %d: %s\n", error.code, error.text);
		return 1;
	}
	p.stack = pln_host_stack(p.host, 0);
	if (p.count == 0)
		listen_all(&p);
	printf("ready\n");
	fflush(stdout);
	run(&p);
	linger(&p);
	report(&p);
	pln_host_destroy(p.host);
	return p.failed > 0 || p.done < p.count ? 1 : 0;
}
