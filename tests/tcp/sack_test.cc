/* SPDX-License-Identifier: BSD-3-Clause */
/* Selective acknowledgments as the peer sees them (RFC 2018, RFC 2883): agreed on in SYNs, blocks on ACKs, harm from its own to none. */
#include <random>

#include "peer.h"

using namespace peer;

namespace
{

constexpr uint32_t TSO_LINK =
	PLN_LINK_TX_TSO | PLN_LINK_TX_MULTI_SEGS | PLN_LINK_TX_TCP_CKSUM | PLN_LINK_TX_IP4_CKSUM;
const Bytes SACK_OK = { 1, 1, 4, 2 };

using Blocks = std::vector<std::pair<uint32_t, uint32_t>>;

Bytes
operator+(Bytes a, const Bytes &b)
{
	a.insert(a.end(), b.begin(), b.end());
	return a;
}

class SackTest : public PeerTest
{
      protected:
	explicit SackTest(std::vector<std::pair<std::string, std::string>> options = {},
	                  uint32_t capabilities = 0)
	    : PeerTest(std::move(options), 1500, capabilities)
	{
	}

	uint64_t
	with_sack(const Bytes &more = {})
	{
		uint64_t conn = connect({ SYN | ACK, 0, 1, 0, 65535,
		                          support::mss_option(1000) + SACK_OK + more, 0 });

		EXPECT_TRUE(host.info(conn).sack);
		/* the first segments of a connection are acknowledged at once: not what is looked at here */
		pln_tcp_opt_set(stack(), conn, PLN_TCP_OPT_QUICKACK, 0);
		return conn;
	}

	/* The option's bytes, kind and length included; empty when it is not there. */
	static Bytes
	option(const In &in, uint8_t kind)
	{
		const Bytes &o = in.frame.tcp->options;

		for (size_t i = 0; i < o.size() && o[i] != 0; i += o[i] == 1 ? 1 : o[i + 1])
			if (o[i] == kind)
				return Bytes(o.begin() + static_cast<long>(i),
				             o.begin() + static_cast<long>(i) + o[i + 1]);
		return {};
	}

	/* Relative to the peer's ISS, as `seq` of what it sends. */
	Blocks
	blocks(const In &in) const
	{
		Bytes o = option(in, 5);
		Blocks out;
		auto word = [&o](size_t i) {
			return static_cast<uint32_t>(o[i]) << 24 |
			       static_cast<uint32_t>(o[i + 1]) << 16 |
			       static_cast<uint32_t>(o[i + 2]) << 8 | o[i + 3];
		};

		for (size_t i = 2; i + 8 <= o.size(); i += 8)
			out.emplace_back(word(i) - irs, word(i + 4) - irs);
		return out;
	}

	void
	data(uint32_t seq, size_t len = 100)
	{
		send({ ACK, seq, 1, len });
	}

