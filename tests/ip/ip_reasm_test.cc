/* SPDX-License-Identifier: BSD-3-Clause */
/* Reassembly: every order, duplicates, overlaps, what contradicts itself; bounds of memory and time; ECN (RFC 791, 815, 1122 §3.3.2). */
#include <random>

#include "support/ip_host.h"

namespace
{

using Bytes = std::vector<uint8_t>;

/* `n` bytes, each of them told apart from its neighbours. */
Bytes
pattern(size_t n)
{
	Bytes bytes(n);

	for (size_t i = 0; i < n; i++)
		bytes[i] = static_cast<uint8_t>(i * 7 + i / 251);
	return bytes;
}

struct Fragment {
	uint32_t off = 0;
	Bytes data;
	bool last = false, link_broadcast = false;
	uint16_t id = 77;
	uint8_t tos = 0, proto = PLN_IP4_PROTO_UDP;
	Be32 src = peer_addr;
	Bytes options;
};

class Reasm : public IpHost
{
      protected:
	/* Hand one in; what it completes is in `whole`. */
	pln_drop
	receive(const Fragment &f)
	{
		rte_mbuf *m = pln_mbuf_alloc(pool);

		if (m == nullptr)
			return PLN_TX_NO_MBUF;
		pln_pkt *pkt = pln_mbuf_pkt(m), *done = nullptr;
		uint16_t hdr_len = static_cast<uint16_t>(PLN_IP4_HDR_LEN + f.options.size());
		auto *p = reinterpret_cast<uint8_t *>(
			rte_pktmbuf_append(m, static_cast<uint16_t>(hdr_len + f.data.size())));

		*pkt = pln_pkt{};
		pkt->ip.src = f.src;
		pkt->ip.dst = our_addr;
		pkt->ip.total_len = static_cast<uint16_t>(hdr_len + f.data.size());
		pkt->ip.hdr_len = hdr_len;
		pkt->ip.id = f.id;
		pkt->ip.frag_off = static_cast<uint16_t>(f.off);
		pkt->ip.mf = !f.last;
		pkt->ip.tos = f.tos;
		pkt->ip.ttl = 61;
		pkt->ip.proto = f.proto;
		pkt->src_mac = peer_mac;
		pkt->link_broadcast = f.link_broadcast;
		pln_ip4_hdr_emit(p, &pkt->ip);
		p[0] = static_cast<uint8_t>(4U << 4 | hdr_len / 4U);
		std::copy(f.options.begin(), f.options.end(), p + PLN_IP4_HDR_LEN);
		std::copy(f.data.begin(), f.data.end(), p + hdr_len);
		pkt->data = p + hdr_len;
		pkt->len = static_cast<uint32_t>(f.data.size());

		pln_drop drop = pln_ip_reasm_rx(&ip.reasm, pkt, &done);

		rte_pktmbuf_free(m);
		if (done != nullptr)
			take(done);
		return drop;
	}

	/* The whole of what completed last, as the protocols above read it. */
	void
	take(pln_pkt *pkt)
	{
		whole_ip = pkt->ip;
		whole_broadcast = pkt->link_broadcast;
		whole.resize(pkt->len);
		pln_mbuf_get_pkt(pkt, 0, whole.data(), pkt->len);
		header.assign(pkt->data - pkt->ip.hdr_len, pkt->data);
		completed++;
		EXPECT_FALSE(pkt->l4_good);
		EXPECT_TRUE(pkt->src_mac == peer_mac);
		pln_mbuf_free_pkt(pkt);
	}

	/* Bytes [off, off + len) of `data`, `len` of them at most. */
	static Fragment
	piece(const Bytes &data, size_t off, size_t len)
	{
		Fragment f;
		size_t end = std::min(off + len, data.size());

		f.off = static_cast<uint32_t>(off);
		f.data.assign(data.begin() + static_cast<long>(off),
		              data.begin() + static_cast<long>(end));
		f.last = end == data.size();
		return f;
	}

	static std::vector<Fragment>
	cut(const Bytes &data, size_t each)
	{
		std::vector<Fragment> all;

		for (size_t off = 0; off < data.size(); off += each)
			all.push_back(piece(data, off, each));
		return all;
	}

	void
	expect_whole(const Bytes &data)
	{
		EXPECT_EQ(completed, 1U);
		EXPECT_EQ(whole, data);
		EXPECT_EQ(ip.reasm.count, 0U);
		EXPECT_EQ(ip.reasm.held_bytes, 0U);
	}

