/* SPDX-License-Identifier: BSD-3-Clause */
/* Fragments and frames larger than a buffer, from the wire to TCP and ICMP and back (RFC 791 §3.2, RFC 1122 §3.3.2). */
#include <rte_mbuf.h>

#include <gtest/gtest.h>
#include <pollen/stats.h>

#include "dev/mbuf.h"
#include "support/stream.h"
#include "support/two_hosts.h"

namespace
{

using namespace support;

/* A frame's IP packet in frames of at most `mtu` bytes of packet. */
std::vector<Frame>
fragments_of(const Frame &whole, size_t mtu)
{
	Bytes packet = whole.ip_bytes();
	size_t hdr_len = (packet[0] & 0xfU) * 4U, each = (mtu - hdr_len) / 8 * 8;
	std::vector<Frame> all;

	for (size_t off = hdr_len; off < packet.size(); off += each) {
		size_t end = std::min(packet.size(), off + each);
		Frame f;

		f.dst = whole.dst;
		f.src = whole.src;
		f.ip = whole.ip;
		f.ip->df = false;
		f.ip->total_len.reset();
		f.ip->frag_off = static_cast<uint16_t>(off - hdr_len);
		f.ip->mf = end < packet.size();
		f.payload.assign(packet.begin() + static_cast<long>(off),
		                 packet.begin() + static_cast<long>(end));
		all.push_back(f);
	}
	return all;
}

class Fragments : public ::testing::Test
{
      protected:
	Fragments() : free_before_(rte_mempool_avail_count(pln_mbuf_shared_pool()))
	{
	}

	~Fragments() override
	{
		w.reset();
		EXPECT_EQ(rte_mempool_avail_count(pln_mbuf_shared_pool()), free_before_)
			<< "buffers leaked";
	}

	void
	make(const TwoHostsOptions &options = {})
	{
		w = std::make_unique<TwoHosts>(options);
	}

	/* Everything a sends reaches b in fragments of `mtu` bytes at most, shuffled by turns. */
	void
	fragment_the_way(size_t mtu)
	{
		w->cable.faults[0].drop = [this, mtu](const Frame &f, uint64_t) {
			if (!f.ip || f.ip_bytes().size() <= mtu)
				return false;

			Frame numbered = f;

			numbered.ip->id = ++id_;

			std::vector<Frame> parts = fragments_of(numbered, mtu);

			if (id_ % 2 == 0)
				std::reverse(parts.begin(), parts.end());
			for (const Frame &part : parts) {
				Bytes bytes = part.bytes();

				EXPECT_EQ(pln_memlink_inject(w->b.link(), bytes.data(),
				                             bytes.size(), flags_),
				          0);
			}
			return true;
		};
	}

	void
	transfer(uint64_t bytes)
	{
		auto [client, server] = w->established_pair();
		Stream stream({ w->a.stack(), client, w->b.stack(), server }, bytes, 3);

		w->app = [&stream] { return stream.pump(); };
		EXPECT_TRUE(w->run_until([&stream] { return stream.over(); }, 60 * PLN_NS_PER_S));
		EXPECT_EQ(stream.error, "");
		EXPECT_EQ(stream.received(), bytes);
		w->app = nullptr;
	}

	/* An echo request of the peer's to `host`, `len` bytes of payload. */
	static Frame
	echo_request(const Host &host, size_t len)
	{
		Frame f;

		f.dst = host.mac;
		f.src = mac(2);
		f.ip.emplace();
		f.ip->src = ip4("10.0.0.2");
		f.ip->dst = host.addr;
		f.ip->proto = PROTO_ICMP;
		f.ip->id = 4711;
		f.ip->df = false;
		f.icmp.emplace();
		f.icmp->id = 5;
		f.icmp->seq = 6;
		f.payload.resize(len);
		for (size_t i = 0; i < len; i++)
			f.payload[i] = static_cast<uint8_t>(i * 11 + i / 256);
		return f;
	}