	Bytes
	sack_option(const Blocks &list) const
	{
		Bytes o = { 1, 1, 5, static_cast<uint8_t>(2 + 8 * list.size()) };

		for (auto [start, end] : list)
			for (uint32_t v : { iss + start, iss + end })
				for (int shift : { 24, 16, 8, 0 })
					o.push_back(static_cast<uint8_t>(v >> shift));
		return o;
	}
};

class SackRfc2018 : public SackTest
{
};

TEST_F(SackRfc2018, IsOfferedOnSynsAndTakenUpOnlyWhereOffered)
{
	open();
	EXPECT_EQ(option(expect(SYN, 0, 0), 4).size(), 2U);
	listen();
	send({ SYN, 0, 0 });
	EXPECT_TRUE(option(expect(SYN | ACK, 0, 1), 4).empty());
	remote_port++;
	fresh_iss();
	send({ SYN, 0, 0, 0, 65535, SACK_OK, 0 });
	EXPECT_EQ(option(expect(SYN | ACK, 0, 1), 4).size(), 2U);
}

TEST_F(SackRfc2018, WithoutThePeersWordThereAreNoBlocks)
{
	uint64_t conn = connect();

	EXPECT_FALSE(host.info(conn).sack);
	data(101);
	EXPECT_TRUE(option(expect(ACK, 1, 1), 5).empty());
}

TEST_F(SackRfc2018, BlockThatHoldsTheLastSegmentStandsFirst)
{
	with_sack();
	data(201);
	EXPECT_EQ(blocks(expect(ACK, 1, 1)), (Blocks{ { 201, 301 } }));
	data(401);
	EXPECT_EQ(blocks(expect(ACK, 1, 1)), (Blocks{ { 401, 501 }, { 201, 301 } }));
	data(101);
	EXPECT_EQ(blocks(expect(ACK, 1, 1)), (Blocks{ { 101, 301 }, { 401, 501 } }));
	data(301);
	EXPECT_EQ(blocks(expect(ACK, 1, 1)), (Blocks{ { 101, 501 } }));
	data(1);
	EXPECT_TRUE(option(expect(ACK, 1, 501), 5).empty()) << "nothing is missing any more";
}

TEST_F(SackRfc2018, FourBlocksFitAndThreeBesideATimestamp)
{
	with_sack();
	for (uint32_t i = 1; i <= 6; i++)
		data(200 * i + 1);
	for (int i = 0; i < 5; i++)
		take();
	EXPECT_EQ(blocks(expect(ACK, 1, 1)),
	          (Blocks{ { 1201, 1301 }, { 1001, 1101 }, { 801, 901 }, { 601, 701 } }));
}

TEST_F(SackRfc2018, ThreeBlocksFitBesideATimestamp)
{
	with_sack(support::timestamps_option(7, 0));
	for (uint32_t i = 1; i <= 5; i++)
		send({ ACK, 200 * i + 1, 1, 100, 65535, support::timestamps_option(8, 0), 0 });
	for (int i = 0; i < 4; i++)
		take();
	In in = expect(ACK, 1, 1);
	EXPECT_EQ(blocks(in), (Blocks{ { 1001, 1101 }, { 801, 901 }, { 601, 701 } }));
	EXPECT_TRUE(in.frame.tcp->timestamps().has_value());
}

TEST_F(SackRfc2018, BlocksAreRepeatedWhileTheGapStays)
{
	with_sack();
	data(201);
	take();
	send({ ACK, 1, 1, 50 });
	pass(PLN_NS_PER_S);
	EXPECT_EQ(blocks(expect(ACK, 1, 51)), (Blocks{ { 201, 301 } }));
}

TEST_F(SackRfc2018, FullSegmentsAreSmallerByTheBlocksTheyCarry)
{
	uint64_t conn = with_sack();

	data(201);
	take();
	write(conn, 100);
	EXPECT_EQ(blocks(expect(ACK, 1, 1, 100)), (Blocks{ { 201, 301 } }));
	send({ ACK, 1, 101 });
	write(conn, 1500);
	EXPECT_EQ(blocks(expect(ACK, 101, 1, 988)), (Blocks{ { 201, 301 } }));
	data(401);
	take();
	send({ ACK, 1, 1089 });
	EXPECT_EQ(blocks(expect(ACK, 1089, 1, 512)), (Blocks{ { 401, 501 }, { 201, 301 } }));
}

TEST_F(SackRfc2018, DataKeepsHalfOfASmallSegmentForItself)
{
	uint64_t conn =
		connect({ SYN | ACK, 0, 1, 0, 65535, support::mss_option(64) + SACK_OK, 0 });

	for (uint32_t seq = 201; seq <= 801; seq += 200)
		send({ ACK, seq, 1, 100 });
	drain();
	write(conn, 640);
	In in = expect(ACK, 1, 1, 36);
	EXPECT_EQ(blocks(in), (Blocks{ { 801, 901 }, { 601, 701 }, { 401, 501 } }));
	drain();
	send({ ACK, 1001, 1, 100 });
	EXPECT_EQ(blocks(expect(ACK, 1 + 17 * 36, 1)).size(), 4U);
}

class SackTso : public SackTest
{
      protected:
	SackTso() : SackTest({}, TSO_LINK)
	{
	}
};

TEST_F(SackTso, EachSegmentOfALargeFrameCarriesTheBlocksAndFits)
{
	uint64_t conn = with_sack();
	uint32_t next = 1;

	data(201);
	take();
	write(conn, 5000);
	while (auto in = take()) {
		EXPECT_EQ(in->seq, next);
		EXPECT_EQ(blocks(*in), (Blocks{ { 201, 301 } }));
		EXPECT_LE(in->frame.ip->total_len, 1040U);
		next += static_cast<uint32_t>(in->len);
	}
	EXPECT_EQ(next, 1U + 5 * 988) << "Nagle keeps the rest";
	EXPECT_EQ(host.info(conn).segs_out, 3U + 5U);
}

TEST_F(SackRfc2018, FinThatWaitsForAGapIsInItsBlock)
{
	with_sack();
	send({ ACK | FIN, 101, 1, 100 });
	EXPECT_EQ(blocks(expect(ACK, 1, 1)), (Blocks{ { 101, 202 } }));
	data(1);
	expect(ACK, 1, 202);
}

TEST_F(SackRfc2018, ResetsCarryNone)
{
	uint64_t conn = with_sack();

	data(201);
	take();
	EXPECT_EQ(pln_tcp_abort(stack(), conn), 0);
	run();
	EXPECT_TRUE(option(expect(RST | ACK, 1, 1), 5).empty());
}

/* The peer's own blocks: whatever they say, nothing is forgotten before the
 * cumulative acknowledgment has passed it (RFC 2018 §8). */
TEST_F(SackRfc2018, HeldByThePeerIsNotAcknowledged)
{
	uint64_t conn = with_sack();

	write(conn, 3000);
	drain();
	send({ ACK, 1, 1, 0, 65535, sack_option({ { 1001, 3001 } }), 0 });
	EXPECT_EQ(host.info(conn).snd_una - iss, 1U);
	pass(3 * PLN_NS_PER_S); /* the peer reneges */
	send({ ACK, 1, 1001 });
	bool again = false;
	while (auto in = take())
		again = again || in->seq == 1001;
	EXPECT_TRUE(again);
	EXPECT_EQ(counter("tcp_sack_bad"), 0U);
}

TEST_F(SackRfc2018, BlocksThatMakeNoSenseAreIgnoredAndCounted)
{
	std::mt19937 rng(8);
	uint64_t conn = with_sack();

	write(conn, 3000);
	drain();
	send({ ACK, 1, 1, 0, 65535, sack_option({ { 3001, 4001 }, { 500, 400 }, { 600, 600 } }),
	       0 });
	EXPECT_EQ(counter("tcp_sack_bad"), 3U);
	for (int i = 0; i < 2000; i++)
		send({ ACK, 1, 1, 0, 65535,
		       sack_option({ { static_cast<uint32_t>(rng()), static_cast<uint32_t>(rng()) },
		                     { static_cast<uint32_t>(rng() % 4000),
		                       static_cast<uint32_t>(rng() % 4000) } }),
		       0 });
	drain();
	send({ ACK, 1, 3001 });
	EXPECT_EQ(host.info(conn).unacked, 0U);
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
}

class DsackRfc2883 : public SackTest
{
};

TEST_F(DsackRfc2883, SegmentThatWasAcknowledgedIsReportedOnce)
{
	with_sack();
	data(1);
	pass(PLN_NS_PER_S);
	expect(ACK, 1, 101);
	data(1);
	EXPECT_EQ(blocks(expect(ACK, 1, 101)), (Blocks{ { 1, 101 } }));
	EXPECT_EQ(counter("tcp_dsack"), 1U);
	data(201);
	EXPECT_EQ(blocks(expect(ACK, 1, 101)), (Blocks{ { 201, 301 } }));
}

TEST_F(DsackRfc2883, FrontThatWasAcknowledgedIsReported)
{
	with_sack();
	data(1);
	pass(PLN_NS_PER_S);
	take();
	data(51);
	pass(PLN_NS_PER_S);
	EXPECT_EQ(blocks(expect(ACK, 1, 151)), (Blocks{ { 51, 101 } }));
}

TEST_F(DsackRfc2883, DuplicateBeyondTheGapIsFollowedByTheBlockItLiesIn)
{
	with_sack();
	data(201, 300);
	take();
	data(601);
	take();
	data(301);
	EXPECT_EQ(blocks(expect(ACK, 1, 1)), (Blocks{ { 301, 401 }, { 201, 501 }, { 601, 701 } }));
}

TEST_F(DsackRfc2883, OverlapIsReportedAndTheRestIsNew)
{
	with_sack();
	data(201);
	take();
	data(251);
	EXPECT_EQ(blocks(expect(ACK, 1, 1)), (Blocks{ { 251, 301 }, { 201, 351 } }));
	data(151);
	EXPECT_EQ(blocks(expect(ACK, 1, 1)), (Blocks{ { 201, 251 }, { 151, 351 } }));
}

class NoSack : public SackTest
{
      protected:
	NoSack() : SackTest({ { "sack", "0" } })
	{
	}
};

TEST_F(NoSack, IsNeitherOfferedNorTakenUp)
{
	open();
	EXPECT_TRUE(option(expect(SYN, 0, 0), 4).empty());
	listen();
	send({ SYN, 0, 0, 0, 65535, SACK_OK, 0 });
	EXPECT_TRUE(option(expect(SYN | ACK, 0, 1), 4).empty());
}

class NoDsack : public SackTest
{
      protected:
	NoDsack() : SackTest({ { "dsack", "0" } })
	{
	}
};

TEST_F(NoDsack, DuplicatesAreAcknowledgedWithoutABlock)
{
	with_sack();
	data(1);
	pass(PLN_NS_PER_S);
	take();
	data(1);
	EXPECT_TRUE(blocks(expect(ACK, 1, 101)).empty());
}

} // namespace