	Bytes whole, header;
	pln_ip4_hdr whole_ip{};
	unsigned int completed = 0;
	bool whole_broadcast = false;
};

class ReasmRfc791 : public Reasm
{
};
class ReasmRfc1122 : public Reasm
{
};
class ReasmRfc5722 : public Reasm
{
};
class ReasmRfc3168 : public Reasm
{
};
class ReasmRfc1858 : public Reasm
{
};

TEST_F(ReasmRfc791, FourFragmentsInEveryOrder)
{
	Bytes data = pattern(4 * 400 - 3);
	std::vector<Fragment> parts = cut(data, 400);
	std::vector<size_t> order = { 0, 1, 2, 3 };

	do {
		completed = 0;
		for (size_t i : order)
			EXPECT_EQ(receive(parts[i]), PLN_ACCEPT);
		expect_whole(data);
	} while (std::next_permutation(order.begin(), order.end()));
	EXPECT_EQ(count(PLN_IP_REASM_OK), 24U);
	EXPECT_EQ(count(PLN_IP_RX_FRAGMENT), 96U);
}

TEST_F(ReasmRfc791, TheLargestDatagramOfTheSmallestFragments)
{
	Bytes data = pattern(65535 - PLN_IP4_HDR_LEN);

	for (const Fragment &f : cut(data, 8))
		ASSERT_EQ(receive(f), PLN_ACCEPT);
	expect_whole(data);
	EXPECT_EQ(whole_ip.total_len, 65535);
}

TEST_F(ReasmRfc791, TheLargestDatagramBackwards)
{
	Bytes data = pattern(65535 - PLN_IP4_HDR_LEN);
	std::vector<Fragment> parts = cut(data, 1480);

	for (auto f = parts.rbegin(); f != parts.rend(); ++f)
		ASSERT_EQ(receive(*f), PLN_ACCEPT);
	expect_whole(data);
}

TEST_F(ReasmRfc791, RandomPiecesInRandomOrderWithDuplicates)
{
	std::mt19937 rng(815);

	for (int round = 0; round < 200; round++) {
		Bytes data = pattern(1 + rng() % 9000);
		std::vector<Fragment> parts;

		for (size_t off = 0; off < data.size();) {
			size_t len = 8 * (1 + rng() % 100);

			parts.push_back(piece(data, off, len));
			off += len;
		}
		if (parts.size() > 1)
			parts.insert(parts.end(), parts.begin(), parts.end() - 1);
		/* Its last part comes once, as the last of all: a duplicate would begin anew. */
		std::shuffle(parts.begin(), parts.end(), rng);
		completed = 0;
		for (const Fragment &f : parts) {
			if (completed == 0)
				receive(f);
		}
		ASSERT_EQ(completed, 1U);
		ASSERT_EQ(whole, data);
	}
	EXPECT_EQ(count(PLN_IP_FRAG_OVERLAP), 0U);
}

TEST_F(ReasmRfc791, TheHeaderOfTheWholeIsTheFirstFragmentsMadeWhole)
{
	Bytes data = pattern(1000);
	std::vector<Fragment> parts = cut(data, 400);

	parts[0].options = { 7, 3, 4, 0 };
	parts[0].tos = 0x10;
	parts[1].tos = 0x20;
	for (size_t i : { 2U, 0U, 1U })
		EXPECT_EQ(receive(parts[i]), PLN_ACCEPT);
	expect_whole(data);
	EXPECT_EQ(whole_ip.hdr_len, 24);
	EXPECT_EQ(whole_ip.total_len, 1024);
	EXPECT_EQ(whole_ip.tos, 0x10);
	EXPECT_EQ(whole_ip.frag_off, 0);
	EXPECT_FALSE(whole_ip.mf);

	pln_ip4_hdr parsed{};
	Bytes packet = header;

	packet.insert(packet.end(), data.begin(), data.end());
	ASSERT_EQ(pln_ip4_hdr_parse(packet.data(), packet.size(), false, &parsed), PLN_ACCEPT);
	EXPECT_EQ(parsed.total_len, 1024);
	EXPECT_FALSE(parsed.mf);
	EXPECT_EQ(header[20], 7);
}

TEST_F(ReasmRfc791, OnlyFragmentsOfOneDatagramBelongTogether)
{
	Bytes data = pattern(800);
	Fragment first = piece(data, 0, 400), other = piece(data, 400, 400);

	EXPECT_EQ(receive(first), PLN_ACCEPT);
	other.id = 78;
	EXPECT_EQ(receive(other), PLN_ACCEPT);
	other.id = 77;
	other.src = third_addr;
	EXPECT_EQ(receive(other), PLN_ACCEPT);
	other.src = peer_addr;
	other.proto = PLN_IP4_PROTO_ICMP;
	EXPECT_EQ(receive(other), PLN_ACCEPT);
	EXPECT_EQ(completed, 0U);
	EXPECT_EQ(ip.reasm.count, 4U);
}

TEST_F(ReasmRfc791, LengthsAndEndsThatMakeNoSense)
{
	Bytes data = pattern(64);
	Fragment f = piece(data, 0, 12), empty;

	f.last = false;
	EXPECT_EQ(receive(f), PLN_IP_FRAG_BAD) << "no multiple of 8";
	empty.last = true;
	empty.off = 8;
	EXPECT_EQ(receive(empty), PLN_IP_FRAG_BAD);
	f = piece(data, 0, 24);
	f.off = 65512;
	f.last = true;
	EXPECT_EQ(receive(f), PLN_IP_FRAG_TOO_BIG) << "the ping of death";
	EXPECT_EQ(ip.reasm.count, 0U);
}

TEST_F(ReasmRfc791, OptionsMayMakeTheWholeTooLong)
{
	Bytes data = pattern(65512);
	std::vector<Fragment> parts = cut(data, 1480);

	parts[0].options = { 1, 1, 1, 1 };
	for (size_t i = 1; i < parts.size(); i++)
		ASSERT_EQ(receive(parts[i]), PLN_ACCEPT);
	EXPECT_EQ(receive(parts[0]), PLN_IP_FRAG_TOO_BIG);
	EXPECT_EQ(completed, 0U);
	EXPECT_EQ(ip.reasm.held_bytes, 0U);
}

TEST_F(ReasmRfc5722, ExactDuplicatesDoNoHarm)
{
	Bytes data = pattern(3000 + 5);
	std::vector<Fragment> parts = cut(data, 1000);

	EXPECT_EQ(receive(parts[0]), PLN_ACCEPT);
	EXPECT_EQ(receive(parts[0]), PLN_IP_FRAG_DUPLICATE);
	EXPECT_EQ(receive(parts[3]), PLN_ACCEPT);
	EXPECT_EQ(receive(parts[3]), PLN_IP_FRAG_DUPLICATE);
	EXPECT_EQ(receive(parts[1]), PLN_ACCEPT);
	EXPECT_EQ(receive(parts[0]), PLN_IP_FRAG_DUPLICATE);
	EXPECT_EQ(receive(parts[1]), PLN_IP_FRAG_DUPLICATE);
	EXPECT_EQ(receive(parts[2]), PLN_ACCEPT);
	expect_whole(data);
}

TEST_F(ReasmRfc5722, AnyOtherOverlapRejectsAllThatCameAndAllThatComes)
{
	Bytes data = pattern(2000), other(2000, 0xee);
	struct {
		const Bytes &from;
		uint32_t off, len;
		bool last;
	} const overlaps[] = {
		{ data, 392, 400, false },  /* its front over another's end, with the same bytes */
		{ data, 0, 408, false },    /* longer */
		{ data, 0, 392, false },    /* shorter */
		{ data, 8, 392, false },    /* within */
		{ data, 0, 1200, false },   /* over two and what lies between */
		{ data, 792, 16, false },   /* its end over another's front */
		{ other, 0, 400, false },   /* the same ends, other bytes */
		{ data, 800, 400, true },   /* a second end of the datagram */
		{ data, 1000, 1000, true }, /* within, and a last one */
		{ data, 0, 2000, true },    /* over everything */
	};
	uint16_t id = 100;

	for (const auto &o : overlaps) {
		Fragment bad = piece(o.from, o.off, o.len), a = piece(data, 0, 400),
			 b = piece(data, 800, 400), c = piece(data, 1200, 800);

		bad.last = o.last;
		a.id = b.id = c.id = bad.id = ++id;
		EXPECT_EQ(receive(a), PLN_ACCEPT);
		EXPECT_EQ(receive(b), PLN_ACCEPT);
		EXPECT_EQ(receive(c), PLN_ACCEPT);
		EXPECT_EQ(receive(bad), PLN_IP_FRAG_OVERLAP) << "overlap at " << o.off;
		EXPECT_EQ(ip.reasm.held_bytes, 0U);

		Fragment rest = piece(data, 400, 400);

		rest.id = id;
		EXPECT_EQ(receive(rest), PLN_IP_FRAG_REJECTED);
		EXPECT_EQ(receive(a), PLN_IP_FRAG_REJECTED);
	}
	EXPECT_EQ(completed, 0U);
	advance(60 * second + slack);
	EXPECT_EQ(ip.reasm.count, 0U);
	EXPECT_EQ(count(PLN_IP_REASM_TIMEOUT), 0U) << "they were refused, not late";
	EXPECT_EQ(pln_ip_reasm_take_expired(&ip.reasm), nullptr);
}

TEST_F(ReasmRfc5722, MoreBehindTheEndIsRejected)
{
	Bytes data = pattern(1200);
	Fragment last = piece(data, 400, 400), behind = piece(data, 800, 400);

	last.last = true;
	EXPECT_EQ(receive(last), PLN_ACCEPT);
	EXPECT_EQ(receive(behind), PLN_IP_FRAG_OVERLAP);

	last.id = behind.id = 78;
	behind.last = false;
	EXPECT_EQ(receive(behind), PLN_ACCEPT);
	EXPECT_EQ(receive(last), PLN_IP_FRAG_OVERLAP);
}

TEST_F(ReasmRfc1858, NoFragmentCutsATcpHeader)
{
	Bytes data = pattern(64);
	Fragment tiny = piece(data, 0, 8), second_part = piece(data, 8, 40);

	tiny.proto = second_part.proto = PLN_IP4_PROTO_TCP;
	EXPECT_EQ(receive(tiny), PLN_IP_FRAG_TINY);
	EXPECT_EQ(receive(second_part), PLN_IP_FRAG_TINY);
	EXPECT_EQ(ip.reasm.count, 0U);
	tiny = piece(data, 0, 16);
	tiny.proto = PLN_IP4_PROTO_TCP;
	EXPECT_EQ(receive(tiny), PLN_ACCEPT);
}

TEST_F(ReasmRfc1122, GivenUpAfterAMinuteWithTheFirstFragmentToReport)
{
	Bytes data = pattern(2000);
	Fragment first = piece(data, 0, 1000);

	first.options = { 1, 1, 1, 0 };
	EXPECT_EQ(receive(first), PLN_ACCEPT);
	advance(30 * second);
	EXPECT_EQ(receive(piece(data, 1000, 504)), PLN_ACCEPT);
	advance(30 * second - slack);
	EXPECT_EQ(ip.reasm.count, 1U);
	EXPECT_EQ(pln_ip_reasm_take_expired(&ip.reasm), nullptr);
	advance(2 * slack);
	EXPECT_EQ(ip.reasm.count, 0U) << "counted from the first that came, whatever came later";
	EXPECT_EQ(count(PLN_IP_REASM_TIMEOUT), 1U);

	pln_pkt *pkt = pln_ip_reasm_take_expired(&ip.reasm);

	ASSERT_NE(pkt, nullptr);
	EXPECT_EQ(pkt->ip.src, peer_addr);
	EXPECT_EQ(pkt->ip.frag_off, 0);
	EXPECT_EQ(pkt->ip.hdr_len, 24);
	EXPECT_EQ(pkt->len, 1000U);
	EXPECT_EQ(Bytes(pkt->data, pkt->data + pkt->len), first.data);
	EXPECT_EQ(*(pkt->data - pkt->ip.hdr_len), 0x46);
	pln_mbuf_free_pkt(pkt);
	EXPECT_EQ(pln_ip_reasm_take_expired(&ip.reasm), nullptr);
	EXPECT_EQ(ip.reasm.held_bytes, 0U);
}

TEST_F(ReasmRfc1122, NothingIsReportedWithoutTheFirstFragment)
{
	EXPECT_EQ(receive(piece(pattern(2000), 1000, 504)), PLN_ACCEPT);
	advance(60 * second + slack);
	EXPECT_EQ(count(PLN_IP_REASM_TIMEOUT), 1U);
	EXPECT_EQ(pln_ip_reasm_take_expired(&ip.reasm), nullptr);
}

TEST_F(ReasmRfc1122, ReportsAreBoundedAndFreedWithTheRoom)
{
	Fragment f = piece(pattern(2000), 0, 1000);

	for (unsigned int i = 0; i < 3 * PLN_IP_REASM_EXPIRED; i++) {
		f.id = static_cast<uint16_t>(i);
		f.src = addr4(10, 0, 0, 10 + i);
		EXPECT_EQ(receive(f), PLN_ACCEPT);
	}
	advance(60 * second + slack);
	EXPECT_EQ(count(PLN_IP_REASM_TIMEOUT), 3U * PLN_IP_REASM_EXPIRED);
	EXPECT_EQ(ip.reasm.expired.count, PLN_IP_REASM_EXPIRED);
}

TEST_F(ReasmRfc1122, EachDatagramHasItsOwnMinute)
{
	Fragment f = piece(pattern(2000), 0, 1000);

	for (uint16_t i = 0; i < 3; i++) {
		f.id = i;
		EXPECT_EQ(receive(f), PLN_ACCEPT);
		advance(10 * second);
	}
	advance(30 * second + slack);
	EXPECT_EQ(ip.reasm.count, 2U);
	advance(10 * second);
	EXPECT_EQ(ip.reasm.count, 1U);
	advance(10 * second);
	EXPECT_EQ(ip.reasm.count, 0U);
	EXPECT_EQ(env.wheel.armed, 0U) << "nothing waits, so nothing ticks";
}

TEST_F(ReasmRfc1122, TheOldestOfASenderGoesWhenItHasTooMany)
{
	Bytes data = pattern(1600);
	Fragment f = piece(data, 0, 800);

	for (uint16_t i = 0; i <= PLN_IP_REASM_PER_SOURCE; i++) {
		f.id = i;
		EXPECT_EQ(receive(f), PLN_ACCEPT);
	}
	EXPECT_EQ(ip.reasm.count, PLN_IP_REASM_PER_SOURCE);
	EXPECT_EQ(count(PLN_IP_REASM_EVICTED), 1U);
	f = piece(data, 800, 800);
	f.id = 0;
	receive(f);
	EXPECT_EQ(completed, 0U) << "the first was the oldest";
	f.id = PLN_IP_REASM_PER_SOURCE;
	receive(f);
	EXPECT_EQ(completed, 1U);
}

TEST_F(ReasmRfc1122, AFloodOfManySendersIsBoundedAndTheNewestStay)
{
	Fragment f = piece(pattern(1600), 0, 800);
	unsigned int n = 4 * PLN_IP_REASM_DATAGRAMS;

	for (unsigned int i = 0; i < n; i++) {
		f.src = addr4(10, 1, i / 250, 1 + i % 250);
		EXPECT_EQ(receive(f), PLN_ACCEPT);
		EXPECT_LE(ip.reasm.count, PLN_IP_REASM_DATAGRAMS);
		EXPECT_LE(ip.reasm.held_bytes, ip.reasm.limit_bytes);
	}
	f = piece(pattern(1600), 800, 800);
	f.src = addr4(10, 1, (n - 1) / 250, 1 + (n - 1) % 250);
	EXPECT_EQ(receive(f), PLN_ACCEPT);
	EXPECT_EQ(completed, 1U);
}

TEST_F(ReasmRfc1122, ADatagramIsABroadcastOfTheLinkWhenAnyFragmentWas)
{
	Bytes data = pattern(2000);

	for (size_t broadcast = 0; broadcast <= 3; broadcast++) {
		std::vector<Fragment> all = cut(data, 800);

		if (broadcast < all.size())
			all[broadcast].link_broadcast = true;
		for (const Fragment &f : all)
			EXPECT_EQ(receive(f), PLN_ACCEPT);
		EXPECT_EQ(whole_broadcast, broadcast < all.size()) << broadcast;
	}
	EXPECT_EQ(completed, 4U);
}

TEST_F(ReasmRfc1122, OneSenderHoldsHalfOfTheMemoryAtMost)
{
	Fragment f;
	uint32_t most = 0;

	ip.reasm.limit_bytes = 20 * ip.reasm.truesize;
	f.data = pattern(8);
	for (uint32_t i = 0; i < 2000; i++) {
		f.id = static_cast<uint16_t>(i % 7);
		f.off = (i * 2048) % 65000 / 8 * 8;
		receive(f);
		ASSERT_LE(ip.reasm.held_bytes, ip.reasm.limit_bytes / 2);
		most = std::max(most, ip.reasm.held_bytes);
	}
	EXPECT_EQ(most, ip.reasm.limit_bytes / 2) << "and no less";
	EXPECT_GT(count(PLN_IP_REASM_EVICTED), 0U);
}

TEST_F(ReasmRfc1122, AnEmptyPoolDropsAndRecovers)
{
	Bytes data = pattern(1600);
	std::vector<rte_mbuf *> taken;

	while (rte_mempool_avail_count(pool) > 1)
		taken.push_back(pln_mbuf_alloc(pool));
	EXPECT_EQ(receive(piece(data, 0, 800)), PLN_RX_DROP_NO_MBUF);
	for (rte_mbuf *m : taken)
		rte_pktmbuf_free(m);
	EXPECT_EQ(receive(piece(data, 0, 800)), PLN_ACCEPT);
	EXPECT_EQ(receive(piece(data, 800, 800)), PLN_ACCEPT);
	expect_whole(data);
}

TEST_F(ReasmRfc3168, MarksAreMergedAndContradictionsDropped)
{
	enum {
		NOT_ECT,
		ECT1,
		ECT0,
		CE
	};
	struct {
		uint8_t a, b;
		int whole; /* -1: dropped */
	} const table[] = {
		{ NOT_ECT, NOT_ECT, NOT_ECT },
		{ ECT0, ECT0, ECT0 },
		{ ECT1, ECT1, ECT1 },
		{ CE, CE, CE },
		{ ECT0, CE, CE },
		{ CE, ECT0, CE },
		{ ECT1, CE, CE },
		{ CE, ECT1, CE },
		{ NOT_ECT, CE, -1 },
		{ CE, NOT_ECT, -1 },
		{ ECT0, ECT1, ECT0 },
		{ NOT_ECT, ECT0, NOT_ECT },
	};
	Bytes data = pattern(1600);
	unsigned int dropped = 0;

	for (const auto &row : table) {
		Fragment first = piece(data, 0, 800), last = piece(data, 800, 800);

		completed = 0;
		first.tos = static_cast<uint8_t>(0xb8 | row.a);
		last.tos = static_cast<uint8_t>(0xb8 | row.b);
		EXPECT_EQ(receive(last), PLN_ACCEPT);
		if (row.whole < 0) {
			EXPECT_EQ(receive(first), PLN_IP_REASM_ECN);
			EXPECT_EQ(completed, 0U);
			dropped++;
			continue;
		}
		EXPECT_EQ(receive(first), PLN_ACCEPT);
		EXPECT_EQ(completed, 1U);
		EXPECT_EQ(whole_ip.tos, 0xb8 | row.whole) << int(row.a) << " and " << int(row.b);
		EXPECT_EQ(header[1], whole_ip.tos);
	}
	EXPECT_EQ(dropped, 2U);
	EXPECT_EQ(ip.reasm.held_bytes, 0U);
}

TEST_F(Reasm, RandomFragmentsNeverBreakTheBooks)
{
	std::mt19937 rng(5722);
	Bytes data = pattern(65535);

	for (int i = 0; i < 20000; i++) {
		uint32_t off = rng() % 8192 * 8;
		uint32_t len = rng() % 4 == 0 ? rng() % 1481 : 8 * (rng() % 186);
		Fragment f;

		f.off = off;
		f.data.assign(data.begin(), data.begin() + len);
		f.last = rng() % 8 == 0;
		f.id = static_cast<uint16_t>(rng() % 6);
		f.src = addr4(10, 0, 0, 2 + rng() % 8);
		f.proto = rng() % 2 == 0 ? PLN_IP4_PROTO_TCP : PLN_IP4_PROTO_UDP;
		f.tos = static_cast<uint8_t>(rng() % 4);
		receive(f);
		if (i % 100 == 0)
			advance(second);
		ASSERT_LE(ip.reasm.held_bytes, ip.reasm.limit_bytes);
		while (pln_pkt *pkt = pln_ip_reasm_take_expired(&ip.reasm))
			pln_mbuf_free_pkt(pkt);
	}
	advance(61 * second);
	EXPECT_EQ(ip.reasm.count, 0U);
	EXPECT_EQ(ip.reasm.held_bytes, 0U);
}

} // namespace
