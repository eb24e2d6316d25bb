/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_mbuf.h>

#include <gtest/gtest.h>
#include <pollen/memlink.h>

#include "dev/mbuf.h"
#include "support/frame.h"

namespace
{

using namespace support;

class Memlink : public ::testing::Test
{
      protected:
	void
	create(uint32_t capabilities = 0)
	{
		pln_memlink_config config{};

		config.size = sizeof(config);
		config.mac = mac(1);
		config.capabilities = capabilities;
		ASSERT_EQ(pln_memlink_create(&config, &memlink_), 0);
		link_ = *pln_memlink_link(memlink_);
		free_before_ = rte_mempool_avail_count(pln_mbuf_shared_pool());
	}

	void
	TearDown() override
	{
		pln_memlink_destroy(memlink_);
		EXPECT_EQ(rte_mempool_avail_count(pln_mbuf_shared_pool()), free_before_)
			<< "buffers leaked";
	}

	/* What a stack on the link would receive. */
	struct rte_mbuf *
	receive()
	{
		struct rte_mbuf *m = nullptr;

		return link_.rx(link_.ctx, &m, 1) == 1 ? m : nullptr;
	}

	bool
	send(struct rte_mbuf *m)
	{
		if (link_.tx(link_.ctx, &m, 1) == 1)
			return true;
		rte_pktmbuf_free(m);
		return false;
	}

	static struct rte_mbuf *
	mbuf_of(const Bytes &bytes)
	{
		struct rte_mbuf *m = pln_mbuf_alloc(pln_mbuf_shared_pool());

		memcpy(rte_pktmbuf_append(m, static_cast<uint16_t>(bytes.size())), bytes.data(),
		       bytes.size());
		return m;
	}

	Bytes
	collect()
	{
		Bytes out(70000);
		ssize_t len = pln_memlink_collect(memlink_, out.data(), out.size());

		out.resize(len > 0 ? static_cast<size_t>(len) : 0);
		return out;
	}

