/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A million connections, 250 at a time: opened, used, closed or reset by either end, between two stacks on a cable, in virtual
 * time. Afterwards all is as it was at the start: buffers, connections, TIME-WAIT records, flows, timers, memory; and that ports come
 * back follows from there being sixteen times fewer of them. POLLEN_SOAK=N in the environment makes N hundred.
 */
#include <cstdlib>
#include <malloc.h>

#include <rte_mempool.h>

#include <gtest/gtest.h>
#include <pollen/stats.h>

#include "dev/mbuf.h"
#include "stack/stack.h"
#include "support/two_hosts.h"

namespace
{

using namespace support;

constexpr uint64_t CONNECTIONS = 1000000;
constexpr unsigned int AT_ONCE = 250;
constexpr uint16_t PORT = 80;
constexpr size_t REQUEST = 64; /* bytes there and back */

enum Way {
	CLIENT_CLOSES,
	SERVER_CLOSES,
	CLIENT_RESETS,
	SERVER_RESETS,
	WAYS
};

uint64_t
how_many()
{
	const char *asked = getenv("POLLEN_SOAK");

	return asked != nullptr ? 100 * strtoull(asked, nullptr, 10) : CONNECTIONS;
}

/* What must be the same afterwards. */
struct Stock {
	unsigned int buffers;
	uint32_t conns, ranges, time_wait, flows, timers, waiting;
	size_t heap;

	bool operator==(const Stock &) const = default;
};

std::ostream &
operator<<(std::ostream &out, const Stock &s)
{
	return out << s.buffers << " buffers, " << s.conns << " connections, " << s.ranges
	           << " ranges, " << s.time_wait << " in TIME-WAIT, " << s.flows << " flows, "
	           << s.timers << " timers, " << s.waiting << " stacks with work, " << s.heap
	           << " bytes";
}

class Million : public ::testing::Test
{
      protected:
	Million()
	{
		pln_tcp_listen_args args{};

		args.size = sizeof(args);
		args.local.port = PORT;
		args.backlog = AT_ONCE;
		EXPECT_EQ(pln_tcp_listen(b(), &args, &listener_), 0);
		w_.app = [this] { return serve() || call(); };
	}

	/* AT_ONCE connections from the first to the last segment. */
	void
	batch()
	{
		pln_tcp_open_args args{};
		uint64_t conn = 0;

		args.size = sizeof(args);
		args.remote = { w_.b.addr, PORT };
		for (unsigned int i = 0; i < AT_ONCE; i++)
			ASSERT_EQ(pln_tcp_open(a(), &args, &conn), 0);
		ASSERT_TRUE(w_.run_until([this] { return at_rest(); }, 60 * PLN_NS_PER_S))
			<< w_.a.dump() << w_.b.dump();
		/* some TIME-WAIT records are there to be met, most have gone */
		w_.run_for(PLN_NS_PER_S / 4);
		opened_ += AT_ONCE;
	}

	Stock
	stock()
	{
		Stock s{};

		s.buffers = rte_mempool_avail_count(pln_mbuf_shared_pool());
		s.heap = mallinfo2().uordblks;
		for (const pln_stack *stack : { a(), b() }) {
			s.conns += stack->tcp.conns.used;
			s.ranges += stack->tcp.ranges.used;
			s.time_wait += stack->tcp.timewait.pool.used;
			s.flows += stack->tcp.flows.used;
			s.timers += stack->env.wheel.armed;
			s.waiting += pln_stack_next(stack) != PLN_NEVER ? 1 : 0;
		}
		return s;
	}

	static TwoHostsOptions
	options()
	{
		TwoHostsOptions o;

		o.a.max_conns = o.b.max_conns = 2 * AT_ONCE; /* half may be half-open */
		o.a.options = o.b.options = { { "time_wait_ms", "1000" } };
		return o;
	}

	pln_stack *
	a() const
	{
		return w_.a.stack();
	}

	pln_stack *
	b() const
	{
		return w_.b.stack();
	}

	bool
	at_rest() const
	{
		return pln_tcp_conn_count(a()) + pln_tcp_conn_count(b()) == 0;
	}

	/* The calling side's program. */
	bool
	call()
	{
		pln_event events[64];
		uint8_t bytes[REQUEST] = {};
		unsigned int n = pln_stack_events(a(), events, 64);

		for (unsigned int i = 0; i < n; i++) {
			uint64_t conn = events[i].conn;

			if ((events[i].bits & PLN_EV_CONNECTED) != 0) {
				bytes[0] = static_cast<uint8_t>(calls_++ % WAYS);
				EXPECT_EQ(pln_tcp_send(a(), conn, bytes, REQUEST, 0), REQUEST);
				continue;
			}
			answered_ += pln_tcp_receive(a(), conn, bytes, REQUEST, 0) == REQUEST;
			end(a(), conn, bytes[0] == CLIENT_RESETS);
		}
		return n > 0;
	}

	/* The answering side's. */
	bool
	serve()
	{
		pln_event events[64];
		uint8_t bytes[REQUEST];
		uint64_t conn = 0;
		unsigned int n = pln_stack_events(b(), events, 64);

		while (pln_tcp_accept(b(), listener_, nullptr, &conn) == 0)
			accepted_++;
		for (unsigned int i = 0; i < n; i++) {
			conn = events[i].conn;
			if (conn == listener_)
				continue;
			if ((events[i].bits & (PLN_EV_PEER_CLOSED | PLN_EV_CLOSED)) != 0) {
				end(b(), conn, false);
				continue;
			}
			EXPECT_EQ(pln_tcp_receive(b(), conn, bytes, REQUEST, 0), REQUEST);
			if (bytes[0] != SERVER_RESETS) {
				EXPECT_EQ(pln_tcp_send(b(), conn, bytes, REQUEST, 0), REQUEST);
			}
			if (bytes[0] == SERVER_RESETS || bytes[0] == SERVER_CLOSES)
				end(b(), conn, bytes[0] == SERVER_RESETS);
		}
		return n > 0;
	}

	static void
	end(pln_stack *stack, uint64_t conn, bool by_reset)
	{
		EXPECT_EQ(by_reset ? pln_tcp_abort(stack, conn) : pln_tcp_close(stack, conn), 0);
	}

	TwoHosts w_{ options() };
	uint64_t listener_ = 0, calls_ = 0, opened_ = 0, accepted_ = 0, answered_ = 0;
};

TEST_F(Million, ConnectionsComeAndGoAndLeaveNothing)
{
	Stock before;

	batch(); /* so that what is made at the first use is there */
	w_.run_for(10 * PLN_NS_PER_S);
	before = stock();
	EXPECT_EQ(before.time_wait + before.ranges + before.flows + before.timers, 0U);
	while (opened_ < how_many() && !HasFailure())
		batch();
	w_.run_for(10 * PLN_NS_PER_S);
	EXPECT_EQ(stock(), before);
	EXPECT_EQ(accepted_, opened_);
	EXPECT_EQ(answered_, opened_ / WAYS * (WAYS - 1));
	EXPECT_EQ(w_.a.counter("tcp_enter_time_wait") + w_.b.counter("tcp_enter_time_wait"),
	          opened_ / 2);
	EXPECT_EQ(w_.a.counter("tcp_retransmit") + w_.b.counter("tcp_retransmit"), 0U);
}

} // namespace