	unsigned int free_before_;
	std::unique_ptr<TwoHosts> w;
	uint16_t id_ = 0;
	int flags_ = 0;
};

TEST_F(Fragments, TcpIsCarriedByThem)
{
	make();
	fragment_the_way(576);
	transfer(1 << 20);
	EXPECT_GT(w->b.counter("ip_reasm_ok"), 500U);
	EXPECT_EQ(w->b.counter("ip_frag_overlap"), 0U);
	EXPECT_EQ(w->a.counter("tcp_retransmit"), 0U);
}

TEST_F(Fragments, NoDeviceIsBelievedAboutTheirChecksums)
{
	TwoHostsOptions options;

	options.b.capabilities = PLN_LINK_RX_CKSUM_FLAGS;
	make(options);

	Frame f;

	f.dst = w->b.mac;
	f.src = w->a.mac;
	f.ip.emplace();
	f.ip->src = w->a.addr;
	f.ip->dst = w->b.addr;
	f.ip->proto = PROTO_TCP;
	f.tcp.emplace();
	f.tcp->sport = 1000;
	f.tcp->dport = 80;
	f.tcp->flags = SYN;
	f.tcp->cksum_good = false;
	f.payload = Bytes(1000, 7);
	for (const Frame &part : fragments_of(f, 576)) {
		Bytes bytes = part.bytes();

		ASSERT_EQ(pln_memlink_inject(w->b.link(), bytes.data(), bytes.size(),
		                             PLN_MEMLINK_CKSUM_GOOD),
		          0);
	}
	w->settle();
	EXPECT_EQ(w->b.counter("ip_reasm_ok"), 1U);
	EXPECT_EQ(w->b.counter("tcp_bad_checksum"), 1U);

	std::vector<Frame> parts = fragments_of(f, 576);

	parts[0].ip->cksum_good = false;

	Bytes bytes = parts[0].bytes();

	ASSERT_EQ(
		pln_memlink_inject(w->b.link(), bytes.data(), bytes.size(), PLN_MEMLINK_CKSUM_GOOD),
		0);
	w->settle();
	EXPECT_EQ(w->b.counter("ip_bad_checksum"), 1U);
}

TEST_F(Fragments, SegmentsOfSixtyThousandBytesArrive)
{
	TwoHostsOptions options;

	options.a.mtu = options.b.mtu = 60000;
	options.a.capabilities = options.b.capabilities = PLN_LINK_TX_MULTI_SEGS;
	make(options);
	transfer(4 << 20);
	EXPECT_EQ(w->b.counter("rx_drop_no_mbuf"), 0U);
	EXPECT_LT(w->a.counter("tcp_tx_segs"), 200U);
}

TEST_F(Fragments, FramesOfSixtyThousandBytesCarryEcho)
{
	HostOptions options;

	options.mtu = 65535;
	options.capabilities = PLN_LINK_TX_MULTI_SEGS;

	Host host(options, "10.0.0.1", 1, PLN_NS_PER_S);
	pln_addr peer = ip4("10.0.0.2");
	pln_mac peer_mac = mac(2);
	Bytes bytes = echo_request(host, 65507).bytes();

	ASSERT_EQ(pln_stack_neigh_set(host.stack(), &peer, &peer_mac), 0);
	pln_stack_run(host.stack(), PLN_NS_PER_S);
	while (host.collect())
		;
	ASSERT_EQ(pln_memlink_inject(host.link(), bytes.data(), bytes.size(), 0), 0);
	pln_stack_run(host.stack(), PLN_NS_PER_S);

	std::optional<Frame> reply = host.collect();

	ASSERT_TRUE(reply);
	EXPECT_EQ(reply->icmp->type, 0);
	EXPECT_TRUE(reply->icmp->cksum_good);
	EXPECT_EQ(reply->payload, echo_request(host, 65507).payload);
}

TEST_F(Fragments, EchoUpTo65507BytesIsAnsweredInFragments)
{
	HostOptions options;
	Host host(options, "10.0.0.1", 1, PLN_NS_PER_S);
	pln_addr peer = ip4("10.0.0.2");
	pln_mac peer_mac = mac(2);

	ASSERT_EQ(pln_stack_neigh_set(host.stack(), &peer, &peer_mac), 0);
	pln_stack_run(host.stack(), PLN_NS_PER_S);
	while (host.collect())
		;
	for (size_t len : { 0U, 1U, 1472U, 1473U, 9000U, 65507U }) {
		Frame request = echo_request(host, len);
		Bytes packet;

		for (const Frame &part : fragments_of(request, 1500)) {
			Bytes bytes = part.bytes();

			ASSERT_EQ(pln_memlink_inject(host.link(), bytes.data(), bytes.size(), 0),
			          0);
		}
		pln_stack_run(host.stack(), PLN_NS_PER_S);
		while (auto f = host.collect()) {
			Bytes bytes = f->ip_bytes();

			EXPECT_EQ(f->ip->frag_off, packet.size());
			EXPECT_LE(bytes.size(), 1500U);
			packet.insert(packet.end(), bytes.begin() + 20, bytes.end());
		}
		ASSERT_EQ(packet.size(), 8 + len);
		EXPECT_EQ(packet[0], 0);
		EXPECT_EQ(internet_cksum(packet), 0);
		EXPECT_TRUE(std::equal(packet.begin() + 8, packet.end(), request.payload.begin()));
	}
}

} // namespace
