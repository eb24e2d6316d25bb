/* SPDX-License-Identifier: BSD-3-Clause */
/* One connection to a server: its record, its time limits, its end. */
#ifndef POLLEN_APP_SERVE_CLIENT_H
#define POLLEN_APP_SERVE_CLIENT_H

#include "serve/server.h"
#include "serve/stream.h"

PLN_C_BEGIN

#define CLIENT_OUT 16384 /* bytes of a response's head at most */

enum client_state {
	CLIENT_READING,   /* a request, or waiting for one */
	CLIENT_WAITING,   /* for its file */
	CLIENT_SENDING,   /* the response */
	CLIENT_LINGERING, /* all is said; reading until the other end has heard it (RFC 9112 §9.6) */
	CLIENT_SERVICE,   /* echo, discard or chargen */
};

struct client {
	struct server_owner owner; /* first: cookies point here */
	struct server *server;
	struct client *next_free;
	struct client *next_again;
	struct client *earlier, *later; /* of the same timer */
	enum server_timer timer;
	uint64_t deadline;
	bool is_armed, is_again;
	enum client_state state;
	bool is_closing; /* no request after this one */
	bool is_eof;     /* the other end has closed its direction */
	bool is_head;    /* HEAD: no content */
	struct pln_addr peer;
	struct head head;
	char *out; /* CLIENT_OUT bytes */
	size_t out_len, out_sent;
	struct file_want want;
	struct file *file;     /* being sent from memory */
	struct stream *stream; /* or from the disk */
	uint64_t at, left;     /* of the content: the next byte, and how many */
	unsigned int status;   /* 0: no response has begun */
	uint64_t sent;         /* bytes of content */
	uint64_t began_ns;     /* when the request was read */
	uint64_t acked;        /* bytes the other end had when last looked */
	uint64_t spilled;      /* chargen: bytes sent so far */
};

/** Take a connection off a listener. @return NULL: none waits, or there is no record for it. */
struct client *client_accept(struct server *server, const struct server_owner *listener);

/** Begin to count the time for something; what was counted before is not any more. */
void client_arm(struct client *client, enum server_timer timer);

/** Count no time. */
void client_disarm(struct client *client);

/** Look at it again in the next turn. */
void client_again(struct client *client);

/** Its response is over: a line in the log. */
void client_log(struct client *client);

/** Give back what its response was made of. */
void client_release(struct client *client);

/** The end. @param reset at once, what is queued is lost; else it is still sent. The record is gone. */
void client_end(struct client *client, bool reset);

/** Throw away what was received. @return false: nothing more will come. */
bool client_discard(struct client *client);

/* What has become of the bytes that TCP was given. */
enum client_rest {
	CLIENT_TAKEN,  /* the other end has them all */
	CLIENT_MOVING, /* it has taken some since this was last asked */
	CLIENT_STUCK,
};

enum client_rest client_rest(struct client *client);

PLN_C_END

#endif
