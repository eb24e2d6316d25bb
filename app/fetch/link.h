/* SPDX-License-Identifier: BSD-3-Clause */
/* The connection under exchanges: opened, told of events, closed. */
#ifndef POLLEN_APP_FETCH_LINK_H
#define POLLEN_APP_FETCH_LINK_H

#include <pollen/tcp.h>

PLN_C_BEGIN

/* A connection to one host; it outlives an exchange when it can be used again. */
struct link {
	struct pln_stack *stack;
	uint64_t conn; /* handle, 0: closed */
	bool is_connected;
	bool is_closing;          /* the peer sends no more */
	bool is_over;             /* CLOSED was reported */
	bool is_used;             /* an exchange was completed on it */
	bool is_early;            /* what is sent before it is connected may go with the SYN */
	int error;                /* with is_over: negative errno or 0 */
	uint64_t seen;            /* bytes of the stream looked at */
	uint64_t consumed;        /* bytes given back */
	struct pln_tcp_info info; /* the last snapshot, size 0: none */
};

/* Holds the bandwidth-delay product of 1 Gbit/s at 30 ms, and all a stalled disk can pin. */
#define LINK_RECEIVE_BYTES (UINT32_C(4) << 20)

/* What a connection is to be like. */
struct link_wish {
	uint32_t receive_bytes; /* of received data that may wait in it */
	uint32_t
		keepalive_s; /* silence after which the server is asked whether it is still there; 0: never */
	bool may_move; /* to the stack where the answer arrives */
};

/**
 * Begin to connect. The link is the connection's cookie.
 *
 * @return 0 or pln_tcp_open's negative errno
 */
int link_open(struct link *link, struct pln_stack *stack, const struct pln_endpoint *remote,
              const struct link_wish *wish);

/** Before the SYN leaves: let the request go with it, where the server has given a cookie before (RFC 7413). */
void link_open_early(struct link *link);

/** What an error of link_open means, without a full stop. */
const char *link_why(int error);

/** Take note of what the stack reported. */
void link_event(struct link *link, const struct pln_event *event);

/** Read the connection's state into link->info. */
void link_snapshot(struct link *link);

/** Close, or reset. The sink must be idle: bytes that lie in the connection are gone. */
void link_close(struct link *link, bool reset);

PLN_C_END

#endif
