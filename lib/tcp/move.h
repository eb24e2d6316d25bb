/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A connection in SYN-SENT as a record, by which another stack of ours takes it up where its SYN,ACK has arrived (stack/adopt). Only
 * one that was opened with leave to move, and that has nothing to send but its SYN. What it leaves behind is its key in the flow
 * table, with the number of the stack where it lives: so nobody is given its port, and what still comes here is sent on.
 */
#ifndef POLLEN_TCP_MOVE_H
#define POLLEN_TCP_MOVE_H

#include "tcp/conn.h"

PLN_C_BEGIN

/* In flow table values, beside PLN_TIMEWAIT_FLOW: the rest is the number of the stack where the flow lives. */
#define PLN_MOVED_FLOW 0x40000000U

struct pln_move {
	struct pln_flow_key key;
	uint32_t iss;
	uint32_t flags;  /* enum pln_conn_flag */
	uint64_t handle; /* at the stack that it leaves */
	void *cookie;
	uint32_t retries;
	uint64_t silent_since_ns, rto_at;
	struct pln_rto rto;
	struct pln_ts ts;
	struct pln_ecn ecn;
	struct pln_delack delack;
	struct pln_keepalive keepalive;
	struct pln_uto uto;
	struct pln_conn_opts opts;
	struct pln_conn_stats stats;
};

/* The connection that this segment, a SYN,ACK, would open, and that may move; else NULL. Only looked at. */
struct pln_tcp_conn *pln_move_find(struct pln_tcp *tcp, const struct pln_pkt *pkt);

/* Write it down; it stays. */
void pln_move_pack(const struct pln_tcp_conn *c, struct pln_move *out);

/* It is on its way to stack number `to`: its handle is dead, its record waits for the answer. Then one of the two. */
void pln_move_leave(struct pln_tcp_conn *c, uint32_t to);
void pln_move_done(struct pln_tcp *tcp, uint64_t handle);
void pln_move_return(struct pln_tcp *tcp, uint64_t handle);

/* Take it up, as it was. 0; -ENOMEM, -ENOSPC, -EADDRINUSE or as pln_ip_path_open: no room for it here. */
int pln_move_enter(struct pln_tcp *tcp, const struct pln_move *move);

/* Does a flow live in another stack, and in which? */
bool pln_move_is_away(const struct pln_tcp *tcp, const struct pln_flow_key *key, uint32_t *stack);

/* Is it here: a connection, or what is left of one? */
bool pln_move_is_here(const struct pln_tcp *tcp, const struct pln_flow_key *key);

/* A flow that another stack is to have from its SYN on. False: it is known here, or there is no room. */
bool pln_move_note(struct pln_tcp *tcp, const struct pln_flow_key *key, uint32_t stack);

/* It has ended where it was: its port may be given again. True if it was away. */
bool pln_move_forget(struct pln_tcp *tcp, const struct pln_flow_key *key);

PLN_C_END

#endif
