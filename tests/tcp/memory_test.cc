/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose memory is it, and what when there is none: bytes sent by reference are released exactly once, views lend what is received, an
 * empty packet pool holds things up and breaks nothing, large frames go only where the link takes them, and all comes back in the end.
 */
#include <algorithm>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "dev/mbuf.h"
#include "peer.h"
#include "tcp/conn.h"
#include "tcp/recovery.h"

using namespace peer;

namespace
{

unsigned int
buffers_free()
{
	return rte_mempool_avail_count(pln_mbuf_shared_pool());
}

class RefTest : public PeerTest
{
      protected:
	using PeerTest::PeerTest;

	ssize_t
	send_ref(uint64_t conn, size_t len, unsigned int *released)
	{
		pln_tcp_ref ref{};

		memory_.assign(65535, 7);
		ref.data = memory_.data();
		ref.len = len;
		ref.ctx = released;
		ref.release = [](void *ctx) { ++*static_cast<unsigned int *>(ctx); };
		ssize_t n = pln_tcp_send_ref(stack(), conn, &ref, 0);
		run();
		return n;
	}

	static Out
	syn_ack()
	{
		return { SYN | ACK, 0, 1, 0, 65535, support::mss_option(1000), 0 };
	}

      private:
	Bytes memory_;
};

TEST_F(RefTest, IsReleasedOnceWhenAllIsAcknowledgedAndNotBefore)
{
	uint64_t conn = connect(syn_ack());
	unsigned int released = 0;

	EXPECT_EQ(send_ref(conn, 3000, &released), 3000);
	EXPECT_EQ(drain(), 3U);
	send({ ACK, 1, 2001 });
	EXPECT_EQ(released, 0U) << "its last thousand may have to be sent again";
	pass(PLN_NS_PER_S);
	EXPECT_GE(drain(), 1U);
	EXPECT_EQ(released, 0U);
	send({ ACK, 1, 3001 });
	run();
	EXPECT_EQ(released, 1U);
	pln_tcp_abort(stack(), conn);
	run();
	EXPECT_EQ(released, 1U);
}

TEST_F(RefTest, IsReleasedOnceByAbort)
{
	uint64_t conn = connect(syn_ack());
	unsigned int released = 0;

	EXPECT_EQ(send_ref(conn, 3000, &released), 3000);
	pln_tcp_abort(stack(), conn);
	run();
	drain();
	EXPECT_EQ(released, 1U);
}

TEST_F(RefTest, IsReleasedOnceByAReset)
{
	uint64_t conn = connect(syn_ack());
	unsigned int released = 0;

	EXPECT_EQ(send_ref(conn, 3000, &released), 3000);
	drain();
	send({ RST, 1, 1 });
	EXPECT_EQ(released, 1U);
	EXPECT_EQ(pln_tcp_close(stack(), conn), 0);
	EXPECT_EQ(released, 1U);
}

TEST_F(RefTest, IsNotReleasedWhenRefused)
{
	uint64_t conn = connect(syn_ack());
	unsigned int released = 0;

	EXPECT_EQ(send_ref(conn, 0, &released), -EINVAL);
	EXPECT_EQ(pln_tcp_shutdown(stack(), conn, PLN_TCP_SHUT_WR), 0);
	EXPECT_EQ(send_ref(conn, 10, &released), -EPIPE);
	EXPECT_EQ(send_ref(conn + 1, 10, &released), -EBADF);
	EXPECT_EQ(released, 0U);
}

TEST_F(RefTest, FullBufferRefusesTheNextOne)
{
	uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 0, {}, 0 });
	unsigned int released = 0;

	EXPECT_EQ(pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_SNDBUF, 4000), 0);
	EXPECT_EQ(send_ref(conn, 5000, &released), 5000) << "one may overshoot";
	EXPECT_EQ(send_ref(conn, 10, &released), -EAGAIN);
	EXPECT_EQ(released, 0U);
	pln_tcp_abort(stack(), conn);
	run();
	EXPECT_EQ(released, 1U);
}

class RefChains : public RefTest
{
      protected:
	RefChains() : RefTest({}, 1500, PLN_LINK_TX_MULTI_SEGS)
	{
	}
};

