/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our end of tests/interop/hours: transfers both ways, of any size, many at once. Who opens a connection says in 24 bytes which transfer it
 * is, how much it will send and how much it wants; both send their bytes and close their direction, and read until the other has. Then
 * each end says what it sent and what it received: how many bytes, and their SHA-256.
 *
 *   exchange --interface IF --ip A/LEN --to A:PORT --count N --at-once M --max BYTES --seed S [--set NAME=VALUE]...
 *
 * Opens N, and takes as many as come on the same port. Ends on SIGTERM, when nothing is left or half a minute later, with its counters, the
 * connections that are left and the packet buffers that were kept. Exit code: 0; 1 when something is left or a connection failed; 2 usage.
 */
#include <endian.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pollen/host.h>
#include <pollen/tcp.h>

#include "say.h"

#define PIECE     16384U
#define HEAD      24U
#define MAX_CONNS 4096U
#define SETTINGS  16U
#define LINGER_NS (30 * PLN_NS_PER_S)

/* One direction of a transfer, as this end sees it. */
struct flow {
	uint64_t bytes; /* that are to come or go */
	uint64_t done;
	EVP_MD_CTX *hash;
};

struct transfer {
	uint64_t conn, number;
	bool is_ours; /* we opened it */
	bool has_shut, has_heard;
	struct flow out, in;
	uint8_t head[HEAD]; /* to be sent, or received */
	uint32_t head_done;
	uint64_t random;
	uint32_t at, held; /* of what waits to be sent */
	uint8_t buffer[PIECE];
};

struct program {
	struct pln_host_config config;
	struct pln_host *host;
	struct pln_stack *stack;
	struct pln_endpoint to;
	unsigned int count, at_once, opened, open, failed;
	uint64_t max_bytes, random, listener;
	char *settings[SETTINGS];
	unsigned int n_settings;
};

static volatile sig_atomic_t stopped;

static void
on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static uint64_t
draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	return *state ^= *state << 17;
}

/* Small ones are as many as large ones, and one in ten is nothing at all. */
static uint64_t
draw_size(struct program *p)
{
	unsigned int bits = 0;

	while (p->max_bytes >> bits > 1)
		bits++;
	if (draw(&p->random) % 10 == 0)
		return 0;
	return draw(&p->random) % ((UINT64_C(2) << draw(&p->random) % bits) + 1);
}

/* ---------------------------------------------------------------------------------------------------- one transfer */

static struct transfer *
begin(uint64_t number)
{
	struct transfer *t = calloc(1, sizeof(*t));

	if (t == NULL)
		exit(1);
	t->number = number;
	t->out.hash = EVP_MD_CTX_new();
	t->in.hash = EVP_MD_CTX_new();
	if (t->out.hash == NULL || t->in.hash == NULL)
		exit(1);
	EVP_DigestInit_ex(t->out.hash, EVP_sha256(), NULL);
	EVP_DigestInit_ex(t->in.hash, EVP_sha256(), NULL);
	return t;
}

static void
say_flow(struct flow *f)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	EVP_DigestFinal_ex(f->hash, digest, &len);
	printf(" %" PRIu64 " ", f->done);
	for (unsigned int i = 0; i < len; i++)
		printf("%02x", digest[i]);
}

/* Over: who opened it, what went up (from who opened it) and what came down. */
static void
end(struct program *p, struct transfer *t, int error)
{
	if (error != 0) {
		printf("failed %" PRIu64 " %s: sent %" PRIu64 " of %" PRIu64 ", received %" PRIu64
		       " of %" PRIu64 "\n",
		       t->number, strerror(-error), t->out.done, t->out.bytes, t->in.done,
		       t->in.bytes);
		p->failed++;
	} else {
		printf("done %" PRIu64, t->number);
		say_flow(t->is_ours ? &t->out : &t->in);
		say_flow(t->is_ours ? &t->in : &t->out);
		printf("\n");
	}
	p->open -= t->is_ours;
	pln_tcp_close(p->stack, t->conn);
	EVP_MD_CTX_free(t->out.hash);
	EVP_MD_CTX_free(t->in.hash);
	free(t);
}

static void
fill(struct transfer *t)
{
	uint64_t left = t->out.bytes - t->out.done;

	for (unsigned int i = 0; i < PIECE; i += sizeof(uint64_t)) {
		uint64_t word = draw(&t->random);

		memcpy(t->buffer + i, &word, sizeof(word));
	}
	t->at = 0;
	t->held = left < PIECE ? (uint32_t)left : PIECE;
	t->out.done += t->held;
	EVP_DigestUpdate(t->out.hash, t->buffer, t->held);
}

