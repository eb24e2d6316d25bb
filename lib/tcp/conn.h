/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * THE WAIST: one connection (or listener), built of the parts below it, used by the doors above it. Fields stand by cache line,
 * grouped by who writes them. Everything that changes a connection marks what it owes: the peer (pln_conn_owe: output will look at
 * it), the application (pln_conn_tell: an event). Nobody transmits and nobody calls the application from here.
 *
 *          SND.UNA        high_rxt        SND.NXT     end of sendq
 *   ----------|==============|---------------|-------------|----->
 *               in flight      lost (LOSS      not sent
 *                              state only)
 */
#ifndef POLLEN_TCP_CONN_H
#define POLLEN_TCP_CONN_H

#include "flow/flow_key.h"
#include "tcp/cc/validate.h"
#include "tcp/ext/challenge.h"
#include "tcp/ext/ecn.h"
#include "tcp/ext/fo_cookie.h"
#include "tcp/ext/keepalive.h"
#include "tcp/ext/ts.h"
#include "tcp/ext/uto.h"
#include "tcp/rcv/autotune.h"
#include "tcp/rcv/delack.h"
#include "tcp/rcv/reasm.h"
#include "tcp/rcv/recvq.h"
#include "tcp/rcv/rwnd.h"
#include "tcp/rcv/sackgen.h"
#include "tcp/snd/pace.h"
#include "tcp/snd/plpmtu.h"
#include "tcp/snd/prr.h"
#include "tcp/snd/rack.h"
#include "tcp/snd/rate.h"
#include "tcp/snd/rto.h"
#include "tcp/snd/rtt.h"
#include "tcp/snd/sendq.h"
#include "tcp/snd/swnd.h"
#include "tcp/snd/tlp.h"
#include "tcp/snd/undo.h"
#include "tcp/state.h"
#include "tcp/tcp.h"
#include "tcp/timers.h"

PLN_C_BEGIN

/* What output must see to, besides data that may be sent. */
enum pln_conn_owe {
	PLN_OWE_ACK = 1 << 0, /* an ACK, now; several if duplicate ones are owed */
	PLN_OWE_SYN = 1 << 1, /* SYN or SYN,ACK (again) */
	PLN_OWE_RETRANSMIT =
		1
		<< 2, /* the first lost segment, or that at SND.UNA, whatever cwnd says (fast retransmit, partial ACK) */
	PLN_OWE_PROBE = 1 << 3, /* a zero-window probe */
	PLN_OWE_KEEPALIVE = 1 << 4,
	PLN_OWE_RST = 1 << 5,  /* a reset, then the connection is freed */
	PLN_OWE_PUSH = 1 << 6, /* partial segments may go although Nagle, cork or SWS would wait */
	PLN_OWE_TAIL_PROBE = 1 << 7, /* a tail loss probe, whatever cwnd says */
};

enum pln_conn_flag {
	PLN_CONN_ORPHAN = 1 << 0,     /* the application has let go of the handle */
	PLN_CONN_DIRTY = 1 << 1,      /* on the dirty list */
	PLN_CONN_READY = 1 << 2,      /* on the ready list */
	PLN_CONN_PASSIVE = 1 << 3,    /* SYN-RECEIVED came from LISTEN (MUST-11) */
	PLN_CONN_IN_FLOWS = 1 << 4,   /* the flow table points here */
	PLN_CONN_WANT_WRITE = 1 << 5, /* a send was refused or cut short */
	PLN_CONN_FIN_QUEUED = 1 << 6, /* FIN follows the last byte of the send queue */
	PLN_CONN_FIN_SENT = 1 << 7,   /* SND.NXT covers it */
	PLN_CONN_PEER_FIN = 1 << 8,   /* the peer's FIN is behind RCV.NXT */
	PLN_CONN_RD_SHUT = 1 << 9,    /* the application receives no more */
	PLN_CONN_MORE = 1 << 10,      /* last send said more follows */
	PLN_CONN_SYN_LOST = 1 << 11,  /* SYN or SYN,ACK was retransmitted: IW is one segment */
	PLN_CONN_ON_ACCEPTQ = 1 << 12,
	PLN_CONN_R1 = 1 << 13, /* R1 retransmissions passed */
	PLN_CONN_ERROR_TAKEN = 1 << 14,
	PLN_CONN_ANNOUNCED = 1 << 15, /* the application knows the handle: events go to it */
	PLN_CONN_WSCALE = 1 << 16,    /* window scaling was agreed on */
	PLN_CONN_LISTENER = 1 << 17,
	PLN_CONN_SYN_AGAIN = 1 << 18, /* our SYN was sent more than once: which one was answered? */
	PLN_CONN_SOFT_ERROR = 1 << 19, /* soft_error came after the last sign of life */
	PLN_CONN_URG_OUT = 1 << 20,    /* we send urgent data: SND.UP is valid */
	PLN_CONN_HALF_OPEN = 1 << 21,  /* in the lists of half-open connections */
	PLN_CONN_PROBED =
		1 << 22, /* the byte at SND.UNA went as a zero-window probe, nothing else of it */
	PLN_CONN_MAY_MOVE = 1 << 23,  /* to the stack where its SYN,ACK arrives (tcp/move) */
	PLN_CONN_MOVING = 1 << 24,    /* it is on its way there: nothing happens here any more */
	PLN_CONN_BY_COOKIE = 1 << 25, /* nobody knows when its SYN,ACK was sent */
	PLN_CONN_FASTOPEN = 1 << 26,  /* open to the program before its handshake is complete */
};

