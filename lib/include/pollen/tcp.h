/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP's user interface: the verbs of RFC 9293 §3.9.1 (OPEN, SEND, RECEIVE, CLOSE, ABORT, STATUS) without blocking.
 *
 * A connection is named by a handle: 64 bits, never 0, never used again for another connection while anybody could remember
 * it. A call with a dead handle answers -EBADF. The application owns a handle from pln_tcp_open or pln_tcp_accept until
 * pln_tcp_close or pln_tcp_abort, also when the connection has ended before.
 */
#ifndef POLLEN_TCP_H
#define POLLEN_TCP_H

#include <sys/types.h>

#include <pollen/stack.h>

PLN_C_BEGIN

/* RFC 9293 §3.3.2, in its order. */
enum pln_tcp_state {
	PLN_TCP_CLOSED = 0,
	PLN_TCP_LISTEN,
	PLN_TCP_SYN_SENT,
	PLN_TCP_SYN_RECEIVED,
	PLN_TCP_ESTABLISHED,
	PLN_TCP_FIN_WAIT_1,
	PLN_TCP_FIN_WAIT_2,
	PLN_TCP_CLOSE_WAIT,
	PLN_TCP_CLOSING,
	PLN_TCP_LAST_ACK,
	PLN_TCP_TIME_WAIT,
	PLN_TCP_STATE_COUNT,
};

/** "ESTABLISHED", "SYN-SENT" …: the RFC's spelling. Any thread. */
PLN_API const char *pln_tcp_state_name(enum pln_tcp_state state);

/* An active open. */
struct pln_tcp_open_args {
	size_t size;                /* sizeof(struct pln_tcp_open_args) */
	struct pln_endpoint remote; /* whom to connect to */
	struct pln_endpoint
		local; /* family NONE: chosen by the route; port 0: chosen by RFC 6056. With neither, another address of ours in the
			  same subnet is taken when one has no port left for this peer */
	void *cookie;  /* comes back in events */
	/* Of several stacks of a host (<pollen/host.h>): leave to move to the one where the answer arrives. CONNECTED is then an
	 * event there, with the cookie and a handle of that stack, and the handle given here is dead. Until CONNECTED or CLOSED the
	 * cookie names the connection. One that has been given data to send stays. */
	bool may_move;
};

/**
 * Active OPEN (RFC 9293 §3.9.1.1). The SYN leaves with the next flush; CONNECTED or CLOSED will be reported.
 *
 * @param conn  the handle, untouched on failure
 * @return 0; -EINVAL (no port, or an address no host can have: broadcast, multicast, unspecified); -EAFNOSUPPORT; -ENETUNREACH (no
 *         route); -EADDRNOTAVAIL (local address not ours, or no port free); -EADDRINUSE; -ENOMEM (connection pool full)
 */
PLN_API int pln_tcp_open(struct pln_stack *stack, const struct pln_tcp_open_args *args,
                         uint64_t *conn);

/* A passive open. */
struct pln_tcp_listen_args {
	size_t size;               /* sizeof(struct pln_tcp_listen_args) */
	struct pln_endpoint local; /* family NONE: any address of ours; port 0: chosen */
	uint32_t backlog; /* connections not accepted yet, half-open ones included; 0: 128 */
	void *cookie;     /* comes back in events */
};

/** Passive OPEN. @return 0; -EADDRINUSE; -EADDRNOTAVAIL; -EAFNOSUPPORT; -ENOMEM. */
PLN_API int pln_tcp_listen(struct pln_stack *stack, const struct pln_tcp_listen_args *args,
                           uint64_t *listener);

/**
 * Take an established connection off a listener's queue.
 *
 * @param cookie  of the new connection
 * @return 0; -EAGAIN (none waits); -EBADF
 */
PLN_API int pln_tcp_accept(struct pln_stack *stack, uint64_t listener, void *cookie,
                           uint64_t *conn);

/** Change a connection's cookie. @return 0 or -EBADF. */
PLN_API int pln_tcp_cookie_set(struct pln_stack *stack, uint64_t conn, void *cookie);

