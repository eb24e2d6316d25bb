/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Buffers that grow with the path and shrink when packet buffers are short; and peers that would have us hold all packet buffers there
 * are: the device always has some to receive into.
 */
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "dev/mbuf.h"
#include "peer.h"

using namespace peer;

namespace
{

unsigned int
buffers_free()
{
	return rte_mempool_avail_count(pln_mbuf_shared_pool());
}

/* Takes packet buffers until so many are left, and gives them back. */
class Hoard
{
      public:
	explicit Hoard(unsigned int leave)
	{
		while (buffers_free() > leave) {
			rte_mbuf *m = rte_pktmbuf_alloc(pln_mbuf_shared_pool());

			if (m == nullptr)
				break;
			held_.push_back(m);
		}
	}

	~Hoard()
	{
		for (rte_mbuf *m : held_)
			rte_pktmbuf_free(m);
	}

	Hoard(const Hoard &) = delete;
	Hoard &operator=(const Hoard &) = delete;

      private:
	std::vector<rte_mbuf *> held_;
};

support::TwoHostsOptions
small_buffers()
{
	support::TwoHostsOptions o;

	o.a.options = o.b.options = { { "rcvbuf", "65536" }, { "sndbuf", "65536" } };
	return o;
}

class LongPath : public ::testing::Test
{
      protected:
	explicit LongPath(const support::TwoHostsOptions &options = small_buffers())
	    : hosts(options)
	{
		hosts.cable.faults[0].delay_ns = hosts.cable.faults[1].delay_ns =
			50 * PLN_NS_PER_MS;
		std::tie(a, b) = hosts.established_pair();
	}

	/* a sends for so long, b reads at most so much at a time. */
	void
	transfer(uint64_t ns, size_t at_a_time = SIZE_MAX)
	{
		hosts.app = [&, at_a_time] {
			std::vector<uint8_t> bytes(65536);
			ssize_t sent =
				pln_tcp_send(hosts.a.stack(), a, bytes.data(), bytes.size(), 0);
			ssize_t got =
				at_a_time == 0
					? 0
					: pln_tcp_receive(hosts.b.stack(), b, bytes.data(),
			                                  std::min(at_a_time, bytes.size()), 0);

			read += got > 0 ? static_cast<uint64_t>(got) : 0;
			return sent > 0 || got > 0;
		};
		hosts.run_for(ns);
		hosts.app = nullptr;
	}

	int64_t
	sndbuf()
	{
		int64_t value = 0;

		EXPECT_EQ(pln_tcp_opt_get(hosts.a.stack(), a, PLN_TCP_OPT_SNDBUF, &value), 0);
		return value;
	}

