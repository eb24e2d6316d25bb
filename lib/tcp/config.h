/* SPDX-License-Identifier: BSD-3-Clause */
/* What a stack's TCP is set to; connections copy what concerns them when they are made. Names as in docs/guide/options.md. */
#ifndef POLLEN_TCP_CONFIG_H
#define POLLEN_TCP_CONFIG_H

#include "tcp/cc/cc.h"

PLN_C_BEGIN

struct pln_tcp_config {
	uint64_t rto_init_ns;            /* 1 s (RFC 6298 §2.1) */
	uint64_t rto_min_ns;             /* 200 ms; RFC 6298 §2.4 has 1 s */
	uint64_t rto_max_ns;             /* 120 s */
	uint64_t delack_ns;              /* 40 ms */
	uint64_t fin_timeout_ns;         /* 60 s in FIN-WAIT-2 after close */
	uint64_t time_wait_ns;           /* 60 s */
	uint64_t user_timeout_ns;        /* 0: by retries */
	uint64_t uto_min_ns, uto_max_ns; /* limits of what a peer can ask for: 100 s, a day */
	uint64_t keepalive_idle_ns, keepalive_interval_ns;
	uint32_t keepalive_count;
	uint32_t syn_retries;    /* 6 */
	uint32_t synack_retries; /* 5 */
	uint32_t retries1;       /* R1: 3 */
	uint32_t retries2;       /* R2: 15 */
	uint32_t init_cwnd;      /* segments: 10 */
	uint32_t rcvbuf, sndbuf; /* bytes */
	uint32_t rcvbuf_max,
		sndbuf_max;   /* bytes: up to where they grow; the window scale is chosen for it */
	uint32_t delack_segs; /* 2 */
	uint32_t quickack_segs;       /* 16 */
	uint32_t challenge_ack_limit; /* a second and connection: 10; 0: none */
	uint64_t
		invalid_ratelimit_ns; /* between answers to what is out of window: 500 ms; 0: none */
	uint32_t max_half_open;       /* connections in SYN-RECEIVED; 0: half of the pool */
	uint32_t port_min, port_max;
	uint32_t ttl;         /* 64 */
	uint32_t max_segment; /* upper bound of the MSS we announce, 0: by the MTU */
	bool soft_errors;     /* are told by an event (SHLD-20) */
	bool sack, dsack;     /* RFC 2018, RFC 2883 */
	bool rack, tlp, prr;  /* RFC 8985 §6 and §7, RFC 9937 */
	bool timestamps, wscale, nagle, slow_start_after_idle, cwnd_validation, tw_reuse, keepalive;
	uint32_t uto;               /* enum pln_uto_mode */
	uint32_t ecn;               /* enum pln_ecn_mode */
	uint32_t pmtud;             /* enum pln_pmtud_mode */
	uint32_t pmtud_base;        /* MTU, bytes: 1024 (RFC 4821 §7.2) */
	uint64_t pmtud_interval_ns; /* 10 min */
	uint32_t syncookies;        /* enum pln_cookie_mode */
	uint32_t fastopen;          /* enum pln_fastopen_mode */
	uint32_t pacing;            /* enum pln_pacing_mode */
	const struct pln_cc_ops *cc;
};

void pln_tcp_config_default(struct pln_tcp_config *cfg);

PLN_C_END

#endif