/* Settings of a connection, copied from the stack's, changed by pln_tcp_opt_set. */
struct pln_conn_opts {
	uint32_t sndbuf, rcvbuf; /* bytes */
	uint64_t user_timeout_ns;
	int32_t linger;
	uint16_t user_mss;
	uint16_t fastopen; /* listener: how many may be pending; else 1: ask for it */
	uint8_t syn_retries;
	uint8_t ttl, tos;
	uint8_t defer_accept; /* s */
	uint8_t rcv_scale;    /* the shift we offer in our SYN */
	const struct pln_cc_ops *cc;
	uint64_t max_pacing_rate; /* bytes/s; 0: no ceiling */
	uint8_t pacing;           /* enum pln_pacing_mode */
	uint8_t pmtud;            /* enum pln_pmtud_mode */
	bool nodelay, cork, reuseaddr;
	bool rcv_auto,
		snd_auto; /* the buffers may grow: the program has not said how large they are */
	bool timestamps, wscale, sack; /* offered in our SYN, or agreed to in a peer's */
	bool dsack;                    /* duplicates are reported, where SACK was agreed on */
	bool rack, tlp, prr;           /* how recovery goes, where SACK was agreed on */
};

/* Fast Open (tcp/fastopen). */
struct pln_conn_fastopen {
	bool due; /* our SYNs, or SYN,ACKs, carry the option */
	struct pln_tcp_fastopen option;
	uint64_t listener; /* its handle, while this one is pending there */
	uint32_t pending,
		resets;        /* listener: those that are pending; of them, reset and counted on */
	uint64_t resets_until; /* ns */
};

struct pln_conn_stats {
	uint64_t bytes_sent, bytes_acked, bytes_received, bytes_retrans;
	uint64_t segs_out, segs_in, retrans_segs, delivered, delivered_ce;
	uint64_t data_segs_out, data_segs_in, ooo_segs, received_ce;
	uint64_t cwnd_limited_ns;
	uint32_t timeouts, recoveries;
	uint64_t last_tx, last_data_rx, last_ack_rx;
	uint64_t busy_ns, limited_since, rwnd_limited_ns, sndbuf_limited_ns, pacing_limited_ns;
	uint8_t limited_by; /* enum pln_conn_limit */
};

/* What only loss recovery by SACK needs. */
struct pln_conn_loss {
	struct pln_rack rack;
	struct pln_tlp tlp;
	struct pln_prr prr;
	struct pln_undo undo; /* without SACK too */
	uint32_t
		flight; /* FlightSize when the peer began to miss something: without limited transmit */
	uint32_t rescue;    /* RescueRxt (RFC 6675) */
	uint32_t dsacks;    /* reports of duplicates */
	uint32_t undone;    /* reductions taken back */
	uint32_t reordered; /* ACKs that showed data delivered behind later data */
	uint32_t distance;  /* bytes: how far behind, at most */
	uint32_t probes;    /* tail loss probes sent */
};

/* Probing for the path's MTU (tcp/probe_mtu). */
struct pln_conn_probe {
	struct pln_plpmtu search;
	uint32_t start, end; /* the last probe's data */
	uint32_t lost_again; /* retransmissions lost ever, when it was found lost */
	uint32_t sent;       /* probes ever */
	bool waits;          /* for room in the window: nothing else leaves */
	bool mending;        /* it was lost alone, and what it carried is sent again */
};

