/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RFC 9293 Figure 5 as one mask of successors for each state. It decides what is legal, so that a
 * door that takes a wrong turn is caught where it happens; it moves nothing.
 *
 * Beside the drawn arrows stand those of the figure's notes: SYN-RECEIVED to LISTEN on a reset
 * after a passive OPEN (note 1), FIN-WAIT-1 to TIME-WAIT when a FIN comes with the acknowledgment
 * of ours (note 2), and to CLOSED from every state (note 3: reset, abort; a time-out ends there
 * too).
 */
#include "tcp/state.h"

#define BIT(state) (1U << PLN_TCP_##state)

static const uint16_t successors[PLN_TCP_STATE_COUNT] = {
	[PLN_TCP_CLOSED] = BIT(LISTEN) | BIT(SYN_SENT),
	[PLN_TCP_LISTEN] = BIT(SYN_RECEIVED) | BIT(SYN_SENT) | BIT(CLOSED),
	[PLN_TCP_SYN_SENT] = BIT(SYN_RECEIVED) | BIT(ESTABLISHED) | BIT(CLOSED),
	[PLN_TCP_SYN_RECEIVED] = BIT(ESTABLISHED) | BIT(FIN_WAIT_1) | BIT(LISTEN) | BIT(CLOSED),
	[PLN_TCP_ESTABLISHED] = BIT(FIN_WAIT_1) | BIT(CLOSE_WAIT) | BIT(CLOSED),
	[PLN_TCP_FIN_WAIT_1] = BIT(FIN_WAIT_2) | BIT(CLOSING) | BIT(TIME_WAIT) | BIT(CLOSED),
	[PLN_TCP_FIN_WAIT_2] = BIT(TIME_WAIT) | BIT(CLOSED),
	[PLN_TCP_CLOSE_WAIT] = BIT(LAST_ACK) | BIT(CLOSED),
	[PLN_TCP_CLOSING] = BIT(TIME_WAIT) | BIT(CLOSED),
	[PLN_TCP_LAST_ACK] = BIT(CLOSED),
	[PLN_TCP_TIME_WAIT] = BIT(CLOSED),
};

static const char *const names[PLN_TCP_STATE_COUNT] = {
	[PLN_TCP_CLOSED] = "CLOSED",           [PLN_TCP_LISTEN] = "LISTEN",
	[PLN_TCP_SYN_SENT] = "SYN-SENT",       [PLN_TCP_SYN_RECEIVED] = "SYN-RECEIVED",
	[PLN_TCP_ESTABLISHED] = "ESTABLISHED", [PLN_TCP_FIN_WAIT_1] = "FIN-WAIT-1",
	[PLN_TCP_FIN_WAIT_2] = "FIN-WAIT-2",   [PLN_TCP_CLOSE_WAIT] = "CLOSE-WAIT",
	[PLN_TCP_CLOSING] = "CLOSING",         [PLN_TCP_LAST_ACK] = "LAST-ACK",
	[PLN_TCP_TIME_WAIT] = "TIME-WAIT",
};

static bool
is_one_of(enum pln_tcp_state state, unsigned int mask)
{
	return (unsigned int)state < PLN_TCP_STATE_COUNT && (mask >> state & 1) != 0;
}

bool
pln_state_legal(enum pln_tcp_state from, enum pln_tcp_state to)
{
	return (unsigned int)from < PLN_TCP_STATE_COUNT && is_one_of(to, successors[from]);
}

const char *
pln_tcp_state_name(enum pln_tcp_state state)
{
	return (unsigned int)state < PLN_TCP_STATE_COUNT ? names[state] : "?";
}

bool
pln_state_synchronized(enum pln_tcp_state state)
{
	return is_one_of(state, BIT(ESTABLISHED) | BIT(FIN_WAIT_1) | BIT(FIN_WAIT_2) |
	                                BIT(CLOSE_WAIT) | BIT(CLOSING) | BIT(LAST_ACK) |
	                                BIT(TIME_WAIT));
}

bool
pln_state_may_send(enum pln_tcp_state state)
{
	return is_one_of(state, BIT(ESTABLISHED) | BIT(CLOSE_WAIT));
}

bool
pln_state_may_receive(enum pln_tcp_state state)
{
	return is_one_of(state, BIT(ESTABLISHED) | BIT(FIN_WAIT_1) | BIT(FIN_WAIT_2));
}
