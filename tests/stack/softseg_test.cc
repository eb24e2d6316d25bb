/* SPDX-License-Identifier: BSD-3-Clause */
#include "stack/softseg.h"

#include <gtest/gtest.h>

#include "support/frame.h"

namespace
{

using namespace support;

Frame
large_segment(size_t payload, uint8_t flags)
{
	Frame f;

	f.dst = mac(2);
	f.src = mac(1);
	f.ip.emplace();
	f.ip->src = ip4("10.0.0.1");
	f.ip->dst = ip4("10.0.0.2");
	f.ip->proto = PROTO_TCP;
	f.ip->id = 0xfffe;
	f.tcp.emplace();
	f.tcp->sport = 1000;
	f.tcp->dport = 80;
	f.tcp->seq = 0xfffffff0;
	f.tcp->flags = flags;
	f.tcp->options = timestamps_option(1, 2);
	for (size_t i = 0; i < payload; i++)
		f.payload.push_back(static_cast<uint8_t>(i * 7 + i / 251));
	return f;
}

pln_softseg
ask(const Bytes &bytes, uint16_t seg_size)
{
	pln_softseg s{};

	s.frame = bytes.data();
	s.len = static_cast<uint32_t>(bytes.size());
	s.l2_len = 14;
	s.l3_len = 20;
	s.l4_len = 32;
	s.seg_size = seg_size;
	s.ip_cksum = s.tcp_cksum = true;
	return s;
}

std::vector<Frame>
cut(pln_softseg s)
{
	std::vector<Frame> out;
	Bytes piece(s.len);
	uint32_t len;

	while ((len = pln_softseg_next(&s, piece.data())) > 0)
		out.push_back(parse(Bytes(piece.begin(), piece.begin() + len)));
	return out;
}

TEST(Softseg, CutsEveryByteInOrderWithRightChecksums)
{
	Frame whole = large_segment(2500, ACK | PSH);
	Bytes bytes = whole.bytes(), joined;
	pln_softseg s = ask(bytes, 1000);

	EXPECT_EQ(pln_softseg_count(&s), 3u);
	std::vector<Frame> frames = cut(s);
	ASSERT_EQ(frames.size(), 3u);
	for (size_t i = 0; i < frames.size(); i++) {
		const Frame &f = frames[i];
		ASSERT_TRUE(f.tcp) << f.text();
		EXPECT_TRUE(f.ip->cksum_good && f.tcp->cksum_good) << f.text();
		EXPECT_EQ(f.tcp->seq, static_cast<uint32_t>(0xfffffff0u + i * 1000))
			<< "sequence numbers wrap";
		EXPECT_EQ(f.ip->id, static_cast<uint16_t>(0xfffe + i));
		EXPECT_EQ(f.payload.size(), i < 2 ? 1000u : 500u);
		EXPECT_EQ(f.tcp->timestamps(), whole.tcp->timestamps());
		joined.insert(joined.end(), f.payload.begin(), f.payload.end());
	}
	EXPECT_EQ(joined, whole.payload);
}

TEST(Softseg, KeepsFinAndPshForTheLastAndCwrForTheFirst)
{
	Bytes bytes = large_segment(3000, ACK | PSH | FIN | 0x80).bytes();
	std::vector<Frame> frames = cut(ask(bytes, 1000));

	ASSERT_EQ(frames.size(), 3u);
	EXPECT_EQ(frames[0].tcp->flags, ACK | 0x80);
	EXPECT_EQ(frames[1].tcp->flags, ACK);
	EXPECT_EQ(frames[2].tcp->flags, ACK | PSH | FIN);
}

TEST(Softseg, CompletesChecksumsOfAFrameItDoesNotCut)
{
	Frame whole = large_segment(333, ACK);
	whole.ip->cksum_good = whole.tcp->cksum_good = false;
	Bytes bytes = whole.bytes();
	pln_softseg s = ask(bytes, 0);

	s.l4_len = 0;
	EXPECT_EQ(pln_softseg_count(&s), 1u);
	std::vector<Frame> frames = cut(s);
	ASSERT_EQ(frames.size(), 1u);
	EXPECT_TRUE(frames[0].ip->cksum_good && frames[0].tcp->cksum_good);
	EXPECT_EQ(frames[0].payload, whole.payload);
}

TEST(Softseg, LeavesAloneWhatWasNotAsked)
{
	Frame whole = large_segment(10, ACK);
	whole.tcp->cksum_good = false;
	Bytes bytes = whole.bytes(), out(bytes.size());
	pln_softseg s{};

	s.frame = bytes.data();
	s.len = static_cast<uint32_t>(bytes.size());
	EXPECT_EQ(pln_softseg_next(&s, out.data()), bytes.size());
	EXPECT_EQ(out, bytes);
	EXPECT_EQ(pln_softseg_next(&s, out.data()), 0u);
}

TEST(Softseg, SeesHeadersThatLieOutsideTheFrame)
{
	Bytes bytes = large_segment(0, ACK).bytes();
	pln_softseg s = ask(bytes, 100);

	EXPECT_TRUE(pln_softseg_valid(&s));
	s.l4_len = 33;
	EXPECT_FALSE(pln_softseg_valid(&s));
	s.l4_len = 16;
	EXPECT_FALSE(pln_softseg_valid(&s));
	s = ask(bytes, 0);
	s.l4_len = 0;
	s.l3_len = 16;
	EXPECT_FALSE(pln_softseg_valid(&s));
}

} // namespace
