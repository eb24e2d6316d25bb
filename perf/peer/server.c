/* SPDX-License-Identifier: BSD-3-Clause */
/* The server: for so many bytes it answers so many; bulk: it discards, or sends for ever. */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

struct session {
	int fd;
	uint32_t got;  /* bytes of a request that is not whole yet */
	uint64_t owed; /* bytes of responses not written yet */
	bool waits;    /* for room to write */
	bool is_last;  /* closes when nothing is owed any more */
};

static void
end_session(struct session *s)
{
	close(s->fd);
	free(s);
}

/* False: the session has ended. */
static bool
write_owed(struct peer *peer, struct session *s)
{
	bool endless = peer->options->workload == PEER_BULK && peer->options->down;

	while (s->owed > 0 || endless) {
		size_t len = endless || s->owed > PEER_IO_BYTES ? PEER_IO_BYTES : s->owed;
		ssize_t n = send(s->fd, peer->bytes, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			return false;
		peer->result.sent += (uint64_t)n;
		if (!endless)
			s->owed -= (uint64_t)n;
	}
	if ((s->owed > 0 || endless) != s->waits) {
		s->waits = !s->waits;
		peer_watch(peer, s->fd, EPOLLIN | (s->waits ? EPOLLOUT : 0U), s, false);
	}
	return s->owed > 0 || !s->is_last;
}

static void
take(struct peer *peer, struct session *s, uint32_t len)
{
	const struct peer_options *o = peer->options;

	peer->result.received += len;
	if (o->workload == PEER_BULK)
		return;
	s->got += len;
	while (s->got >= o->request) {
		s->got -= o->request;
		s->owed += o->response;
		peer->result.requests++;
		s->is_last = o->workload == PEER_CRR && o->server_closes;
	}
}

/* False: the session has ended. */
static bool
serve(struct peer *peer, struct session *s, uint32_t events)
{
	ssize_t n = 0;

	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
		n = recv(s->fd, peer->bytes, PEER_IO_BYTES, 0);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return false;
		if (n > 0)
			take(peer, s, (uint32_t)n);
	}
	return write_owed(peer, s);
}

static void
accept_all(struct peer *peer, int listener)
{
	const int one = 1;
	struct session *s;
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		s = calloc(1, sizeof(*s));
		if (s == NULL) {
			close(fd);
			continue;
		}
		s->fd = fd;
		peer->result.connects++;
		peer_watch(peer, fd, EPOLLIN, s, true);
		if (!serve(peer, s, EPOLLIN))
			end_session(s);
	}
}

static int
listen_on(struct peer *peer)
{
	const int one = 1;
	int fd = peer_socket(peer);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)&peer->options->remote,
	         sizeof(peer->options->remote)) < 0 ||
	    listen(fd, 4096) < 0) {
		perror("listen");
		close(fd);
		return -1;
	}
	return fd;
}

int
peer_serve(struct peer *peer)
{
	struct epoll_event events[256];
	int listener = listen_on(peer);
	uint64_t begin = peer_now();

	if (listener < 0)
		return 1;
	peer_watch(peer, listener, EPOLLIN, NULL, true);
	fprintf(stderr, "* serving\n");
	while (!peer_stopped() && peer_now() < peer->end_ns) {
		int n = epoll_wait(peer->epoll, events, 256, 100);

		for (int i = 0; i < n; i++) {
			struct session *s = events[i].data.ptr;

			if (s == NULL)
				accept_all(peer, listener);
			else if (!serve(peer, s, events[i].events))
				end_session(s);
		}
	}
	peer->result.seconds_ns = peer_now() - begin;
	close(listener);
	return 0;
}