/* As much as goes; -EAGAIN: no more now. */
static int
send_some(struct program *p, struct transfer *t)
{
	ssize_t n;

	while (t->is_ours && t->head_done < HEAD) {
		n = pln_tcp_send(p->stack, t->conn, t->head + t->head_done, HEAD - t->head_done, 0);
		if (n < 0)
			return (int)n;
		t->head_done += (uint32_t)n;
	}
	while (t->at < t->held || t->out.done < t->out.bytes) {
		if (t->at == t->held)
			fill(t);
		n = pln_tcp_send(p->stack, t->conn, t->buffer + t->at, t->held - t->at, 0);
		if (n < 0)
			return (int)n;
		t->at += (uint32_t)n;
	}
	if (!t->has_shut && t->head_done == HEAD) {
		t->has_shut = true;
		return pln_tcp_shutdown(p->stack, t->conn, PLN_TCP_SHUT_WR);
	}
	return 0;
}

/* Which transfer it is, and what is wanted of us. */
static void
take_head(struct transfer *t)
{
	uint64_t words[3];

	memcpy(words, t->head, HEAD);
	t->number = be64toh(words[0]);
	t->in.bytes = be64toh(words[1]);
	t->out.bytes = be64toh(words[2]);
	t->random = t->number * 2 + 1;
}

static int
receive_some(struct program *p, struct transfer *t)
{
	uint8_t bytes[PIECE];
	ssize_t n;

	for (;;) {
		if (!t->is_ours && t->head_done < HEAD) {
			n = pln_tcp_receive(p->stack, t->conn, t->head + t->head_done,
			                    HEAD - t->head_done, 0);
			if (n <= 0)
				return n == 0 ? -EPIPE : (int)n;
			t->head_done += (uint32_t)n;
			if (t->head_done == HEAD)
				take_head(t);
			continue;
		}
		n = pln_tcp_receive(p->stack, t->conn, bytes, sizeof(bytes), 0);
		if (n <= 0)
			break;
		t->in.done += (uint64_t)n;
		EVP_DigestUpdate(t->in.hash, bytes, (size_t)n);
	}
	if (n == 0)
		t->has_heard = true;
	return (int)n;
}

/* As far as it goes now; the transfer may be gone after it. */
static void
go_on(struct program *p, struct transfer *t)
{
	int ret = t->has_heard ? 0 : receive_some(p, t);

	if (ret == 0 || ret == -EAGAIN)
		ret = send_some(p, t);
	if (ret != 0 && ret != -EAGAIN)
		end(p, t, ret);
	else if (t->has_heard && t->has_shut)
		end(p, t, t->in.done == t->in.bytes ? 0 : -EBADMSG);
}

/* ---------------------------------------------------------------------------------------------------- the loop */

static void
accept_all(struct program *p)
{
	uint64_t conn;

	while (pln_tcp_accept(p->stack, p->listener, NULL, &conn) == 0) {
		struct transfer *t = begin(0);

		t->conn = conn;
		pln_tcp_cookie_set(p->stack, conn, t);
		go_on(p, t);
	}
}

static void
open_more(struct program *p)
{
	while (!stopped && p->opened < p->count && p->open < p->at_once) {
		struct transfer *t = begin(p->opened++);
		struct pln_tcp_open_args args = { .size = sizeof(args),
			                          .remote = p->to,
			                          .cookie = t };
		uint64_t words[3];
		int ret;

		t->is_ours = true;
		p->open++;
		t->out.bytes = draw_size(p);
		t->in.bytes = draw_size(p);
		t->random = draw(&p->random) | 1;
		words[0] = htobe64(t->number);
		words[1] = htobe64(t->out.bytes);
		words[2] = htobe64(t->in.bytes);
		memcpy(t->head, words, HEAD);
		ret = pln_tcp_open(p->stack, &args, &t->conn);
		if (ret != 0)
			end(p, t, ret);
	}
}

static void
happened(struct program *p, const struct pln_event *event)
{
	struct transfer *t = event->cookie;

	if ((event->bits & PLN_EV_ACCEPTED) != 0)
		accept_all(p);
	else if (t != NULL && (event->bits & PLN_EV_CLOSED) != 0 && event->error != 0)
		end(p, t, event->error);
	else if (t != NULL)
		go_on(p, t);
}

static bool
is_over(const struct program *p, uint64_t now, uint64_t *end_ns)
{
	if (!stopped)
		return false;
	if (*end_ns == 0) {
		*end_ns = now + LINGER_NS;
		pln_tcp_close(p->stack, p->listener);
	}
	return now >= *end_ns || pln_tcp_conn_count(p->stack) == 0;
}

