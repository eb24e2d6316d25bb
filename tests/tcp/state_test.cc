/* SPDX-License-Identifier: BSD-3-Clause */
/* The states, their names, and Figure 5 arc by arc: what is not listed here is illegal. */
#include "tcp/state.h"

#include <set>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace
{

using Arc = std::pair<enum pln_tcp_state, enum pln_tcp_state>;

enum pln_tcp_state
state(int i)
{
	return static_cast<enum pln_tcp_state>(i);
}

/* The states for which `predicate` holds, by name. */
std::set<std::string>
states_that(bool (*predicate)(enum pln_tcp_state))
{
	std::set<std::string> names;

	for (int i = 0; i < PLN_TCP_STATE_COUNT; i++)
		if (predicate(state(i)))
			names.insert(pln_tcp_state_name(state(i)));
	return names;
}

} // namespace

TEST(StateRfc9293, ArcsAreThoseOfFigureFiveAndItsNotes)
{
	const std::set<Arc> drawn = {
		{ PLN_TCP_CLOSED, PLN_TCP_LISTEN },            /* passive OPEN */
		{ PLN_TCP_CLOSED, PLN_TCP_SYN_SENT },          /* active OPEN */
		{ PLN_TCP_LISTEN, PLN_TCP_SYN_RECEIVED },      /* rcv SYN */
		{ PLN_TCP_LISTEN, PLN_TCP_SYN_SENT },          /* SEND */
		{ PLN_TCP_LISTEN, PLN_TCP_CLOSED },            /* CLOSE */
		{ PLN_TCP_SYN_SENT, PLN_TCP_SYN_RECEIVED },    /* rcv SYN */
		{ PLN_TCP_SYN_SENT, PLN_TCP_ESTABLISHED },     /* rcv SYN,ACK */
		{ PLN_TCP_SYN_SENT, PLN_TCP_CLOSED },          /* CLOSE */
		{ PLN_TCP_SYN_RECEIVED, PLN_TCP_ESTABLISHED }, /* rcv ACK of SYN */
		{ PLN_TCP_SYN_RECEIVED, PLN_TCP_FIN_WAIT_1 },  /* CLOSE */
		{ PLN_TCP_SYN_RECEIVED, PLN_TCP_LISTEN },      /* note 1: rcv RST */
		{ PLN_TCP_ESTABLISHED, PLN_TCP_FIN_WAIT_1 },   /* CLOSE */
		{ PLN_TCP_ESTABLISHED, PLN_TCP_CLOSE_WAIT },   /* rcv FIN */
		{ PLN_TCP_FIN_WAIT_1, PLN_TCP_FIN_WAIT_2 },    /* rcv ACK of FIN */
		{ PLN_TCP_FIN_WAIT_1, PLN_TCP_CLOSING },       /* rcv FIN */
		{ PLN_TCP_FIN_WAIT_1, PLN_TCP_TIME_WAIT },     /* note 2: rcv FIN and ACK of FIN */
		{ PLN_TCP_FIN_WAIT_2, PLN_TCP_TIME_WAIT },     /* rcv FIN */
		{ PLN_TCP_CLOSE_WAIT, PLN_TCP_LAST_ACK },      /* CLOSE */
		{ PLN_TCP_CLOSING, PLN_TCP_TIME_WAIT },        /* rcv ACK of FIN */
		{ PLN_TCP_LAST_ACK, PLN_TCP_CLOSED },          /* rcv ACK of FIN */
		{ PLN_TCP_TIME_WAIT, PLN_TCP_CLOSED },         /* 2MSL */
	};

	for (int from = 0; from < PLN_TCP_STATE_COUNT; from++) {
		for (int to = 0; to < PLN_TCP_STATE_COUNT; to++) {
			bool reset = to == PLN_TCP_CLOSED && from != PLN_TCP_CLOSED;

			EXPECT_EQ(pln_state_legal(state(from), state(to)),
			          reset || drawn.count({ state(from), state(to) }) != 0)
				<< pln_tcp_state_name(state(from)) << " -> "
				<< pln_tcp_state_name(state(to));
		}
	}
}

TEST(StateRfc9293, WhatIsNoStateHasNoArcs)
{
	EXPECT_FALSE(pln_state_legal(PLN_TCP_STATE_COUNT, PLN_TCP_CLOSED));
	EXPECT_FALSE(pln_state_legal(PLN_TCP_LISTEN, PLN_TCP_STATE_COUNT));
	EXPECT_FALSE(pln_state_legal(state(15), PLN_TCP_CLOSED));
	EXPECT_FALSE(pln_state_legal(PLN_TCP_LISTEN, state(15)));
}

TEST(StateRfc9293, NamesAreSpeltAsInTheRfc)
{
	const char *const names[] = { "CLOSED",      "LISTEN",     "SYN-SENT",   "SYN-RECEIVED",
		                      "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT",
		                      "CLOSING",     "LAST-ACK",   "TIME-WAIT" };

	ASSERT_EQ(PLN_ARRAY_LEN(names), static_cast<size_t>(PLN_TCP_STATE_COUNT));
	for (int i = 0; i < PLN_TCP_STATE_COUNT; i++) {
		EXPECT_STREQ(pln_tcp_state_name(state(i)), names[i]);
	}
}

TEST(StateRfc9293, WhatIsNoStateHasAName)
{
	EXPECT_STREQ(pln_tcp_state_name(PLN_TCP_STATE_COUNT), "?");
	EXPECT_STREQ(pln_tcp_state_name(state(15)), "?");
}

TEST(StateRfc9293, ZeroIsClosed)
{
	EXPECT_EQ(PLN_TCP_CLOSED, 0);
}

TEST(StateRfc9293, SynchronizedFromEstablishedOn)
{
	EXPECT_EQ(states_that(pln_state_synchronized),
	          (std::set<std::string>{ "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT",
	                                  "CLOSING", "LAST-ACK", "TIME-WAIT" }));
}

TEST(StateRfc9293, DataIsSentUntilOurFin)
{
	EXPECT_EQ(states_that(pln_state_may_send),
	          (std::set<std::string>{ "ESTABLISHED", "CLOSE-WAIT" }));
}

TEST(StateRfc9293, DataIsReceivedUntilTheirFin)
{
	EXPECT_EQ(states_that(pln_state_may_receive),
	          (std::set<std::string>{ "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2" }));
}

TEST(StateRfc9293, PredicatesKnowNoOtherValues)
{
	for (bool (*predicate)(enum pln_tcp_state) :
	     { pln_state_synchronized, pln_state_may_send, pln_state_may_receive }) {
		EXPECT_FALSE(predicate(PLN_TCP_STATE_COUNT));
		EXPECT_FALSE(predicate(state(15)));
	}
}