TEST_F(RefChains, IsReleasedOnceThoughFramesPointedThere)
{
	uint64_t conn = connect(syn_ack());
	unsigned int released = 0, before = buffers_free();

	EXPECT_EQ(send_ref(conn, 5000, &released), 5000);
	EXPECT_EQ(drain(), 5U);
	send({ ACK, 1, 5001 });
	run();
	EXPECT_EQ(released, 1U);
	EXPECT_EQ(buffers_free(), before);
}

class Views : public RefTest
{
};

TEST_F(Views, LendBytesUntilTheyAreConsumed)
{
	uint64_t conn = connect(syn_ack());
	unsigned int before = buffers_free();
	pln_tcp_view views[4];

	send({ ACK, 1, 1, 1000 });
	send({ ACK, 1001, 1, 1000 });
	drain();
	ASSERT_EQ(pln_tcp_receive_views(stack(), conn, 0, views, 4), 2);
	EXPECT_EQ(views[0].len, 1000U);
	EXPECT_EQ(static_cast<const uint8_t *>(views[0].data)[5], 6);
	ASSERT_EQ(pln_tcp_receive_views(stack(), conn, 1500, views, 4), 1);
	EXPECT_EQ(views[0].len, 500U);
	EXPECT_EQ(pln_tcp_receive_views(stack(), conn, 2000, views, 4), -EAGAIN);
	EXPECT_EQ(pln_tcp_consume(stack(), conn, 2001), -EINVAL);
	EXPECT_LT(buffers_free(), before);
	EXPECT_EQ(pln_tcp_consume(stack(), conn, 2000), 0);
	EXPECT_EQ(buffers_free(), before);
	send({ FIN | ACK, 2001, 1 });
	EXPECT_EQ(pln_tcp_receive_views(stack(), conn, 0, views, 4), 0);
}

class EmptyPool : public RefTest
{
      protected:
	using RefTest::RefTest;

	void
	give_one()
	{
		rte_pktmbuf_free(taken_.back());
		taken_.pop_back();
	}

	void
	take_all()
	{
		while (struct rte_mbuf *m = pln_mbuf_alloc(pln_mbuf_shared_pool()))
			taken_.push_back(m);
	}

	void
	give_all()
	{
		for (struct rte_mbuf *m : taken_)
			rte_pktmbuf_free(m);
		taken_.clear();
	}

	~EmptyPool() override
	{
		give_all();
	}

      private:
	std::vector<struct rte_mbuf *> taken_;
};

TEST_F(EmptyPool, SendSaysTryAgainAndIsToldWhenItMay)
{
	uint64_t conn = connect(syn_ack());

	events();
	take_all();
	EXPECT_EQ(write(conn, 5000), -EAGAIN);
	EXPECT_GT(counter("tx_no_mbuf"), 0U);
	give_all();
	pass(100 * PLN_NS_PER_MS);
	EXPECT_TRUE(event_bits(conn) & PLN_EV_WRITABLE);
	EXPECT_EQ(write(conn, 5000), 5000);
	EXPECT_EQ(drain(), 5U);
}

TEST_F(EmptyPool, RetransmissionWaitsForABufferAndThenGoes)
{
	uint64_t conn = connect(syn_ack());

	EXPECT_EQ(write(conn, 3000), 3000);
	EXPECT_EQ(drain(), 3U);
	take_all();
	advance(2 * PLN_NS_PER_S);
	EXPECT_EQ(drain(), 0U);
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
	give_all();
	run();
	expect(ACK, 1, 1, 1000);
}

