/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two stacks, a cable that does its worst, and every byte compared both ways: over timestamps, window scaling, segment size,
 * what the device does, and the kinds of fault.
 */
#include <rte_ip.h>
#include <rte_mempool.h>
#include <rte_tcp.h>

#include <gtest/gtest.h>

#include "dev/mbuf.h"
#include "support/stream.h"
#include "support/two_hosts.h"

namespace
{

using namespace support;

constexpr uint32_t CKSUM = PLN_LINK_TX_TCP_CKSUM | PLN_LINK_TX_IP4_CKSUM;
constexpr uint32_t TSO = CKSUM | PLN_LINK_TX_MULTI_SEGS | PLN_LINK_TX_TSO;

struct Device {
	const char *name;
	uint32_t capabilities;
	int inject_flags;
};

struct Line {
	const char *name;
	Faults faults;
};

Faults
faults_of(const char *kind)
{
	std::string name = kind;
	Faults f;
	bool all = name == "everything";

	f.loss = all || name == "loss" ? 0.03 : 0;
	f.reorder = all || name == "reorder" ? 0.05 : 0;
	f.duplicate = all || name == "duplicate" ? 0.05 : 0;
	f.corrupt = all || name == "corrupt" ? 0.03 : 0;
	f.jitter_ns = all ? 100000 : 0;
	if (name == "narrow") { /* 20 Mbit/s and a buffer of 10 ms: it is the queue that drops */
		f.bits_per_s = 20000000;
		f.queue_ns = 10 * PLN_NS_PER_MS;
		f.delay_ns = 5 * PLN_NS_PER_MS;
	}
	return f;
}

constexpr Device devices[] = {
	{ "software", 0, 0 },
	{ "chains", PLN_LINK_TX_MULTI_SEGS, 0 },
	{ "checksums", CKSUM, PLN_MEMLINK_CKSUM_GOOD },
	{ "tso", TSO, PLN_MEMLINK_CKSUM_GOOD },
};

constexpr const char *lines[] = { "clean",   "loss",       "reorder", "duplicate",
	                          "corrupt", "everything", "narrow" };

/* Timestamps, window scaling, MTU, device, line. */
using Case = std::tuple<bool, bool, uint16_t, Device, const char *>;

class Transfer : public ::testing::TestWithParam<Case>
{
};

/* What a matrix cell sets up, the same at both ends. */
TwoHostsOptions
world_of(const Case &param)
{
	auto [ts, ws, mtu, device, line] = param;
	TwoHostsOptions options;

	for (HostOptions *host : { &options.a, &options.b }) {
		host->capabilities = device.capabilities;
		host->mtu = mtu;
		host->options = { { "timestamps", ts ? "1" : "0" }, { "wscale", ws ? "1" : "0" } };
	}
	options.b.seed = 2;
	return options;
}

TEST_P(Transfer, EveryByteArrivesBothWaysAndBothEndsFinish)
{
	auto [ts, ws, mtu, device, line] = GetParam();
	unsigned int buffers = rte_mempool_avail_count(pln_mbuf_shared_pool());
	constexpr uint64_t TOTAL = 400000;

	{
		TwoHosts w(world_of(GetParam()));
		auto [client, server] = w.established_pair();
		for (Faults &f : w.cable.faults) {
			f = faults_of(line);
			f.inject_flags = device.inject_flags;
		}
		EXPECT_EQ(w.a.info(client).timestamps, ts);
		EXPECT_EQ(w.b.info(server).wscale, ws);
		Stream up({ w.a.stack(), client, w.b.stack(), server }, TOTAL, 1);
		Stream down({ w.b.stack(), server, w.a.stack(), client }, TOTAL / 2, 2);
		down.zero_copy = true;
		w.app = [&] {
			return static_cast<int>(up.pump()) + static_cast<int>(down.pump()) > 0;
		};

		bool done =
			w.run_until([&] { return up.over() && down.over(); }, 600 * PLN_NS_PER_S);
		ASSERT_TRUE(done) << up.received() << " of " << up.sent() << " up, "
				  << down.received() << " of " << down.sent() << " down\n"
				  << w.a.dump() << w.b.dump();
		EXPECT_EQ(up.error + down.error, "");
		EXPECT_EQ(pln_tcp_close(w.a.stack(), client), 0);
		EXPECT_EQ(pln_tcp_close(w.b.stack(), server), 0);
		w.app = nullptr;
		auto closed = [&] {
			return pln_tcp_conn_count(w.a.stack()) == 0 &&
			       pln_tcp_conn_count(w.b.stack()) == 0;
		};
		EXPECT_TRUE(w.run_until(closed, 600 * PLN_NS_PER_S)) << w.a.dump() << w.b.dump();
		EXPECT_EQ(std::string(line) == "corrupt",
		          w.b.counter("tcp_bad_checksum") > 0 && std::string(line) != "everything")
			<< "damage is seen, and only where there is some";
	}
	EXPECT_EQ(rte_mempool_avail_count(pln_mbuf_shared_pool()), buffers) << "buffers leaked";
}

INSTANTIATE_TEST_SUITE_P(Matrix, Transfer,
                         ::testing::Combine(::testing::Bool(), ::testing::Bool(),
                                            ::testing::Values<uint16_t>(576, 1500, 9000),
                                            ::testing::ValuesIn(devices),
                                            ::testing::ValuesIn(lines)),
                         [](const ::testing::TestParamInfo<Case> &info) {
				 return std::string(std::get<0>(info.param) ? "Ts" : "NoTs") +
	                                (std::get<1>(info.param) ? "Ws" : "NoWs") +
	                                std::to_string(std::get<2>(info.param)) +
	                                std::get<3>(info.param).name + std::get<4>(info.param);
			 });

TEST(TransferFlow, SlowReaderClosesTheWindowAndNothingIsLost)
{
	TwoHostsOptions options;
	constexpr uint64_t TOTAL = 300000;

	options.b.options = { { "rcvbuf", "20000" } };
	options.a.options = { { "sndbuf", "50000" }, { "sndbuf_max", "50000" } };
	TwoHosts w(options);
	auto [client, server] = w.established_pair();
	Stream up({ w.a.stack(), client, w.b.stack(), server }, TOTAL, 1);
	up.pace = 0;
	w.app = [&] { return up.pump(); };
	w.run_for(30 * PLN_NS_PER_S);
	EXPECT_LE(up.sent(), 20000u + 50000u + 1500u) << "what is not read is not sent on and on";
	EXPECT_EQ(w.b.info(server).rcv_wnd, 0u);
	EXPECT_GT(w.a.counter("tcp_zero_window_probe"), 2u);
	while (!up.over() && up.pace < TOTAL) {
		up.pace += 7000;
		w.run_for(100 * PLN_NS_PER_MS);
	}
	up.pace = UINT64_MAX;
	ASSERT_TRUE(w.run_until([&] { return up.over(); }, 60 * PLN_NS_PER_S))
		<< w.a.dump() << w.b.dump();
	EXPECT_EQ(up.error, "");
	EXPECT_EQ(up.received(), TOTAL);
}

TEST(TransferFlow, CleanLineNeedsNoRetransmission)
{
	TwoHosts w;
	auto [client, server] = w.established_pair();
	Stream up({ w.a.stack(), client, w.b.stack(), server }, 4000000, 1);
	w.app = [&] { return up.pump(); };
	ASSERT_TRUE(w.run_until([&] { return up.over(); }, 60 * PLN_NS_PER_S));
	EXPECT_EQ(up.error, "");
	EXPECT_EQ(w.a.counter("tcp_retransmit"), 0u);
	EXPECT_EQ(w.a.counter("tcp_rto"), 0u);
	EXPECT_EQ(w.b.counter("tcp_duplicate"), 0u);
}

TEST(TransferFlow, ConnectionsTakeTurnsOfSixteenSegments)
{
	TwoHostsOptions options;
	std::vector<uint16_t> order;
	std::vector<uint8_t> bytes(40 * 1460);

	options.a.options = { { "init_cwnd", "64" }, { "sndbuf", "200000" } };
	options.b.options = { { "rcvbuf", "200000" } };
	TwoHosts w(options);
	uint64_t first = w.established_pair(80).first, second = w.established_pair(81).first;
	w.run_for(PLN_NS_PER_S);
	w.cable.tap = [&](int from, const Bytes &frame, uint64_t) {
		Frame f = parse(frame);
		if (from == 0 && !f.payload.empty())
			order.push_back(f.tcp->dport);
	};
	for (uint64_t conn : { first, second }) {
		EXPECT_EQ(pln_tcp_send(w.a.stack(), conn, bytes.data(), bytes.size(), 0),
		          static_cast<ssize_t>(bytes.size()));
	}
	w.settle();
	ASSERT_GE(order.size(), 64U);
	for (size_t i = 0; i < 64; i++)
		EXPECT_EQ(order[i], 80 + i / 16 % 2) << i;
}

/* A link that looks at the frames that a device would cut. */
struct Onlooker {
	pln_link inner{};
	unsigned int seen = 0, wrong = 0;

