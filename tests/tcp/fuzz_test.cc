/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hundred thousand random segments, with an application that does random things, in virtual time and from one seed: sequence spaces
 * only move forward, windows never shrink, checksums are right, and in the end there is no connection and no buffer left.
 */
#include <random>

#include <rte_mempool.h>

#include "dev/mbuf.h"
#include "peer.h"

using namespace peer;

namespace
{

class FuzzRfc9293 : public PeerTest
{
      protected:
	FuzzRfc9293()
	    : PeerTest({ { "rcvbuf", "20000" },
	                 { "sndbuf", "20000" },
	                 { "time_wait_ms", "1000" },
	                 { "retries2", "4" } })
	{
	}

	uint32_t
	any(uint32_t n)
	{
		return static_cast<uint32_t>(rng_() % n);
	}

	/* Near a number, nearly always. */
	uint32_t
	near(uint32_t at, uint32_t spread)
	{
		switch (any(12)) {
		case 0:
			return static_cast<uint32_t>(rng_());
		case 1:
			return at - any(spread);
		case 2:
		case 3:
			return at + any(spread);
		default:
			return at;
		}
	}

	Bytes
	options()
	{
		Bytes o;

		switch (any(8)) {
		case 0:
			o = support::timestamps_option(near(tsval_, 100),
			                               static_cast<uint32_t>(rng_()));
			break;
		case 1:
			o = { 1, 1, 5, 10 };
			for (int i = 0; i < 8; i++)
				o.push_back(static_cast<uint8_t>(rng_()));
			break;
		case 2:
			for (uint32_t n = any(10) * 4; n > 0; n--)
				o.push_back(static_cast<uint8_t>(rng_() % 10));
			break;
		case 3:
			o = { 2,
			      4,
			      static_cast<uint8_t>(any(6)),
			      static_cast<uint8_t>(rng_()),
			      1,
			      1,
			      4,
			      2 };
			break;
		default:
			if (timestamps_)
				o = support::timestamps_option(tsval_ += any(3), 0);
		}
		return o;
	}

	uint8_t
	flags()
	{
		switch (any(40)) {
		case 0:
			return static_cast<uint8_t>(rng_());
		case 1:
			return RST;
		case 2:
			return SYN;
		case 3:
			return FIN | ACK;
		case 4:
			return SYN | ACK;
		case 5:
			return ACK | URG;
		default:
			return ACK;
		}
	}

	void
	random_segment()
	{
		const struct pln_tcp_info &i = info_;
		Out out;

		out.flags = flags();
		out.seq = near(i.rcv_nxt, 3000) - irs;
		out.ack = near(any(2) ? i.snd_nxt : i.snd_una, 3000) - iss;
		out.len = any(3) ? 0 : any(1400);
		out.wnd = static_cast<uint16_t>(any(4) ? rng_() : any(3));
		out.up = static_cast<uint16_t>(any(2000));
		out.options = options();
		send(out);
	}

	void
	random_call()
	{
		switch (any(24)) {
		case 0:
			pln_tcp_shutdown(stack(), conn_, PLN_TCP_SHUT_WR);
			break;
		case 1:
			if (any(4) == 0)
				pln_tcp_close(stack(), conn_);
			break;
		case 2:
			if (any(8) == 0)
				pln_tcp_abort(stack(), conn_);
			break;
		case 3:
			pln_tcp_opt_set(stack(), conn_, PLN_TCP_OPT_RCVBUF, 1024 + any(50000));
			break;
		case 4:
			pass(any(3000) * PLN_NS_PER_MS);
			break;
		default:
			if (any(2))
				write(conn_, any(3000), any(20) == 0 ? PLN_TCP_URGENT : 0);
			else
				read(conn_, any(3000));
		}
		run();
	}

	/* False when the handle is dead. */
	bool
	look()
	{
		struct pln_tcp_info next {
		};

		next.size = sizeof(next);
		if (pln_tcp_info(stack(), conn_, &next) != 0)
			return false;
		if (next.irs == info_.irs && info_.state >= PLN_TCP_ESTABLISHED &&
		    next.state >= PLN_TCP_ESTABLISHED) {
			EXPECT_GE(static_cast<int32_t>(next.rcv_nxt - info_.rcv_nxt), 0);
			EXPECT_GE(static_cast<int32_t>(next.snd_una - info_.snd_una), 0);
			EXPECT_GE(static_cast<int32_t>(next.snd_nxt - next.snd_una), 0);
			EXPECT_GE(static_cast<int32_t>(next.rcv_nxt + next.rcv_wnd - info_.rcv_nxt -
			                               info_.rcv_wnd),
			          0);
			EXPECT_LE(next.inq_bytes, 70000U);
		}
		info_ = next;
		return next.state != PLN_TCP_CLOSED;
	}

	/* A connection, from either side, in whatever state the peer leaves it. */
	void
	begin()
	{
		timestamps_ = any(2) != 0;
		tsval_ = static_cast<uint32_t>(rng_());
		remote_port = static_cast<uint16_t>(1024 + any(60000));
		irs = static_cast<uint32_t>(rng_());
		info_ = {};
		Bytes o = timestamps_ ? support::timestamps_option(tsval_, 0) : Bytes{};
		if (any(2))
			o.insert(o.end(), { 1, 1, 4, 2 });
		conn_ = open();
		drain();
		if (any(4))
			send({ SYN | ACK, 0, 1, any(200), 20000, o, 0 });
		else if (any(2))
			send({ SYN, 0, 0, 0, 20000, o, 0 });
	}

	std::mt19937 rng_{ 9293 };
	uint64_t conn_ = 0;
	struct pln_tcp_info info_ {
	};
	bool timestamps_ = false;
	uint32_t tsval_ = 0;
};

TEST_F(FuzzRfc9293, HundredThousandSegmentsBreakNothing)
{
	unsigned int before = rte_mempool_avail_count(pln_mbuf_shared_pool()), sent = 0, rounds = 0;

	while (sent < 100000 && !HasFailure()) {
		begin();
		rounds++;
		for (int i = 0; i < 400 && look(); i++) {
			random_segment();
			sent++;
			if (any(3) == 0)
				random_call();
			drain();
			events();
		}
		pln_tcp_abort(stack(), conn_);
		pass(10 * PLN_NS_PER_S);
		drain();
	}
	EXPECT_GT(rounds, 250U);
	pass(7200 * PLN_NS_PER_S);
	drain();
	EXPECT_EQ(pln_tcp_conn_count(stack()), 0U) << host.dump();
	EXPECT_EQ(rte_mempool_avail_count(pln_mbuf_shared_pool()), before);
}

} // namespace
