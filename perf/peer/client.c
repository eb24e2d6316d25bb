/* SPDX-License-Identifier: BSD-3-Clause */
/* The client: as many connections as asked for, each with so many requests in flight; crr opens one anew when one has ended. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

struct flow {
	int fd;
	bool is_open, waits;
	uint32_t got;          /* bytes of a response that is not whole yet */
	uint64_t owed;         /* bytes of requests not written yet */
	uint64_t opened_ns;    /* when connect was called */
	uint64_t *asked_ns;    /* when each request in flight was issued, a ring of `depth` */
	uint32_t head;         /* of it: the oldest */
	uint64_t acked_before; /* bulk: at the beginning of what is counted */
};

/* The next of our addresses; ports are the system's choice, so late that one serves many peers. */
static void
choose_source(struct peer *peer, int fd, uint32_t *turn)
{
	const struct peer_options *o = peer->options;
	const int one = 1;
	struct sockaddr_in self = { .sin_family = AF_INET };

	if (o->source_count == 0)
		return;
	self.sin_addr.s_addr = htonl(o->source_first + (*turn)++ % o->source_count);
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)&self, sizeof(self)) < 0)
		perror("bind");
}

static bool
open_flow(struct peer *peer, struct flow *f, uint32_t *turn)
{
	f->fd = peer_socket(peer);
	f->is_open = f->waits = false;
	f->got = f->head = 0;
	f->owed = 0;
	f->opened_ns = peer_now();
	if (f->fd < 0)
		return false;
	choose_source(peer, f->fd, turn);
	if (connect(f->fd, (const struct sockaddr *)&peer->options->remote,
	            sizeof(peer->options->remote)) < 0 &&
	    errno != EINPROGRESS) {
		close(f->fd);
		f->fd = -1;
		return false;
	}
	peer_watch(peer, f->fd, EPOLLOUT, f, true);
	return true;
}

static void
fail(struct peer *peer, struct flow *f)
{
	peer->result.failed++;
	close(f->fd);
	f->fd = -1;
}