/* How to send or receive: bits of `flags`. */
enum pln_tcp_flag_bit {
	PLN_TCP_MORE =
		1 << 0, /* send: more follows at once, a partial segment may wait (MSG_MORE) */
	PLN_TCP_PEEK = 1 << 1, /* receive: leave the bytes */
	PLN_TCP_URGENT =
		1
		<< 2, /* send: all sent up to here is urgent (RFC 9293 §3.8.5); not for new protocols */
};

/**
 * SEND (§3.9.1.2): copy bytes into the send buffer. They leave with the next flush that may send them.
 *
 * @return bytes taken, fewer than `len` when the buffer fills; -EAGAIN (full: WRITABLE will be reported); -EPIPE (closed for
 *         sending); -ENOTCONN; the connection's error (-ECONNRESET, …); -EBADF
 */
PLN_API ssize_t pln_tcp_send(struct pln_stack *stack, uint64_t conn, const void *buf, size_t len,
                             int flags);

/* Bytes sent by reference: they stay the caller's, unchanged, until `release` is called from a later turn or from
 * pln_stack_destroy. */
struct pln_tcp_ref {
	const void *data; /* the first byte */
	size_t len;       /* 1 to 65535 bytes */
	void (*release)(
		void *ctx); /* once, when nothing refers to the bytes any more; may call nothing of the stack */
	void *ctx; /* handed to it */
};

/**
 * SEND without a copy: the bytes are read where they lie, when they are sent and when they are sent again.
 *
 * @return bytes taken: ref->len or, when the buffer is full, -EAGAIN and nothing is kept; other errors as pln_tcp_send.
 *         On error `release` is not called.
 */
PLN_API ssize_t pln_tcp_send_ref(struct pln_stack *stack, uint64_t conn,
                                 const struct pln_tcp_ref *ref, int flags);

/**
 * RECEIVE (§3.9.1.3): copy in-order bytes out. Urgent bytes are among them, where they were sent (RFC 6093 §5): the event URGENT tells of
 * them, pln_tcp_info.urgent_bytes where they end.
 *
 * @return bytes; 0 when the peer has closed and all was read; -EAGAIN (nothing yet); -ENOTCONN; the connection's error; -EBADF
 */
PLN_API ssize_t pln_tcp_receive(struct pln_stack *stack, uint64_t conn, void *buf, size_t len,
                                int flags);

/* Received bytes where they lie. */
struct pln_tcp_view {
	const void *data; /* the first byte */
	size_t len;       /* bytes */
};

/**
 * RECEIVE without a copy: look at received bytes in place. They stay valid, and count against the window, until consumed.
 *
 * @param offset  bytes to skip, so that bytes seen but not consumed are not seen again
 * @param views   filled with up to `max` stretches, in order
 * @return stretches; 0 when the peer has closed and nothing is behind `offset`; -EAGAIN; other errors as pln_tcp_receive
 */
PLN_API int pln_tcp_receive_views(struct pln_stack *stack, uint64_t conn, size_t offset,
                                  struct pln_tcp_view *views, unsigned int max);

/** Consume `len` bytes from the front: their buffers are freed and the window opens. @return 0; -EINVAL (not that many); -EBADF. */
PLN_API int pln_tcp_consume(struct pln_stack *stack, uint64_t conn, size_t len);

/* Which direction to shut down. */
enum pln_tcp_how {
	PLN_TCP_SHUT_RD = 0,   /* discard what arrives */
	PLN_TCP_SHUT_WR = 1,   /* send FIN behind the last byte; receiving goes on */
	PLN_TCP_SHUT_RDWR = 2, /* both */
};

/** Close one or both directions (half-close, §3.6). @return 0; -ENOTCONN; -EBADF. */
PLN_API int pln_tcp_shutdown(struct pln_stack *stack, uint64_t conn, enum pln_tcp_how how);

