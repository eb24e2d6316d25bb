/* SPDX-License-Identifier: BSD-3-Clause */
/* Two stacks, one cable, virtual time, a transfer and a question: docs/guide/embedding.md, which explains this program, contains it. */
#include <stdio.h>
#include <string.h>

#include <pollen/memlink.h>
#include <pollen/tcp.h>
#include <pollen/udp.h>

struct host {
	struct pln_memlink *link;
	struct pln_stack *stack;
	struct pln_addr addr;
};

static int
make_host(struct host *h, uint8_t number)
{
	struct pln_memlink_config link = { .size = sizeof(link),
		                           .mac = { { 2, 0, 0, 0, 0, number } } };
	struct pln_stack_config config = { .size = sizeof(config), .seed = number };

	if (pln_memlink_create(&link, &h->link) < 0)
		return -1;
	config.link = pln_memlink_link(h->link);
	if (pln_stack_create(&config, &h->stack) < 0)
		return -1;
	h->addr = pln_addr_ip4(10, 0, 0, number);
	return pln_stack_addr_add(h->stack, &h->addr, 24);
}

/* The cable: what one end has sent arrives at the other. */
static unsigned int
carry(struct host *from, struct host *to)
{
	uint8_t frame[2048];
	unsigned int carried = 0;
	ssize_t len;

	while ((len = pln_memlink_collect(from->link, frame, sizeof(frame))) > 0) {
		pln_memlink_inject(to->link, frame, (size_t)len, 0);
		carried++;
	}
	return carried;
}

/* Everything that can happen at this time happens; then the clock jumps to what is due next. */
static uint64_t
turn(struct host *a, struct host *b, uint64_t now)
{
	uint64_t next_a, next_b;

	do {
		pln_stack_run(a->stack, now);
		pln_stack_run(b->stack, now);
	} while (carry(a, b) + carry(b, a) > 0);
	next_a = pln_stack_next(a->stack);
	next_b = pln_stack_next(b->stack);
	return next_a < next_b ? next_a : next_b;
}

/* A question by UDP, and its answer. */
static bool
ask(struct host *client, struct host *server, uint64_t now)
{
	struct pln_endpoint echo_port = { .port = 7 };
	struct pln_udp_out out = { .size = sizeof(out), .data = "hello", .len = 5 };
	char text[16];
	struct pln_udp_in in = { .size = sizeof(in), .buf = text, .room = sizeof(text) };
	uint64_t asks, answers;
	ssize_t n;

	if (pln_udp_open(client->stack, NULL, &asks) < 0 ||
	    pln_udp_open(server->stack, NULL, &answers) < 0 ||
	    pln_udp_bind(server->stack, answers, &echo_port) < 0)
		return false;
	out.to.addr = server->addr;
	out.to.port = echo_port.port;
	if (pln_udp_send(client->stack, asks, &out) < 0)
		return false;
	turn(client, server, now);
	if ((n = pln_udp_receive(server->stack, answers, &in)) < 0)
		return false;
	out.data = text;
	out.len = (size_t)n;
	out.to = in.from;
	if (pln_udp_send(server->stack, answers, &out) < 0)
		return false;
	turn(client, server, now);
	return pln_udp_receive(client->stack, asks, &in) == 5 && memcmp(text, "hello", 5) == 0;
}

int
main(void)
{
	static uint8_t sent[100000], got[sizeof(sent)];
	struct host a, b;
	struct pln_tcp_listen_args listen = { .size = sizeof(listen), .local = { .port = 80 } };
	struct pln_tcp_open_args open = { .size = sizeof(open), .remote = { .port = 80 } };
	uint64_t listener, client, server = 0, now = 0;
	size_t out = 0, in = 0;
	ssize_t n;

	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (uint8_t)(i * 31 >> 3);
	if (make_host(&a, 1) < 0 || make_host(&b, 2) < 0)
		return 1;
	open.remote.addr = b.addr;
	if (pln_tcp_listen(b.stack, &listen, &listener) < 0 ||
	    pln_tcp_open(a.stack, &open, &client) < 0)
		return 1;
	while (in < sizeof(got) && now < 60 * PLN_NS_PER_S) {
		if ((n = pln_tcp_send(a.stack, client, sent + out, sizeof(sent) - out, 0)) > 0)
			out += (size_t)n;
		if (server == 0)
			pln_tcp_accept(b.stack, listener, NULL, &server);
		if (server != 0 &&
		    (n = pln_tcp_receive(b.stack, server, got + in, sizeof(got) - in, 0)) > 0)
			in += (size_t)n;
		now = turn(&a, &b, now);
	}
	printf("%zu bytes in %.3f virtual seconds, %s\n", in, (double)now / PLN_NS_PER_S,
	       memcmp(sent, got, sizeof(got)) == 0 ? "every one right" : "damaged");
	printf("by UDP: %s\n", ask(&a, &b, now) ? "asked and answered" : "no answer");
	pln_stack_destroy(a.stack);
	pln_stack_destroy(b.stack);
	pln_memlink_destroy(a.link);
	pln_memlink_destroy(b.link);
	return memcmp(sent, got, sizeof(got)) == 0 ? 0 : 1;
}
