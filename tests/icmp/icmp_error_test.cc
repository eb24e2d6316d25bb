/* SPDX-License-Identifier: BSD-3-Clause */
/* Errors we send: what they say and quote, about what there is none, how often (RFC 792, RFC 1122 §3.2.2, RFC 1812 §4.3.2). */
#include "icmp/icmp_error.h"

#include <set>

#include "icmp/icmp_host.h"

namespace
{
class IcmpError : public IcmpHost
{
      protected:
	void
	SetUp() override
	{
		IcmpHost::SetUp();
		arriving.ip.proto = PLN_IP4_PROTO_UDP;
		arriving.ip.hdr_len = PLN_IP4_HDR_LEN;
	}

	/* Send an error about a packet with this header and this behind it; what left, if anything. */
	std::vector<Sent>
	about(const Bytes &transport, const Bytes &options = {},
	      pln_icmp_report report = { PLN_ICMP_UNREACHABLE, PLN_ICMP_CODE_PORT, 0 },
	      size_t each = 0)
	{
		Bytes bytes = header(options, transport.size());
		size_t hdr_len = bytes.size();
		rte_mbuf *m;
		pln_pkt *pkt;

		bytes.insert(bytes.end(), transport.begin(), transport.end());
		m = buffer(bytes, each);
		pkt = pln_mbuf_pkt(m);
		*pkt = arriving;
		pkt->ip.hdr_len = static_cast<uint16_t>(hdr_len);
		pkt->data = rte_pktmbuf_mtod_offset(m, uint8_t *, hdr_len);
		pkt->len = static_cast<uint32_t>(transport.size());
		pln_icmp_error_send(&icmp, pkt, &report);
		rte_pktmbuf_free(m);
		last_quoted = bytes;
		return take_sent();
	}

	Bytes
	header(const Bytes &options, size_t len) const
	{
		Bytes bytes(PLN_IP4_HDR_LEN);
		pln_ip4_hdr hdr = arriving.ip;

		hdr.total_len = static_cast<uint16_t>(PLN_IP4_HDR_LEN + options.size() + len);
		pln_ip4_hdr_emit(bytes.data(), &hdr);
		bytes[0] = static_cast<uint8_t>(0x45 + options.size() / 4);
		bytes.insert(bytes.end(), options.begin(), options.end());
		return bytes;
	}

	/* How many of `n` errors at this moment leave. */
	unsigned int
	burst(unsigned int n)
	{
		unsigned int sent = 0;

		for (unsigned int i = 0; i < n; i++)
			sent += static_cast<unsigned int>(about(pattern(8)).size());
		return sent;
	}