static void
turn(struct program *p)
{
	unsigned int idle = 0;
	uint64_t end_ns = 0;

	for (uint64_t now = pln_host_now(p->host); !is_over(p, now, &end_ns);
	     now = pln_host_now(p->host)) {
		unsigned int n, work = pln_stack_poll(p->stack, now);
		struct pln_event events[64];

		while ((n = pln_stack_events(p->stack, events, 64)) > 0)
			for (unsigned int i = 0; i < n; i++)
				happened(p, &events[i]);
		open_more(p);
		pln_stack_flush(p->stack, pln_host_now(p->host));
		idle = work == 0 ? idle + 1 : 0;
		if (idle > 0)
			fflush(stdout);
		pln_host_relax(p->host, p->stack, idle);
	}
}

static int
run(struct pln_host *host, unsigned int lcore, void *ctx)
{
	struct program *p = ctx;
	struct pln_tcp_listen_args args = { .size = sizeof(args), .backlog = 1024 };

	p->stack = pln_host_stack(host, lcore);
	args.local.port = p->to.port;
	for (unsigned int i = 0; i < p->n_settings; i++) {
		char *value = strchr(p->settings[i], '=');
		int ret;

		*value++ = '\0';
		ret = pln_stack_opt_set(p->stack, p->settings[i], value);
		if (ret != 0) {
			printf("%s=%s: %s\n", p->settings[i], value, strerror(-ret));
			exit(2);
		}
	}
	if (pln_tcp_listen(p->stack, &args, &p->listener) != 0)
		exit(1);
	printf("ready\n");
	fflush(stdout);
	turn(p);
	return 0;
}

/* ---------------------------------------------------------------------------------------------------- the command line */

static void
need(bool good)
{
	if (good)
		return;
	fprintf(stderr,
	        "usage: exchange --interface IF --ip A/LEN --to A:PORT --count N --at-once M "
	        "--max BYTES --seed S [--set NAME=VALUE]...\n");
	exit(2);
}

static void
take_option(struct program *p, int option)
{
	char *colon = strchr(optarg, ':');

	if (option == 'I') {
		p->config.interface = optarg;
	} else if (option == 'i') {
		need(pln_addr_parse_prefix(optarg, &p->config.addr, &p->config.prefix_len) == 0);
	} else if (option == 't') {
		need(colon != NULL);
		*colon = '\0';
		need(pln_addr_parse(optarg, &p->to.addr) == 0);
		p->to.port = (uint16_t)atoi(colon + 1);
	} else if (option == 'c') {
		p->count = (unsigned int)atoi(optarg);
	} else if (option == 'n') {
		p->at_once = (unsigned int)atoi(optarg);
	} else if (option == 'm') {
		p->max_bytes = strtoull(optarg, NULL, 10);
	} else if (option == 's') {
		p->random = strtoull(optarg, NULL, 10) * 2 + 1;
	} else {
		need(option == 'S' && p->n_settings < SETTINGS && strchr(optarg, '=') != NULL);
		p->settings[p->n_settings++] = optarg;
	}
}

static void
parse(struct program *p, int argc, char **argv)
{
	static const struct option options[] = {
		{ "interface", required_argument, NULL, 'I' },
		{ "ip", required_argument, NULL, 'i' },
		{ "to", required_argument, NULL, 't' },
		{ "count", required_argument, NULL, 'c' },
		{ "at-once", required_argument, NULL, 'n' },
		{ "max", required_argument, NULL, 'm' },
		{ "seed", required_argument, NULL, 's' },
		{ "set", required_argument, NULL, 'S' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		need(option != '?');
		take_option(p, option);
	}
	need(optind == argc && p->config.interface != NULL && p->to.port != 0 && p->at_once > 0 &&
	     p->max_bytes > 1);
}

int
main(int argc, char **argv)
{
	struct program p = {
		.config = { .size = sizeof(p.config),
		            .program = argv[0],
		            .poll = PLN_HOST_POLL_ADAPTIVE,
		            .acd = PLN_HOST_ACD_OFF,
		            .max_conns = MAX_CONNS },
		.random = 3,
	};
	unsigned int left, kept;
	struct pln_error error;

	parse(&p, argc, argv);
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	if (pln_host_create(&p.config, &p.host, &error) != 0) {
		printf("error %d: %s\n", error.code, error.text);
		return 2;
	}
	pln_host_run(p.host, run, &p);
	left = pln_tcp_conn_count(p.stack);
	say_counters(p.stack);
	kept = pln_host_destroy(p.host);
	printf("left %u connections, kept %u buffers, failed %u\n", left, kept, p.failed);
	return left + kept + p.failed > 0;
}