/**
 * CLOSE (§3.9.1.4): the handle is dead at once; the stack sends what is queued, then FIN. With received bytes unread, or linger 0, it
 * resets instead (RFC 2525 §2.17). Closing a listener resets the connections nobody accepted.
 *
 * @return 0 or -EBADF
 */
PLN_API int pln_tcp_close(struct pln_stack *stack, uint64_t conn);

/** ABORT (§3.9.1.5): reset, free everything, the handle is dead. @return 0 or -EBADF. */
PLN_API int pln_tcp_abort(struct pln_stack *stack, uint64_t conn);

/* Options of one connection or listener (accepted connections inherit). Values are integers; booleans 0 and 1. */
enum pln_tcp_opt {
	PLN_TCP_OPT_NODELAY = 1, /* Nagle off */
	PLN_TCP_OPT_CORK,        /* hold partial segments, 200 ms at most */
	PLN_TCP_OPT_MAXSEG,      /* bytes; before open */
	PLN_TCP_OPT_SNDBUF,      /* bytes */
	PLN_TCP_OPT_RCVBUF,      /* bytes; before open it sets the window scale too */
	PLN_TCP_OPT_LINGER, /* -1: off; 0: close resets; > 0 s: kept, close never blocks here */
	PLN_TCP_OPT_KEEPALIVE,
	PLN_TCP_OPT_KEEPIDLE,  /* s */
	PLN_TCP_OPT_KEEPINTVL, /* s */
	PLN_TCP_OPT_KEEPCNT,
	PLN_TCP_OPT_USER_TIMEOUT, /* ms, 0: by retries (R2) */
	PLN_TCP_OPT_SYNCNT,       /* SYN retransmissions */
	PLN_TCP_OPT_DEFER_ACCEPT, /* s; listener: accept only with data */
	PLN_TCP_OPT_QUICKACK,
	PLN_TCP_OPT_TOS, /* DS field and ECN */
	PLN_TCP_OPT_TTL, /* 1 to 255 */
	PLN_TCP_OPT_MTU_DISCOVER, /* as the stack's option pmtud: 0: DF clear, 1: DF set, 2: blackhole, 3: probe (from the open on) */
	PLN_TCP_OPT_REUSEADDR, /* listen although old connections hold the port */
	PLN_TCP_OPT_FASTOPEN, /* listener: so many connections may be accepted with their SYN's data before their handshake is
				     complete (RFC 7413); 0: none. What a SYN brings may come twice: for requests that bear that */
	PLN_TCP_OPT_FASTOPEN_CONNECT, /* before the flush that sends the SYN: it asks for a cookie or, with one that was given before,
					 brings what has been sent by then (RFC 7413). The same warning */
	PLN_TCP_OPT_MAX_PACING_RATE, /* bytes/s that it is paced at, at most, whatever the stack's option `pacing` but 0; 0: no ceiling */
	PLN_TCP_OPT_UTO, /* user timeout option (RFC 5482): 0: neither sent nor heard; 1: ours is told, and the peer's followed unless
			    PLN_TCP_OPT_USER_TIMEOUT has been set; 2: followed whatever has been set. The longer of the two holds,
			    within the stack's limits */
};

/** Set an option. @return 0; -EINVAL; -ENOPROTOOPT; -EISCONN (too late for this one); -EBADF. */
PLN_API int pln_tcp_opt_set(struct pln_stack *stack, uint64_t conn, enum pln_tcp_opt opt,
                            int64_t value);

/** Read an option. @return 0; -ENOPROTOOPT; -EBADF. */
PLN_API int pln_tcp_opt_get(struct pln_stack *stack, uint64_t conn, enum pln_tcp_opt opt,
                            int64_t *value);

/**
 * Choose the congestion control of one connection, or of those that a listener accepts. On an open connection the windows stay; what the
 * algorithm before had learned is gone.
 *
 * @param name  as of the stack's option `cc`: "cubic", "newreno", "bbr", "dctcp"
 * @return 0; -ENOENT (there is none of that name); -EBADF. The stack's thread
 */
PLN_API int pln_tcp_cc_set(struct pln_stack *stack, uint64_t conn, const char *name);