	support::TwoHosts hosts;
	uint64_t a = 0, b = 0, read = 0;
};

TEST_F(LongPath, BothBuffersGrowToWhatThePathCarries)
{
	transfer(PLN_NS_PER_S);
	EXPECT_GT(hosts.b.info(b).rcv_space, 131072U);
	EXPECT_GT(sndbuf(), 131072);
	transfer(2 * PLN_NS_PER_S);
	EXPECT_GT(read, 10U << 20) << "64 KiB a round trip would be 2 MB";
	EXPECT_LE(hosts.b.info(b).rcv_space, 6U << 20);
	EXPECT_LE(sndbuf(), 6 << 20);
	EXPECT_GT(hosts.b.counter("tcp_rcvbuf_grown"), 3U);
	EXPECT_GT(hosts.a.counter("tcp_sndbuf_grown"), 3U);
}

TEST_F(LongPath, SizesThatTheProgramHasChosenStay)
{
	EXPECT_EQ(pln_tcp_opt_set(hosts.b.stack(), b, PLN_TCP_OPT_RCVBUF, 100000), 0);
	EXPECT_EQ(pln_tcp_opt_set(hosts.a.stack(), a, PLN_TCP_OPT_SNDBUF, 200000), 0);
	transfer(3 * PLN_NS_PER_S);
	EXPECT_EQ(hosts.b.info(b).rcv_space, 100000U);
	EXPECT_EQ(sndbuf(), 200000);
	EXPECT_LT(read, 4U << 20);
}

TEST_F(LongPath, ReaderThatReadsNothingGetsNoLargerBuffer)
{
	transfer(3 * PLN_NS_PER_S, 0);
	EXPECT_EQ(hosts.b.info(b).rcv_space, 65536U);
	EXPECT_EQ(hosts.b.counter("tcp_rcvbuf_grown"), 0U);
}

TEST_F(LongPath, BuffersShrinkWhenPacketBuffersAreShortAndNothingIsLost)
{
	transfer(3 * PLN_NS_PER_S);
	ASSERT_GT(hosts.b.info(b).rcv_space, 1U << 20);
	{
		Hoard hoard(450); /* of 4096: less than an eighth */

		transfer(2 * PLN_NS_PER_S);
		EXPECT_GE(hosts.b.counter("tcp_buffers_short"), 1U);
		EXPECT_GE(hosts.b.counter("tcp_rcvbuf_shrunk"), 1U);
	}
	transfer(3 * PLN_NS_PER_S);
	EXPECT_EQ(hosts.b.info(b).state, PLN_TCP_ESTABLISHED);
	EXPECT_GT(hosts.b.info(b).rcv_space, 1U << 20) << "and grow again";
}

/* Receive buffers from one size to another. */
support::TwoHostsOptions
receive_buffers(const char *from, const char *to)
{
	support::TwoHostsOptions o = small_buffers();

	o.a.options = { { "sndbuf", "1048576" } };
	o.b.options = { { "rcvbuf", from }, { "rcvbuf_max", to } };
	return o;
}

class LongPathToALowCeiling : public LongPath
{
      protected:
	LongPathToALowCeiling() : LongPath(receive_buffers("65536", "131072"))
	{
	}
};

TEST_F(LongPathToALowCeiling, GrowsToItAndNoMore)
{
	uint64_t grown;

	transfer(PLN_NS_PER_S);
	EXPECT_EQ(hosts.b.info(b).rcv_space, 131072U);
	grown = hosts.b.counter("tcp_rcvbuf_grown");
	EXPECT_GT(grown, 0U);
	transfer(2 * PLN_NS_PER_S);
	EXPECT_EQ(hosts.b.counter("tcp_rcvbuf_grown"), grown);
}

class LongPathAtItsCeiling : public LongPath
{
      protected:
	LongPathAtItsCeiling() : LongPath(receive_buffers("1048576", "1048576"))
	{
	}
};

TEST_F(LongPathAtItsCeiling, SizeThatMayNotGrowIsTheOperatorsAndStays)
{
	transfer(PLN_NS_PER_S);
	{
		Hoard hoard(450);

		transfer(PLN_NS_PER_S);
		EXPECT_GE(hosts.b.counter("tcp_buffers_short"), 1U);
	}
	EXPECT_EQ(hosts.b.info(b).rcv_space, 1048576U);
	EXPECT_EQ(hosts.b.counter("tcp_rcvbuf_shrunk"), 0U);
}

/* Forty peers on one stack. */
class MemoryAttack : public PeerTest
{
      protected:
	static constexpr uint16_t PEERS = 40;

	void
	open_all()
	{
		for (uint16_t i = 0; i < PEERS; i++) {
			remote_port = static_cast<uint16_t>(50000 + i);
			fresh_iss();
			conns.push_back(accept());
			isss.push_back(iss);
		}
		before = buffers_free();
	}

	void
	be(uint16_t i)
	{
		remote_port = static_cast<uint16_t>(50000 + i);
		iss = isss[i];
	}

