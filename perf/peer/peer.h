/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pollen-perf's workloads over the kernel's sockets, as one would write them for speed: one thread, one epoll, nothing blocks, TCP_NODELAY,
 * what can be written at once is written at once. Options and JSON are pollen-perf's, as far as they apply.
 */
#ifndef POLLEN_PERF_PEER_H
#define POLLEN_PERF_PEER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PEER_IO_BYTES 131072U /* for a read or a write */

enum peer_workload {
	PEER_BULK,
	PEER_RR,
	PEER_CRR
};

struct peer_options {
	bool is_server;
	enum peer_workload workload;
	struct sockaddr_in remote; /* of the server; its port is the one to listen on, too */
	uint32_t source_first,
		source_count; /* client: our addresses, host order; count 0: the system's choice */
	uint32_t request, response; /* bytes */
	uint32_t connections, depth;
	uint64_t duration_ns, warmup_ns; /* a server's duration 0: until a signal */
	bool down;                       /* bulk: from server to client */
	bool server_closes;
	const char *cc;   /* congestion control; NULL: the system's */
	const char *json; /* file, "-" for stdout, NULL for none */
};

/* Durations, each as it is. */
struct peer_samples {
	uint64_t *ns;
	uint64_t count, room;
};

/* What was counted between the warm-up and the end. */
struct peer_result {
	uint64_t seconds_ns;
	uint64_t sent,
		received; /* bytes of payload; sent: those the peer has acknowledged, in bulk */
	uint64_t requests, connects, failed;
	struct peer_samples latency, connect;
	char cc[16]; /* congestion control, of the last connection */
};

struct peer {
	const struct peer_options *options;
	struct peer_result result;
	int epoll;
	uint64_t begin_ns,
		end_ns;  /* of what is counted; a client's: from when its connections are open */
	uint32_t opened; /* client: connections, so far */
	uint8_t *bytes;  /* PEER_IO_BYTES to send, or to receive into */
};

uint64_t peer_now(void);

/* Is what happens now counted? */
bool peer_counts(const struct peer *peer, uint64_t now);

/* A socket that does not block, without Nagle; -1: there is none. */
int peer_socket(struct peer *peer);

/* Watch a socket; `ptr` comes back. */
void peer_watch(struct peer *peer, int fd, uint32_t events, void *ptr, bool is_new);

/* Keep a sample. */
void peer_sample(struct peer_samples *samples, uint64_t ns);

/* Until the time is over or a signal came; 0, or 1 where nothing worked. */
int peer_serve(struct peer *peer);
int peer_client(struct peer *peer);

/* Has a signal asked for the end? */
bool peer_stopped(void);

/* A line for people, or JSON. */
void peer_report(struct peer *peer);

#endif