/* What congestion control is at. */
enum pln_tcp_ca_state {
	PLN_TCP_CA_OPEN = 0, /* nothing wrong */
	PLN_TCP_CA_DISORDER, /* duplicate ACKs, fewer than three */
	PLN_TCP_CA_RECOVERY, /* fast recovery */
	PLN_TCP_CA_LOSS,     /* after a retransmission timeout */
};

/* STATUS (§3.9.1.6), in the manner of TCP_INFO. Times ns, windows bytes unless named otherwise. */
struct pln_tcp_info {
	size_t size;                       /* sizeof(struct pln_tcp_info), set by the caller */
	struct pln_endpoint local, remote; /* its two ends */
	enum pln_tcp_state state;          /* RFC 9293 §3.3.2 */
	enum pln_tcp_ca_state ca_state;    /* what congestion control is at */
	int error;                         /* what ended the connection, negative errno, or 0 */
	int soft_error; /* last ICMP error that did not end it, or -ETIMEDOUT after R1 timeouts (MUST-47) */
	const char *cc;                 /* congestion control's name */
	bool timestamps, sack, wscale;  /* agreed options */
	uint8_t snd_wscale, rcv_wscale; /* shifts of the peer's window and of ours */
	uint8_t backoff;                /* RTO doublings in force */
	uint32_t retransmits;           /* of the segment at SND.UNA */
	uint64_t total_retrans;         /* segments */
	uint64_t rto_ns, ato_ns;    /* retransmission timeout with its back-off; delay of ACKs */
	uint64_t rtt_ns, rttvar_ns; /* smoothed; its variation; 0 before a sample */
	uint64_t min_rtt_ns;        /* the least of the last 150 to 300 s */
	uint32_t snd_mss, rcv_mss;  /* payload we send at most; the largest received */
	uint32_t advmss, pmtu;      /* MSS announced; MTU of the path */
	uint32_t unacked, sacked, lost, retrans, reordering; /* segments */
	uint32_t snd_ssthresh, snd_cwnd; /* segments; snd_ssthresh UINT32_MAX: no loss yet */
	uint32_t cwnd_bytes;             /* the congestion window as it is kept */
	uint32_t iss, irs;               /* initial sequence numbers */
	uint32_t snd_una, snd_nxt, snd_wnd, rcv_nxt, rcv_wnd; /* RFC 9293 §3.3.1 */
	uint32_t rcv_space;                                   /* receive buffer */
	uint64_t bytes_sent, bytes_retrans;   /* payload: for the first time; again */
	uint64_t bytes_acked, bytes_received; /* payload */
	uint64_t segs_out, segs_in;           /* all, those without payload too */
	uint64_t delivered, delivered_ce;     /* segments; those that arrived marked (ECN) */
	uint64_t last_data_sent_ns, last_data_recv_ns; /* points in time, 0 for never */
	uint64_t last_ack_recv_ns;                     /* the same */
	uint64_t busy_ns;                              /* with data to send */
	uint64_t rwnd_limited_ns;                      /* of it: held by the peer's window */
	uint64_t sndbuf_limited_ns;                    /* of it: held by our send buffer */
	uint32_t notsent_bytes;                        /* queued, not sent yet */
	uint32_t inq_bytes;                            /* received, in order, not read */
	uint32_t ooo_bytes;                            /* received out of order */
	const char *waiting;   /* a phrase: what this connection is waiting for */
	uint32_t urgent_bytes; /* to be read until the peer's urgent data ends; 0: none pending */
	bool ecn;              /* agreed on (RFC 3168) */
	bool reordering_seen;  /* the path reorders: what is missing is waited for (RFC 8985) */
	uint64_t reo_wnd_ns;   /* for so long, RACK.reo_wnd */
	uint32_t dsacks;       /* reports of the peer that something arrived twice (RFC 2883) */
	uint32_t undone; /* reductions of the window that were for nothing and were taken back */
	uint32_t tail_probes; /* sent (RFC 8985 §7) */
	uint32_t lost_again;  /* retransmissions found lost themselves */
	uint32_t pipe_bytes;  /* in the network, by all that is known (RFC 6675 §4) */
	uint64_t
		delivery_rate; /* bytes/s that arrived in the last round trip; 0 before the first sample: it is measured from the first
				   call of pln_tcp_info on, or where the congestion control needs it (draft-ietf-ccwg-bbr-06 §4.1) */
	bool delivery_rate_app_limited; /* the program had not more to send, the path may have taken more */
	uint64_t pacing_rate;           /* bytes/s at which it is paced; 0: it is not */
	uint64_t pacing_limited_ns; /* of busy_ns: held by pacing */
	uint64_t cwnd_limited_ns;   /* of busy_ns: held by the congestion window */
	uint64_t data_segs_out;     /* segments with payload, sent again too */
	uint64_t data_segs_in;      /* the same, received twice too */
	uint64_t ooo_segs;          /* received out of order */
	uint64_t received_ce;       /* received marked (ECN) */
	uint64_t user_timeout_ns;   /* in force; 0: by retries */
	uint64_t
		peer_user_timeout_ns; /* what the peer has said that it would wait (RFC 5482); 0: nothing */
	uint64_t
		rcv_rtt_ns; /* a round trip as the receiver sees it, by which its buffer grows; 0: not known */
	uint32_t timeouts, recoveries; /* retransmission timeouts; fast recoveries */
	uint32_t
		reord_seen; /* ACKs that told of reordering; `reordering`: how far at most, 3 at least */
	uint32_t pipe_ack_bytes; /* most that a round trip acknowledged of late (RFC 7661) */
	uint32_t sndbuf;         /* send buffer, bytes */
	uint32_t
		mtu_probe; /* size of the packet on its way that finds out whether the path carries it; 0: none (RFC 4821) */
	uint32_t mtu_probes; /* such packets ever */
	bool cwnd_validated; /* the window is used; else it does not grow */
};