	std::vector<uint64_t> conns;
	std::vector<uint32_t> isss;
	unsigned int before = 0;
};

TEST_F(MemoryAttack, BytesWithGapsBetweenThemPinAQuarterOfThePoolAtMost)
{
	listen();
	open_all();
	for (uint32_t n = 0; n < 200; n++) {
		for (uint16_t i = 0; i < PEERS; i++) {
			be(i);
			send({ ACK, 3 + 2 * n, 1, 1 });
			drain();
		}
	}
	EXPECT_GT(counter("tcp_ooo_refused"), 0U);
	EXPECT_LE(before - buffers_free(), PLN_MBUF_SHARED_COUNT / 4);
	for (uint64_t conn : conns)
		pln_tcp_abort(stack(), conn);
	run();
	drain();
	EXPECT_EQ(buffers_free(), before) << "and all of it comes back";
	conns.clear();
}

TEST_F(MemoryAttack, BytesInARowBehindAGapShareABuffer)
{
	listen();
	open_all();
	be(0);
	for (uint32_t n = 0; n < 1000; n++) {
		send({ ACK, 2 + n, 1, 1 });
		drain();
	}
	EXPECT_LE(before - buffers_free(), 2U);
	EXPECT_EQ(host.info(conns[0]).ooo_bytes, 1000U);
	EXPECT_EQ(counter("tcp_rx_ooo"), 1000U);
	send({ ACK, 1, 1, 1 });
	EXPECT_EQ(read(conns[0]).size(), 1001U);
}

TEST_F(MemoryAttack, WhatNobodyReadsLeavesBuffersToReceiveInto)
{
	std::vector<uint32_t> next(PEERS, 1);
	Hoard hoard(1200);

	listen();
	open_all();
	for (int round = 0; round < 100; round++) {
		for (uint16_t i = 0; i < PEERS; i++) {
			be(i);
			send({ ACK, next[i], 1, 1000 });
			drain();
			next[i] = host.info(conns[i]).rcv_nxt - irs;
		}
	}
	EXPECT_GT(counter("tcp_rx_refused"), 0U);
	EXPECT_GT(buffers_free(), PLN_MBUF_SHARED_COUNT / 16 - 2 * 32);
	/* The programs read, the peers go on where they were. */
	for (uint16_t i = 0; i < PEERS; i++) {
		size_t got = 0;

		be(i);
		while (host.info(conns[i]).inq_bytes > 0)
			got += read(conns[i]).size();
		EXPECT_EQ(got, next[i] - 1);
	}
	for (uint16_t i = 0; i < PEERS; i++) {
		be(i);
		send({ ACK, next[i], 1, 1000 });
		drain();
		EXPECT_EQ(read(conns[i]).size(), 1000U);
	}
}

TEST_F(MemoryAttack, WhatIsOutOfOrderGoesFirst)
{
	listen();
	open_all();
	for (uint16_t i = 0; i < PEERS; i++) {
		be(i);
		send({ ACK, 1001, 1, 1000 });
		send({ ACK, 3001, 1, 1000 });
		drain();
	}
	{
		Hoard hoard(400);

		be(0);
		for (int n = 0; n < 96; n++) {
			send({ ACK, 1, 1 });
			drain();
		}
		EXPECT_EQ(counter("tcp_ooo_discarded"), 2U * PEERS);
		EXPECT_EQ(counter("tcp_buffers_short"), 1U) << "a shortage, not each look at it";
		send({ ACK, 1001, 1, 1000 });
		EXPECT_EQ(counter("tcp_ooo_refused"), 1U);
	}
	for (int n = 0; n < 32; n++) {
		send({ ACK, 1, 1 });
		drain();
	}
	for (uint32_t seq : { 1U, 1001U, 2001U, 3001U })
		send({ ACK, seq, 1, 1000 });
	EXPECT_EQ(read(conns[0]).size(), 4000U) << "it was sent again";
}

TEST_F(MemoryAttack, WhatWaitsToBeReadIsPutTogetherWhenBuffersAreShort)
{
	listen();
	open_all();
	for (uint16_t i = 0; i < PEERS; i++) {
		be(i);
		for (uint32_t n = 0; n < 4; n++)
			send({ ACK, 1 + 400 * n, 1, 400 });
		drain();
	}
	EXPECT_EQ(before - buffers_free(), 4U * PEERS);
	{
		Hoard hoard(400);

		be(0);
		for (int n = 0; n < 64; n++) {
			send({ ACK, 1601, 1 });
			drain();
		}
	}
	EXPECT_EQ(before - buffers_free(), PEERS);
	for (uint64_t conn : conns)
		EXPECT_EQ(read(conn).size(), 1600U);
}

} // namespace