/* The peer goes on and no buffer is left to answer it, nor to take what it sends. */
TEST_F(EmptyPool, WhatArrivesMeanwhileIsLostOrWaitsForItsAnswer)
{
	uint64_t conn = connect(syn_ack());

	pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_QUICKACK, 0);
	inject({ ACK, 1, 1, 1000 });
	inject({ ACK, 1001, 1, 1000 });
	take_all();
	run();
	EXPECT_EQ(drain(), 0U);
	EXPECT_GT(counter("tx_no_mbuf"), 0U);
	EXPECT_EQ(host.info(conn).inq_bytes, 2000U) << "taken all the same";
	EXPECT_EQ(try_inject({ ACK, 2001, 1, 1000 }), -ENOMEM)
		<< "the device has nowhere to put it";
	advance(10 * PLN_NS_PER_S);
	EXPECT_EQ(drain(), 0U);
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
	EXPECT_EQ(read(conn, 2000).size(), 2000U) << "reading needs no buffer, and gives some back";
	run();
	expect(ACK, 1, 2001);
	give_all();
	run();
	drain();
	send({ ACK, 2001, 1, 1000 });
	send({ ACK, 3001, 1, 1000 });
	expect(ACK, 1, 4001);
	EXPECT_EQ(read(conn).size(), 2000U);
}

TEST_F(EmptyPool, NothingOfAConnectionThatDiesMeanwhileIsLost)
{
	unsigned int before = buffers_free();
	uint64_t conn = connect(syn_ack());

	send({ ACK, 1, 1, 1000 });
	inject({ ACK, 1001, 1, 500 });
	inject({ RST | ACK, 1501, 1 });
	take_all();
	run();
	EXPECT_TRUE(event_bits(conn) & PLN_EV_CLOSED);
	EXPECT_EQ(read(conn).size(), 1500U);
	pln_tcp_close(stack(), conn);
	give_all();
	run();
	drain();
	EXPECT_EQ(buffers_free(), before);
}

TEST_F(EmptyPool, ResetThatCannotBeSentYetIsSentLater)
{
	uint64_t conn = connect(syn_ack());

	take_all();
	EXPECT_EQ(pln_tcp_abort(stack(), conn), 0);
	run();
	EXPECT_EQ(drain(), 0U);
	give_all();
	run();
	expect(RST | ACK, 1, 1);
	EXPECT_EQ(pln_tcp_conn_count(stack()), 0U);
}

class EmptyPoolForChains : public EmptyPool
{
      protected:
	EmptyPoolForChains() : EmptyPool({}, 1500, PLN_LINK_TX_MULTI_SEGS)
	{
	}
};

TEST_F(EmptyPoolForChains, NoSegmentLeavesWithoutItsBytes)
{
	uint64_t conn = connect(syn_ack());
	unsigned int released = 0;

	take_all();
	give_one(); /* for the reference */
	EXPECT_EQ(send_ref(conn, 1000, &released), 1000);
	give_one(); /* for the header, none for the bytes behind it */
	run();
	EXPECT_EQ(drain(), 0U);
	EXPECT_EQ(host.info(conn).bytes_sent, 0U);
	give_all();
	run();
	expect(ACK | PSH, 1, 1, 1000);
	send({ ACK, 1, 1001 });
	EXPECT_EQ(released, 1U);
}

class TsoWithoutChains : public RefTest
{
      protected:
	TsoWithoutChains()
	    : RefTest({}, 1500, PLN_LINK_TX_TSO | PLN_LINK_TX_TCP_CKSUM | PLN_LINK_TX_IP4_CKSUM)
	{
	}
};

TEST_F(TsoWithoutChains, NoFrameIsLargerThanASegment)
{
	uint64_t conn = connect(syn_ack());
	uint32_t next = 1;

	EXPECT_EQ(write(conn, 5000), 5000);
	while (auto in = take()) {
		EXPECT_EQ(in->seq, next);
		EXPECT_EQ(in->len, 1000U);
		next += static_cast<uint32_t>(in->len);
	}
	EXPECT_EQ(next, 5001U);
	EXPECT_EQ(host.info(conn).segs_out, 2U + 5U);
}

class Tso : public RefTest
{
      protected:
	Tso()
	    : RefTest({}, 1500,
	              PLN_LINK_TX_TSO | PLN_LINK_TX_MULTI_SEGS | PLN_LINK_TX_TCP_CKSUM |
	                      PLN_LINK_TX_IP4_CKSUM)
	{
	}
};