	void
	wrap(pln_link &link)
	{
		inner = link;
		link.rx = rx;
		link.tx = tx;
		link.ctx = this;
	}

	static uint16_t
	rx(void *ctx, rte_mbuf **frames, uint16_t n)
	{
		auto *self = static_cast<Onlooker *>(ctx);

		return self->inner.rx(self->inner.ctx, frames, n);
	}

	static uint16_t
	tx(void *ctx, rte_mbuf **frames, uint16_t n)
	{
		auto *self = static_cast<Onlooker *>(ctx);

		for (uint16_t i = 0; i < n; i++) {
			if ((frames[i]->ol_flags & RTE_MBUF_F_TX_TCP_SEG) == 0)
				continue;
			const auto *ip = rte_pktmbuf_mtod_offset(frames[i], const rte_ipv4_hdr *,
			                                         frames[i]->l2_len);
			const auto *tcp =
				rte_pktmbuf_mtod_offset(frames[i], const rte_tcp_hdr *,
			                                frames[i]->l2_len + frames[i]->l3_len);
			self->seen++;
			self->wrong += rte_ipv4_phdr_cksum(ip, frames[i]->ol_flags) != tcp->cksum;
		}
		return self->inner.tx(self->inner.ctx, frames, n);
	}
};

TEST(TransferFlow, DeviceThatCutsFindsThePseudoHeadersSumWithoutALength)
{
	TwoHostsOptions options;
	Onlooker onlooker;
	std::vector<uint8_t> bytes(10 * 1460);

	options.a.capabilities = TSO;
	options.a.wrap = [&](pln_link &link) { onlooker.wrap(link); };
	TwoHosts w(options);
	uint64_t conn = w.established_pair().first;
	EXPECT_GT(pln_tcp_send(w.a.stack(), conn, bytes.data(), bytes.size(), 0), 0);
	w.settle();
	EXPECT_GT(onlooker.seen, 0U);
	EXPECT_EQ(onlooker.wrong, 0U);
}

TEST(TransferFlow, DeviceThatTakesNoChainsCutsNothing)
{
	TwoHostsOptions options;
	Onlooker onlooker;
	std::vector<uint8_t> bytes(10 * 1460);

	options.a.capabilities = TSO & ~static_cast<uint32_t>(PLN_LINK_TX_MULTI_SEGS);
	options.a.wrap = [&](pln_link &link) { onlooker.wrap(link); };
	TwoHosts w(options);
	uint64_t conn = w.established_pair().first;
	EXPECT_GT(pln_tcp_send(w.a.stack(), conn, bytes.data(), bytes.size(), 0), 0);
	w.settle();
	EXPECT_EQ(onlooker.seen, 0U);
}

TEST(TransferFlow, MtuMayChangeInTheMiddle)
{
	TwoHosts w;
	auto [client, server] = w.established_pair();
	Stream up({ w.a.stack(), client, w.b.stack(), server }, 2000000, 1);
	size_t longest = 0;
	w.app = [&] { return up.pump(); };
	w.cable.tap = [&](int from, const Bytes &bytes, uint64_t) {
		if (from == 0)
			longest = std::max(longest, bytes.size());
	};
	ASSERT_TRUE(w.run_until([&] { return up.received() > 500000; }, 60 * PLN_NS_PER_S));
	EXPECT_EQ(longest, 1514u);
	ASSERT_EQ(pln_stack_mtu_set(w.a.stack(), 1000), 0);
	longest = 0;
	ASSERT_TRUE(w.run_until([&] { return up.over(); }, 60 * PLN_NS_PER_S)) << w.a.dump();
	EXPECT_EQ(up.error, "");
	EXPECT_EQ(longest, 1014u);
}

TEST(TransferFlow, BlockedLinkLosesNothing)
{
	TwoHosts w;
	auto [client, server] = w.established_pair();
	Stream up({ w.a.stack(), client, w.b.stack(), server }, 1000000, 1);
	w.app = [&] { return up.pump(); };
	for (int i = 0; !up.over() && i < 10000; i++) {
		pln_memlink_block_tx(w.a.link(), i % 3 != 0);
		w.run_for(PLN_NS_PER_MS / 2);
	}
	EXPECT_EQ(up.error, "");
	EXPECT_EQ(up.received(), 1000000u) << w.a.dump();
	EXPECT_GT(w.a.counter("tx_ring_full"), 0u);
	EXPECT_EQ(w.a.counter("tx_drop_backlog"), 0u);
}

/* Cable pulled for a while: back-off, then on it goes (RFC 6298 §5). */
TEST(TransferFlow, SurvivesAnOutage)
{
	TwoHosts w;
	auto [client, server] = w.established_pair();
	Stream up({ w.a.stack(), client, w.b.stack(), server }, 3000000, 1);
	w.app = [&] { return up.pump(); };
	ASSERT_TRUE(w.run_until([&] { return up.received() > 1000000; }, 60 * PLN_NS_PER_S));
	w.cable.faults[0].loss = w.cable.faults[1].loss = 1;
	w.run_for(20 * PLN_NS_PER_S);
	EXPECT_GT(w.a.info(client).backoff, 3);
	EXPECT_EQ(w.a.info(client).ca_state, PLN_TCP_CA_LOSS);
	w.cable.faults[0].loss = w.cable.faults[1].loss = 0;
	ASSERT_TRUE(w.run_until([&] { return up.over(); }, 120 * PLN_NS_PER_S))
		<< w.a.dump() << w.b.dump();
	EXPECT_EQ(up.error, "");
}

} // namespace