struct pln_tcp_conn {
	/* line 0: identity and lists */
	uint64_t handle;
	struct pln_tcp_link dirty_link, ready_link;
	uint32_t flags; /* enum pln_conn_flag */
	uint8_t state;  /* enum pln_tcp_state */
	uint8_t owe;    /* enum pln_conn_owe */
	uint8_t ca_state;
	uint8_t dup_acks;
	uint32_t ev_bits; /* enum pln_event_bit, not told yet */
	int error;
	struct pln_flow_key key;

	/* line 1: sender's sequence space (RFC 9293 §3.3.1) */
	struct {
		uint32_t una, nxt, iss;
		uint32_t
			high_rxt; /* LOSS: what has been sent again ends here; DISORDER: SND.NXT when it began */
		uint32_t up;      /* behind the last urgent byte, with PLN_CONN_URG_OUT */
		uint32_t recover; /* RFC 6582: SND.NXT when recovery began */
		struct pln_swnd w;
	} snd;
	uint16_t smss;            /* payload bytes of a full segment */
	uint16_t peer_mss;        /* as announced, 0 for none */
	uint32_t retries;         /* time-outs in a row of the data at SND.UNA, or of probes */
	uint64_t silent_since_ns; /* when the first of what is not answered was sent: R2 by time */

	/* line 2: receiver's */
	struct {
		uint32_t nxt, irs;
		uint32_t up; /* sequence number behind the urgent data, with urg_pending */
		struct pln_rwnd w;
	} rcv;
	struct pln_delack delack;
	struct pln_ts ts; /* Last.ACK.sent is kept whether timestamps are on or not */
	struct pln_ecn ecn;
	uint16_t
		dup_acks_owed; /* segments out of order, each to be answered by an ACK of its own */

	/* line 4: timers, estimators, congestion control */
	struct pln_timer timer; /* the one wheel node */
	uint64_t deadline[PLN_TIMER_COUNT];
	struct pln_rtt rtt;
	struct pln_rto rto;
	struct pln_cc cc;
	struct pln_validate validate;
	struct pln_pace pace;
	struct pln_rate rate;

	struct pln_sendq sendq;
	struct pln_conn_loss loss; /* with sack_ok */
	struct pln_conn_probe probe;
	struct pln_recvq recvq;
	struct pln_reasm reasm;
	struct pln_sackgen sackgen; /* with sack_ok */
	struct pln_autotune autotune;
	uint32_t ooo_counted; /* of reasm.truesize: what the stack counts */
	struct pln_ip_path path;

	/* cold */
	struct pln_tcp *tcp;
	struct pln_tcp_conn *listener; /* whose backlog we are in */
	struct pln_tcp_conn *accept_next;
	struct pln_tcp_link syn_link,
		half_link;             /* in the listener's syn_queue, in the stack's half_open */
	struct pln_tcp_list syn_queue; /* listener: half-open connections, oldest first */
	struct pln_tcp_conn *accept_head, *accept_tail; /* listener: established, not accepted */
	struct pln_tcp_conn *listener_next;             /* listener: next listener */
	uint32_t backlog, backlog_used;                 /* listener: connections not accepted yet */
	uint32_t half_open_here; /* listener: those of them that are in its syn_queue */
	void *cookie;
	int soft_error;
	bool sack_ok, urg_pending;
	struct pln_conn_fastopen fo;
	struct pln_challenge challenge;
	struct pln_keepalive keepalive;
	struct pln_uto uto;
	struct pln_conn_opts opts;
	struct pln_conn_stats stats;
};

/* A connection with the stack's settings, in CLOSED, in no table; NULL when the pool is empty. */
struct pln_tcp_conn *pln_conn_alloc(struct pln_tcp *tcp);

/* The receive queues are as large as opts.rcvbuf says. */
void pln_conn_size_queues(struct pln_tcp_conn *c);

/* Release everything it holds and the connection itself: out of every list, table and timer. Sends nothing. */
void pln_conn_free(struct pln_tcp_conn *c);

/* The connection (or listener) an application's handle names; NULL when it is dead. */
struct pln_tcp_conn *pln_conn_lookup(struct pln_tcp *tcp, uint64_t handle);

/* The only place where a state changes: checks the arc against Figure 5, traces it. `why` is static text. */
void pln_conn_set_state(struct pln_tcp_conn *c, enum pln_tcp_state to, const char *why);

/* Mark what is owed to the peer (0: just have output look for data) or to the application. */
void pln_conn_owe(struct pln_tcp_conn *c, unsigned int owe);
void pln_conn_tell(struct pln_tcp_conn *c, unsigned int bits);