TEST_F(Tso, FramesOfManySegmentsCountAndArriveAsSegments)
{
	uint64_t conn = connect(syn_ack());
	size_t total = 0;

	EXPECT_EQ(write(conn, 5500), 5500);
	while (auto in = take()) {
		EXPECT_LE(in->len, 1000U);
		total += in->len;
		for (size_t i = 0; i < in->len; i++)
			ASSERT_EQ(in->frame.payload[i], static_cast<uint8_t>(in->seq - 1 + i));
	}
	EXPECT_EQ(total, 5000U) << "Nagle keeps the rest";
	EXPECT_EQ(host.info(conn).segs_out, 2U + 5U);
	send({ ACK, 1, 5001 });
	EXPECT_EQ(take()->len, 500U);
}

/* RFC 6582's `recover` of a recovery long ago must not look like one ahead after 2 GiB without a loss. */
TEST(RecoveryWrapRfc6582, LossIsNoticedAfterTwoGibibytesWithoutOne)
{
	struct pln_env env = {};
	struct pln_tcp tcp = {};
	struct pln_tcp_conn c = {};
	const struct pln_delivered got = {};
	struct pln_ack ack = {};

	tcp.env = &env;
	c.tcp = &tcp;
	c.smss = 1000;
	c.snd.recover = 0xfffffff0U;
	c.snd.una = c.snd.nxt = 0;
	pln_cc_init(&c.cc, &pln_newreno_ops, 10000);
	ack.smss = 1000;
	for (int i = 0; i < 40; i++) { /* 2.5 GiB */
		c.snd.nxt += 1U << 26;
		ack.seq = c.snd.una = c.snd.nxt;
		ack.acked_bytes = 1U << 26;
		pln_recovery_ack(&c, &ack, &got);
	}
	c.snd.nxt += 10000;
	ack.acked_bytes = 0;
	ack.dup = true;
	for (int i = 0; i < 3; i++)
		pln_recovery_ack(&c, &ack, &got);
	EXPECT_EQ(c.ca_state, PLN_TCP_CA_RECOVERY);
	EXPECT_TRUE(c.owe & PLN_OWE_RETRANSMIT);
}

class Status : public RefTest
{
};

TEST_F(Status, SnapshotTellsBothDirections)
{
	uint64_t conn = connect(syn_ack());
	struct pln_tcp_info info;

	write(conn, 3000);
	drain();
	send({ ACK, 1, 1001, 300 });
	send({ ACK, 501, 1001, 100 });
	info = host.info(conn);
	EXPECT_EQ(info.bytes_sent, 3000U);
	EXPECT_EQ(info.bytes_acked, 1000U);
	EXPECT_EQ(info.unacked, 2U);
	EXPECT_EQ(info.bytes_received, 300U);
	EXPECT_EQ(info.inq_bytes, 300U);
	EXPECT_EQ(info.ooo_bytes, 100U);
	EXPECT_EQ(info.snd_una - info.iss, 1001U);
	EXPECT_EQ(info.rcv_nxt - info.irs, 301U);
	EXPECT_EQ(info.snd_mss, 1000U);
	EXPECT_EQ(info.advmss, 1460U);
	EXPECT_EQ(info.rcv_mss, 300U);
	EXPECT_STREQ(info.cc, "cubic");
	EXPECT_FALSE(info.sack || info.timestamps || info.wscale);
}

TEST_F(Status, DumpHasALineForEachAndSaysHowLongItIs)
{
	uint64_t conn = connect(syn_ack());
	char buf[4096], small[40];
	size_t len;

	listen();
	len = pln_tcp_dump(stack(), buf, sizeof(buf));
	std::string text = buf;
	EXPECT_EQ(len, text.size());
	EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
	EXPECT_NE(text.find("10.0.0.9:80 ESTABLISHED"), std::string::npos) << text;
	EXPECT_NE(text.find("LISTEN backlog 0/128"), std::string::npos) << text;
	EXPECT_NE(text.find("waiting for data, or the application"), std::string::npos) << text;
	EXPECT_EQ(pln_tcp_dump(stack(), small, sizeof(small)), len);
	EXPECT_EQ(std::string(small), text.substr(0, sizeof(small) - 1));
	EXPECT_EQ(pln_tcp_dump(stack(), nullptr, 0), len);
	(void)conn;
}

} // namespace