	pln_memlink *memlink_ = nullptr;
	pln_link link_{};
	unsigned int free_before_ = 0;
};

Bytes
pattern(size_t len, unsigned int salt = 0)
{
	Bytes out(len);

	for (size_t i = 0; i < len; i++)
		out[i] = static_cast<uint8_t>(i * 31 + i / 256 + salt);
	return out;
}

TEST_F(Memlink, HandsInjectedFramesOverByteForByteAndInOrder)
{
	create();
	for (unsigned int i = 0; i < 3; i++) {
		Bytes frame = pattern(60 + i, i);
		ASSERT_EQ(pln_memlink_inject(memlink_, frame.data(), frame.size(), 0), 0);
	}
	for (unsigned int i = 0; i < 3; i++) {
		struct rte_mbuf *m = receive();
		ASSERT_NE(m, nullptr);
		EXPECT_EQ(Bytes(rte_pktmbuf_mtod(m, uint8_t *),
		                rte_pktmbuf_mtod(m, uint8_t *) + m->data_len),
		          pattern(60 + i, i));
		EXPECT_GE(m->priv_size, pln_link_priv_size());
		rte_pktmbuf_free(m);
	}
	EXPECT_EQ(receive(), nullptr);
}

TEST_F(Memlink, SpreadsAFrameLargerThanABufferOverAChain)
{
	Bytes frame = pattern(60000), out(frame.size());

	create();
	ASSERT_EQ(pln_memlink_inject(memlink_, frame.data(), frame.size(), 0), 0);
	struct rte_mbuf *m = receive();
	ASSERT_NE(m, nullptr);
	EXPECT_GT(m->nb_segs, 1);
	EXPECT_EQ(m->pkt_len, frame.size());
	const void *p = rte_pktmbuf_read(m, 0, m->pkt_len, out.data());
	EXPECT_EQ(memcmp(p, frame.data(), frame.size()), 0);
	rte_pktmbuf_free(m);
}

TEST_F(Memlink, TellsWhatTheFlagsSayAndNothingElse)
{
	Bytes frame = pattern(60);
	struct {
		int flags;
		uint64_t expected;
	} cases[] = {
		{ 0, 0 },
		{ PLN_MEMLINK_CKSUM_GOOD,
		  RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD },
		{ PLN_MEMLINK_CKSUM_NONE, RTE_MBUF_F_RX_L4_CKSUM_NONE },
	};

	create();
	EXPECT_TRUE(link_.capabilities & PLN_LINK_RX_CKSUM_FLAGS);
	for (auto &c : cases) {
		ASSERT_EQ(pln_memlink_inject(memlink_, frame.data(), frame.size(), c.flags), 0);
		struct rte_mbuf *m = receive();
		EXPECT_EQ(m->ol_flags, c.expected);
		rte_pktmbuf_free(m);
	}
}

TEST_F(Memlink, PutsAnEthernetHeaderBeforeABarePacket)
{
	Frame f;
	f.ip.emplace();
	f.ip->src = ip4("10.0.0.9");
	f.ip->dst = ip4("10.0.0.1");
	f.payload = pattern(30);
	Bytes packet = f.ip_bytes();

	create();
	ASSERT_EQ(pln_memlink_inject(memlink_, packet.data(), packet.size(), PLN_MEMLINK_IP), 0);
	struct rte_mbuf *m = receive();
	const uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	Frame got = parse(Bytes(p, p + m->data_len));
	EXPECT_TRUE(got.dst == mac(1));
	EXPECT_EQ(got.type, ETH_IP4);
	ASSERT_TRUE(got.ip);
	EXPECT_EQ(got.payload, f.payload);
	rte_pktmbuf_free(m);
}

TEST_F(Memlink, RefusesWhatItCannotTake)
{
	Bytes frame = pattern(70000);

	create();
	EXPECT_EQ(pln_memlink_inject(memlink_, frame.data(), 0, 0), -EINVAL);
	EXPECT_EQ(pln_memlink_inject(memlink_, frame.data(), 60, 1 << 20), -EINVAL);
	EXPECT_EQ(pln_memlink_inject(memlink_, frame.data(), 65535 + 19, 0), -EMSGSIZE);
	for (int i = 0; i < 1024; i++)
		ASSERT_EQ(pln_memlink_inject(memlink_, frame.data(), 60, 0), 0);
	EXPECT_EQ(pln_memlink_inject(memlink_, frame.data(), 60, 0), -ENOBUFS);
}

TEST_F(Memlink, SaysSoWhenThePoolIsEmpty)
{
	Bytes frame = pattern(60000);
	int ret = 0;

	create();
	for (int i = 0; i < 1024 && ret == 0; i++)
		ret = pln_memlink_inject(memlink_, frame.data(), frame.size(), 0);
	EXPECT_EQ(ret, -ENOMEM);
}

TEST_F(Memlink, GivesSentFramesBackByteForByteAndInOrder)
{
	create();
	EXPECT_TRUE(collect().empty());
	for (unsigned int i = 0; i < 3; i++)
		ASSERT_TRUE(send(mbuf_of(pattern(60 + i, i))));
	EXPECT_EQ(pln_memlink_pending(memlink_), 3u);
	for (unsigned int i = 0; i < 3; i++)
		EXPECT_EQ(collect(), pattern(60 + i, i));
	EXPECT_EQ(pln_memlink_pending(memlink_), 0u);
}

TEST_F(Memlink, KeepsAFrameThatDoesNotFitTheCallersBuffer)
{
	uint8_t small[59];

	create();
	ASSERT_TRUE(send(mbuf_of(pattern(60))));
	EXPECT_EQ(pln_memlink_collect(memlink_, small, sizeof(small)), -EMSGSIZE);
	EXPECT_EQ(collect(), pattern(60));
}

TEST_F(Memlink, RingOfSentFramesWrapsWithoutDamage)
{
	create();
	for (unsigned int i = 0; i < 2000; i++) {
		Bytes frame = pattern(9000 + i % 7, i);
		ASSERT_TRUE(send(mbuf_of(frame)));
		if (i >= 100) {
			ASSERT_EQ(collect(), pattern(9000 + (i - 100) % 7, i - 100)) << i;
		}
	}
}

TEST_F(Memlink, RefusesFramesWhenBlockedAndWhenFull)
{
	unsigned int taken = 0;

	create();
	pln_memlink_block_tx(memlink_, true);
	EXPECT_FALSE(send(mbuf_of(pattern(60))));
	pln_memlink_block_tx(memlink_, false);
	while (taken < 5000 && send(mbuf_of(pattern(60))))
		taken++;
	EXPECT_EQ(taken, 1024u);
	collect();
	EXPECT_TRUE(send(mbuf_of(pattern(60))));
}

TEST_F(Memlink, SegmentsAndChecksumsAChainAsADeviceWould)
{
	Frame whole;
	whole.dst = mac(2);
	whole.src = mac(1);
	whole.ip.emplace();
	whole.ip->src = ip4("10.0.0.1");
	whole.ip->dst = ip4("10.0.0.2");
	whole.ip->proto = PROTO_TCP;
	whole.tcp.emplace();
	whole.tcp->flags = ACK;
	whole.tcp->cksum_good = whole.ip->cksum_good = false;
	whole.payload = pattern(5000);
	Bytes bytes = whole.bytes(), joined;

	create(PLN_LINK_TX_TSO | PLN_LINK_TX_MULTI_SEGS | PLN_LINK_TX_TCP_CKSUM |
	       PLN_LINK_TX_IP4_CKSUM);
	EXPECT_GT(link_.tso_max, 9000u);
	struct rte_mbuf *head = mbuf_of(Bytes(bytes.begin(), bytes.begin() + 1001));
	ASSERT_EQ(rte_pktmbuf_chain(head, mbuf_of(Bytes(bytes.begin() + 1001, bytes.end()))), 0);
	head->l2_len = 14;
	head->l3_len = 20;
	head->l4_len = 20;
	head->tso_segsz = 1460;
	head->ol_flags |= RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_IPV4;
	ASSERT_TRUE(send(head));
	EXPECT_EQ(pln_memlink_pending(memlink_), 4u);
	for (int i = 0; i < 4; i++) {
		Frame f = parse(collect());
		ASSERT_TRUE(f.tcp);
		EXPECT_TRUE(f.ip->cksum_good && f.tcp->cksum_good) << f.text();
		joined.insert(joined.end(), f.payload.begin(), f.payload.end());
	}
	EXPECT_EQ(joined, whole.payload);
}

TEST(MemlinkConfig, IsChecked)
{
	pln_memlink_config config{};
	pln_memlink *link = nullptr;

	EXPECT_EQ(pln_memlink_create(&config, &link), -EINVAL) << "no size";
	config.size = sizeof(config);
	config.mtu = 67;
	EXPECT_EQ(pln_memlink_create(&config, &link), -EINVAL);
	config.mtu = 0;
	config.mac = { { 0x01, 0, 0x5e, 0, 0, 1 } };
	EXPECT_EQ(pln_memlink_create(&config, &link), -EINVAL) << "a group address";
	config.mac = mac(1);
	ASSERT_EQ(pln_memlink_create(&config, &link), 0);
	EXPECT_EQ(pln_memlink_link(link)->mtu, 1500);
	pln_memlink_destroy(link);
	pln_memlink_destroy(nullptr);
}

} // namespace