/* Tell a user whose send was refused or cut short when a third of the send buffer is free again. */
void pln_conn_writable(struct pln_tcp_conn *c);

/* A soft error: it ends nothing by itself, but says why when nothing else comes (RFC 9293 MUST-47). */
void pln_conn_soft_error(struct pln_tcp_conn *c, int error);

/* A SYN made it / it is open, or over: on and off the lists of half-open connections. */
void pln_conn_half_open(struct pln_tcp_conn *c);
void pln_conn_not_half_open(struct pln_tcp_conn *c);

/* A full segment of the peer: the largest seen, or what we told it that it may send. */
uint32_t pln_conn_rcv_mss(const struct pln_tcp_conn *c);

/* The receive buffer has more room: an ACK is owed if the window that allows is worth a segment of its own. */
void pln_conn_offer_window(struct pln_tcp_conn *c);

/* Off the list again: output is through with it; the event was taken. */
void pln_conn_clean(struct pln_tcp_conn *c);
void pln_conn_told(struct pln_tcp_conn *c);

/* Deadlines: `at` PLN_NEVER stops the timer. Moving one later only writes the field; the node re-arms itself when it fires early. */
void pln_conn_set_timer(struct pln_tcp_conn *c, enum pln_timer_id id, uint64_t at);

static inline void
pln_conn_stop_timer(struct pln_tcp_conn *c, enum pln_timer_id id)
{
	c->deadline[id] = PLN_NEVER;
}

/* Everything that counts from snd.iss, which is chosen, begins there. */
void pln_conn_start_sending(struct pln_tcp_conn *c);

/* Enter the flow table under c->key. 0 or -EADDRINUSE, -ENOSPC. */
int pln_conn_bind_flow(struct pln_tcp_conn *c);

/*
 * The connection is over: CLOSED, `error` (0 or negative errno) for the application. An orphan is freed at once, so `c` may be
 * dangling afterwards: the caller must not touch it again.
 */
void pln_conn_closed(struct pln_tcp_conn *c, int error, const char *why);

/*
 * The connection ends here and now, as pln_conn_closed has it; the peer, if it can know of us, hears of it by a reset, which leaves at
 * once. In tcp/output. false: no buffer for the reset, and nothing has changed.
 */
bool pln_conn_reset(struct pln_tcp_conn *c, int error, const char *why);

/* The connection has nothing more to do but remember: a TIME-WAIT record takes its place (RFC 9293 §3.6.1). May free `c`. */
void pln_conn_to_time_wait(struct pln_tcp_conn *c);

/* A segment inside the window, or a SYN, carries the user timeout option (RFC 5482). In tcp/useropt. */
void pln_conn_user_timeout(struct pln_tcp_conn *c, const struct pln_seg *seg);

/* Put everything that follows from segment sizes in step: SMSS by peer's MSS, path MTU, options. */
void pln_conn_sync_mss(struct pln_tcp_conn *c);

/* Start with the options both sides agreed on, once a SYN of the peer is in hand (RFC 7323, RFC 9293 §3.7.1). */
void pln_conn_agree(struct pln_tcp_conn *c, const struct pln_seg *syn);

/* `ack` acknowledges our SYN: everything begins: round-trip time, congestion window, timers; state becomes ESTABLISHED. */
void pln_conn_established(struct pln_tcp_conn *c, const struct pln_seg *ack);

/* Bytes believed to be in the network: pipe of RFC 6675 with SACK, else FlightSize without what LOSS has given up. */
uint32_t pln_conn_flight(const struct pln_tcp_conn *c);

/* Account the time since the last call to what held the connection back (busy, receiver's window, send buffer, pacing). */
void pln_conn_chrono(struct pln_tcp_conn *c);

/* Let go of what came out of order, and forget that we told of it; in order of what the user has not read, too. */
void pln_conn_drop_received(struct pln_tcp_conn *c, bool in_order_too);

/* Free what a retirement or a queue gave back. */
void pln_conn_free_retired(struct pln_tcp *tcp, struct pln_retired *retired);

static inline uint64_t
pln_conn_now(const struct pln_tcp_conn *c)
{
	return c->tcp->env->now;
}

static inline bool
pln_conn_has(const struct pln_tcp_conn *c, uint32_t flag)
{
	return (c->flags & flag) != 0;
}

static inline void
pln_conn_count(const struct pln_tcp_conn *c, enum pln_drop id)
{
	pln_counters_inc(&c->tcp->env->counters, id);
}

PLN_C_END

#endif