/** Snapshot of a connection. @return 0; -EBADF; -EINVAL (size). */
PLN_API int pln_tcp_info(struct pln_stack *stack, uint64_t conn, struct pln_tcp_info *info);

/**
 * One line for an operator: what this connection, or listener, is waiting for, and the figures that belong to it.
 *
 * @param buf  the text, always ended with a zero byte where len is not 0
 * @return the length of the text, as snprintf would (more than len: it was cut); -EBADF. The stack's thread
 */
PLN_API int pln_tcp_why(struct pln_stack *stack, uint64_t conn, char *buf, size_t len);

/* Level-triggered readiness, poll(2)'s meanings. */
enum pln_tcp_ready {
	PLN_TCP_READY_IN = 1 << 0,  /* receive will not answer -EAGAIN */
	PLN_TCP_READY_OUT = 1 << 1, /* send will take bytes */
	PLN_TCP_READY_ERR = 1 << 2,
	PLN_TCP_READY_HUP = 1 << 3,   /* both directions are closed */
	PLN_TCP_READY_RDHUP = 1 << 4, /* the peer has closed its direction */
	PLN_TCP_READY_PRI = 1 << 5,   /* urgent data has not been read to its end */
};

/** Readiness mask of a connection or listener. @return mask >= 0, or -EBADF. */
PLN_API int pln_tcp_readiness(struct pln_stack *stack, uint64_t conn);

/** Take the pending error, as SO_ERROR does: it is reported once. @return 0 or negative errno; -EBADF. */
PLN_API int pln_tcp_error_take(struct pln_stack *stack, uint64_t conn);

/**
 * One text line per connection and listener: addresses, state, queues, windows, timers, what it waits for.
 *
 * @return the length of the text, as snprintf would (more than len: it was cut)
 */
PLN_API size_t pln_tcp_dump(struct pln_stack *stack, char *buf, size_t len);

/** Connections alive (all states but CLOSED and TIME-WAIT), listeners not counted. */
PLN_API uint32_t pln_tcp_conn_count(const struct pln_stack *stack);

PLN_C_END

#endif