/* Write what is owed; in bulk, as much as there is room for. */
static bool
write_owed(struct peer *peer, struct flow *f)
{
	bool endless = peer->options->workload == PEER_BULK && !peer->options->down;
	bool waits;

	while (f->owed > 0 || endless) {
		size_t len = endless || f->owed > PEER_IO_BYTES ? PEER_IO_BYTES : f->owed;
		ssize_t n = send(f->fd, peer->bytes, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			return false;
		if (!endless)
			f->owed -= (uint64_t)n;
		if (!endless && peer_counts(peer, peer_now()))
			peer->result.sent += (uint64_t)n;
		if (endless && n < (ssize_t)len)
			break;
	}
	waits = f->owed > 0 || endless;
	if (waits != f->waits) {
		f->waits = waits;
		peer_watch(peer, f->fd, EPOLLIN | (waits ? EPOLLOUT : 0U), f, false);
	}
	return true;
}

static bool
start(struct peer *peer, struct flow *f)
{
	const struct peer_options *o = peer->options;
	uint64_t now = peer_now();
	socklen_t len = sizeof(int);
	int error = 0;

	getsockopt(f->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0)
		return false;
	f->is_open = true;
	if (peer->opened < o->connections && ++peer->opened == o->connections) {
		peer->begin_ns = now + o->warmup_ns;
		peer->end_ns = peer->begin_ns + o->duration_ns;
	}
	if (peer_counts(peer, now)) {
		peer->result.connects++;
		if (o->workload == PEER_CRR)
			peer_sample(&peer->result.connect, now - f->opened_ns);
	}
	for (uint32_t i = 0; o->workload != PEER_BULK && i < o->depth; i++) {
		f->asked_ns[i] = o->workload == PEER_CRR ? f->opened_ns : now;
		f->owed += o->request;
	}
	peer_watch(peer, f->fd, EPOLLIN, f, false);
	return write_owed(peer, f);
}

/* A response is whole. */
static void
answered(struct peer *peer, struct flow *f, uint64_t now)
{
	const struct peer_options *o = peer->options;

	if (peer_counts(peer, now)) {
		peer->result.requests++;
		peer_sample(&peer->result.latency, now - f->asked_ns[f->head]);
	}
	f->asked_ns[f->head] = now;
	f->head = f->head + 1 == o->depth ? 0 : f->head + 1;
	if (o->workload == PEER_RR)
		f->owed += o->request;
}

enum outcome {
	GOES_ON,
	HAS_ENDED,
	HAS_FAILED
};

static enum outcome
hear(struct peer *peer, struct flow *f)
{
	const struct peer_options *o = peer->options;
	ssize_t n = recv(f->fd, peer->bytes, PEER_IO_BYTES, 0);
	uint64_t now = peer_now();
	bool whole = false;

	if (n < 0)
		return errno == EAGAIN ? GOES_ON : HAS_FAILED;
	if (n == 0)
		return o->workload == PEER_CRR && o->server_closes ? HAS_ENDED : HAS_FAILED;
	if (peer_counts(peer, now))
		peer->result.received += (uint64_t)n;
	if (o->workload == PEER_BULK)
		return GOES_ON;
	f->got += (uint32_t)n;
	for (; f->got >= o->response; whole = true) {
		f->got -= o->response;
		answered(peer, f, now);
	}
	if (whole && o->workload == PEER_CRR && !o->server_closes)
		return HAS_ENDED;
	return write_owed(peer, f) ? GOES_ON : HAS_FAILED;
}

static enum outcome
turn_flow(struct peer *peer, struct flow *f, uint32_t events)
{
	enum outcome outcome = GOES_ON;

	if (!f->is_open)
		return start(peer, f) ? GOES_ON : HAS_FAILED;
	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
		outcome = hear(peer, f);
	if (outcome == GOES_ON && (events & EPOLLOUT) != 0)
		outcome = write_owed(peer, f) ? GOES_ON : HAS_FAILED;
	return outcome;
}

static uint64_t
acked(const struct flow *f)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	getsockopt(f->fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	return info.tcpi_bytes_acked;
}

/* What an event of a connection leads to; of short ones the next is begun. */
static void
take_event(struct peer *peer, const struct epoll_event *event, uint32_t *turn)
{
	struct flow *f = event->data.ptr;
	enum outcome outcome = turn_flow(peer, f, event->events);

	if (outcome == HAS_FAILED)
		fail(peer, f);
	if (outcome == HAS_ENDED)
		close(f->fd);
	if (outcome != GOES_ON && peer->options->workload == PEER_CRR && !open_flow(peer, f, turn))
		peer->result.failed++;
}

static void
run(struct peer *peer, struct flow *flows)
{
	const struct peer_options *o = peer->options;
	struct epoll_event events[256];
	bool is_counting = false;
	uint32_t turn = 0;

	for (uint32_t i = 0; i < o->connections; i++)
		if (!open_flow(peer, &flows[i], &turn))
			peer->result.failed++;
	while (!peer_stopped() && peer_now() < peer->end_ns) {
		int n = epoll_wait(peer->epoll, events, 256, 100);

		for (int i = 0; i < n; i++)
			take_event(peer, &events[i], &turn);
		for (uint32_t i = 0;
		     !is_counting && peer_now() >= peer->begin_ns && i < o->connections; i++)
			flows[i].acked_before = acked(&flows[i]);
		is_counting = is_counting || peer_now() >= peer->begin_ns;
	}
}

int
peer_client(struct peer *peer)
{
	const struct peer_options *o = peer->options;
	struct flow *flows = calloc(o->connections, sizeof(*flows));
	uint64_t *asked = calloc((size_t)o->connections * o->depth, sizeof(*asked));
	socklen_t len = sizeof(peer->result.cc);

	if (flows == NULL || asked == NULL) {
		free(flows);
		free(asked);
		return 1;
	}
	for (uint32_t i = 0; i < o->connections; i++)
		flows[i].asked_ns = asked + (size_t)i * o->depth;
	run(peer, flows);
	peer->result.failed += peer->opened < o->connections;
	if (peer->begin_ns != UINT64_MAX)
		peer->result.seconds_ns = peer_now() - peer->begin_ns;
	getsockopt(flows[0].fd, IPPROTO_TCP, TCP_CONGESTION, peer->result.cc, &len);
	for (uint32_t i = 0; i < o->connections; i++) {
		if (o->workload == PEER_BULK && !o->down && flows[i].fd >= 0)
			peer->result.sent += acked(&flows[i]) - flows[i].acked_before;
		if (flows[i].fd >= 0)
			close(flows[i].fd);
	}
	free(asked);
	free(flows);
	return peer->result.failed > 0 ||
	       peer->result.requests + peer->result.sent + peer->result.received == 0;
}