	Bytes last_quoted;
};

TEST_F(IcmpError, SaysWhyAndQuotesThePacketRfc1122)
{
	std::vector<Sent> sent = about(pattern(20));
	Bytes message;
	pln_icmp_hdr hdr;

	ASSERT_EQ(sent.size(), 1U);
	message = sent[0].transport();
	EXPECT_EQ(sent[0].ip().src, our_addr) << "the address that the packet was for";
	EXPECT_EQ(sent[0].ip().dst, peer_addr);
	EXPECT_EQ(sent[0].ip().proto, PLN_IP4_PROTO_ICMP);
	EXPECT_EQ(sent[0].ip().tos, 0xc0);
	EXPECT_EQ(pln_icmp_hdr_parse(message.data(), message.size(), &hdr), PLN_ACCEPT);
	EXPECT_EQ(hdr.type, PLN_ICMP_UNREACHABLE);
	EXPECT_EQ(hdr.code, 3);
	EXPECT_EQ(Bytes(message.begin() + 4, message.begin() + 8), Bytes(4)) << "unused: zero";
	EXPECT_EQ(Bytes(message.begin() + 8, message.end()), last_quoted);
	EXPECT_EQ(count(PLN_ICMP_TX_ERROR), 1U);
}

TEST_F(IcmpError, QuotesAsMuchAsFits576BytesRfc1812)
{
	for (size_t each : { 0, 100, 61 }) {
		Sent sent = about(pattern(1400), Bytes(40, 1), { 3, 3, 0 }, each).at(0);
		Bytes message = sent.transport();

		EXPECT_EQ(sent.ip().total_len, 576);
		EXPECT_TRUE(std::equal(message.begin() + 8, message.end(), last_quoted.begin()));
	}
}

TEST_F(IcmpError, AParameterProblemPointsAtTheByte)
{
	Bytes message = about(pattern(8), {}, { PLN_ICMP_PARAM_PROBLEM, 0, 21 }).at(0).transport();

	EXPECT_EQ(message[0], PLN_ICMP_PARAM_PROBLEM);
	EXPECT_EQ(message[4], 21);
}

TEST_F(IcmpError, NeverAboutAnErrorRfc1122)
{
	std::set<unsigned int> answered;

	icmp.cfg.rate = 1000000;
	icmp.cfg.rate_all = 1000000;
	arriving.ip.proto = PLN_IP4_PROTO_ICMP;
	for (unsigned int type = 0; type < 256; type++) {
		Bytes message = pattern(8);

		message[0] = static_cast<uint8_t>(type);
		if (!about(message).empty())
			answered.insert(type);
	}
	EXPECT_EQ(answered, (std::set<unsigned int>{ 0, 8, 13, 14 }));
	EXPECT_TRUE(about({}).empty()) << "not even a type";
	EXPECT_EQ(count(PLN_ICMP_ERROR_FORBIDDEN), 253U);
}

TEST_F(IcmpError, NeverAboutBroadcastsRfc1122)
{
	for (Be32 dst : { addr4(10, 0, 0, 255), addr4(10, 0, 0, 0), addr4(255, 255, 255, 255),
	                  addr4(224, 0, 0, 1), third_addr }) {
		arriving.ip.dst = dst;
		EXPECT_TRUE(about(pattern(8)).empty());
	}
	arriving.ip.dst = our_addr;
	arriving.link_broadcast = true;
	EXPECT_TRUE(about(pattern(8)).empty());
	EXPECT_EQ(count(PLN_ICMP_ERROR_FORBIDDEN), 6U);
}

TEST_F(IcmpError, NeverAboutALaterFragmentRfc1122)
{
	arriving.ip.mf = true;
	EXPECT_EQ(about(pattern(8)).size(), 1U) << "the first may be spoken of";
	arriving.ip.frag_off = 8;
	EXPECT_TRUE(about(pattern(8)).empty());
}

TEST_F(IcmpError, NeverToASourceThatIsNoSingleHostRfc1122)
{
	for (Be32 src : { any_addr, addr4(127, 0, 0, 1), addr4(224, 0, 0, 1), addr4(240, 0, 0, 1),
	                  addr4(255, 255, 255, 255), addr4(10, 0, 0, 255), addr4(10, 0, 0, 0) }) {
		arriving.ip.src = src;
		EXPECT_TRUE(about(pattern(8)).empty());
	}
	EXPECT_EQ(count(PLN_ICMP_ERROR_FORBIDDEN), 7U);
}

TEST_F(IcmpError, OneDestinationGetsTenASecondRfc1812)
{
	EXPECT_EQ(burst(30), 10U);
	EXPECT_EQ(count(PLN_ICMP_ERROR_LIMITED), 20U);
	env.now += second / 10;
	EXPECT_EQ(burst(5), 1U);
	env.now += second / 2;
	EXPECT_EQ(burst(30), 5U);
	env.now += 86400 * second;
	EXPECT_EQ(burst(30), 10U) << "what was saved up is bounded";
}

TEST_F(IcmpError, WhatIsSavedUpBesideARestIsBoundedToo)
{
	EXPECT_EQ(burst(3), 3U);
	env.now += second / 2; /* five more beside the seven left: ten */
	EXPECT_EQ(burst(30), 10U);
}

TEST_F(IcmpError, AnotherDestinationIsNotMadeToWait)
{
	burst(30);
	arriving.ip.src = third_addr;
	about(pattern(8));
	EXPECT_EQ(count(PLN_ICMP_TX_ERROR), 11U);
}

TEST_F(IcmpError, AllDestinationsTogetherAreLimitedByAnUncertainNumber)
{
	std::set<uint64_t> counts;

	icmp.cfg.rate_all = 100;
	for (unsigned int round = 0; round < 8; round++) {
		uint64_t before = count(PLN_ICMP_TX_ERROR);

		env.now += 60 * second;
		for (unsigned int i = 0; i < 1000; i++) {
			arriving.ip.src = addr4(192, 0, 2 + i / 200, 1 + i % 200);
			about(pattern(8));
		}
		counts.insert(count(PLN_ICMP_TX_ERROR) - before);
	}
	EXPECT_GT(counts.size(), 3U) << "who counts learns nothing exact (RFC 6056's ports)";
	EXPECT_GE(*counts.begin(), 33U);
	EXPECT_LE(*counts.rbegin(), 100U);
}

TEST_F(IcmpError, ALowRateForAllIsSavedUpForASecond)
{
	icmp.cfg.rate_all = 15;
	for (unsigned int round = 0; round < 200; round++) {
		env.now += 60 * second;
		for (unsigned int i = 0; i < 30; i++) {
			arriving.ip.src = addr4(192, 0, 2, 1 + i);
			about(pattern(8));
		}
	}
	/* Each costs two on the average: seven of fifteen, where twelve would give six. */
	EXPECT_GT(count(PLN_ICMP_TX_ERROR), 200 * 13U / 2);
	EXPECT_LT(count(PLN_ICMP_TX_ERROR), 200 * 8U);
}

TEST_F(IcmpError, ARateOfZeroSendsNone)
{
	icmp.cfg.rate = 0;
	EXPECT_EQ(burst(3), 0U);
	icmp.cfg.rate = 10;
	icmp.cfg.rate_all = 0;
	EXPECT_EQ(burst(3), 0U);
	icmp.cfg.rate_all = 1;
	EXPECT_GE(burst(20), 3U);
}

TEST_F(IcmpError, WithoutABufferNothingIsSent)
{
	std::vector<rte_mbuf *> all;

	while (rte_mbuf *m = pln_mbuf_alloc(pool))
		all.push_back(m);
	rte_pktmbuf_free(all.back()); /* for the packet itself */
	all.pop_back();
	EXPECT_TRUE(about(pattern(8)).empty());
	EXPECT_EQ(count(PLN_TX_NO_MBUF), 1U);
	for (rte_mbuf *m : all)
		rte_pktmbuf_free(m);
}
} // namespace
