/* SPDX-License-Identifier: BSD-3-Clause */
/* wire/tcp_hdr: the record of a segment, round trips, offsets, truncation at every byte. */
#include "wire/tcp_hdr.h"

#include <vector>

#include <gtest/gtest.h>

namespace
{

pln_seg
sample_seg()
{
	pln_seg seg = {};

	seg.seq = 0x12345678;
	seg.ack = 0x9abcdef0;
	seg.wnd = 65535;
	seg.up = 0x0102;
	seg.src_port = 40000;
	seg.dst_port = 80;
	seg.flags = PLN_TCP_ACK | PLN_TCP_PSH;
	return seg;
}

std::vector<uint8_t>
emit(const pln_seg &seg, size_t payload)
{
	std::vector<uint8_t> bytes(60);

	bytes.resize(pln_tcp_hdr_emit(bytes.data(), &seg));
	bytes.resize(bytes.size() + payload, 0x5a);
	return bytes;
}

pln_drop
parse(const std::vector<uint8_t> &bytes, pln_seg *seg)
{
	return pln_tcp_hdr_parse(bytes.data(), bytes.size(), seg);
}

TEST(TcpHdrRfc9293, EmitsTheBytesOfThePicture)
{
	const std::vector<uint8_t> expected = { 0x9c, 0x40, 0x00, 0x50, 0x12, 0x34, 0x56,
		                                0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x50, 0x18,
		                                0xff, 0xff, 0x00, 0x00, 0x01, 0x02 };

	EXPECT_EQ(expected, emit(sample_seg(), 0));
}

TEST(TcpHdrRfc9293, ParseIsTheInverseOfEmit)
{
	for (size_t payload : { 0, 1, 1460, 65475 }) {
		pln_seg in = sample_seg(), out;

		in.opts.present = PLN_TCP_OPT_TS;
		in.opts.tsval = 77;
		in.opts.tsecr = 88;
		ASSERT_EQ(PLN_ACCEPT, parse(emit(in, payload), &out));
		EXPECT_EQ(in.seq, out.seq);
		EXPECT_EQ(in.ack, out.ack);
		EXPECT_EQ(in.wnd, out.wnd);
		EXPECT_EQ(in.up, out.up);
		EXPECT_EQ(in.src_port, out.src_port);
		EXPECT_EQ(in.dst_port, out.dst_port);
		EXPECT_EQ(in.flags, out.flags);
		EXPECT_EQ(32, out.hdr_len);
		EXPECT_EQ(payload, out.payload_len);
		EXPECT_EQ(payload, out.len);
		EXPECT_EQ(77U, out.opts.tsval);
		EXPECT_EQ(88U, out.opts.tsecr);
	}
}

/* RFC 9293 §3.4: SYN and FIN each occupy one sequence number. */
TEST(TcpHdrRfc9293, EachFlagSurvivesAndSynAndFinCount)
{
	for (unsigned int flags = 0; flags < 256; flags++) {
		pln_seg in = sample_seg(), out;
		unsigned int counted =
			(flags & PLN_TCP_SYN ? 1U : 0U) + (flags & PLN_TCP_FIN ? 1U : 0U);

		in.flags = static_cast<uint8_t>(flags);
		ASSERT_EQ(PLN_ACCEPT, parse(emit(in, 100), &out));
		EXPECT_EQ(flags, out.flags);
		EXPECT_EQ(100U + counted, out.len);
		EXPECT_EQ(100, out.payload_len);
	}
}

/* MUST-1: a window of 32768 and more is no negative one. */
TEST(TcpHdrRfc9293, WindowIsUnsigned)
{
	for (uint32_t wnd : { 0U, 1U, 0x7fffU, 0x8000U, 0xffffU }) {
		pln_seg in = sample_seg(), out;

		in.wnd = wnd;
		ASSERT_EQ(PLN_ACCEPT, parse(emit(in, 0), &out));
		EXPECT_EQ(wnd, out.wnd);
	}
}

TEST(TcpHdrRfc9293, ReservedBitsAreIgnored)
{
	std::vector<uint8_t> bytes = emit(sample_seg(), 10);
	pln_seg seg;

	bytes[12] |= 0x0f;
	ASSERT_EQ(PLN_ACCEPT, parse(bytes, &seg));
	EXPECT_EQ(20, seg.hdr_len);
	EXPECT_EQ(10, seg.payload_len);
}

TEST(TcpHdrRfc9293, TruncatedAtEveryByteIsToldFromComplete)
{
	pln_seg seg = sample_seg(), out;

	seg.opts.present = PLN_TCP_OPT_MSS | PLN_TCP_OPT_TS;
	std::vector<uint8_t> whole = emit(seg, 0);
	ASSERT_EQ(36U, whole.size());
	for (size_t len = 0; len < whole.size(); len++) {
		std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<long>(len));

		EXPECT_EQ(len < 20 ? PLN_TCP_SHORT : PLN_TCP_BAD_OFFSET, parse(cut, &out)) << len;
	}
}

TEST(TcpHdrRfc9293, EachDataOffsetIsHeldAgainstTheSegment)
{
	for (unsigned int words = 0; words < 16; words++) {
		std::vector<uint8_t> bytes = emit(sample_seg(), 0);
		pln_seg seg;

		bytes.resize(40, 1); /* NOPs where options would be */
		bytes[12] = static_cast<uint8_t>(words << 4);
		ASSERT_EQ(words < 5 || words > 10 ? PLN_TCP_BAD_OFFSET : PLN_ACCEPT,
		          parse(bytes, &seg));
		if (words >= 5 && words <= 10) {
			EXPECT_EQ(words * 4, seg.hdr_len);
			EXPECT_EQ(40 - words * 4, seg.payload_len);
		}
	}
}

TEST(TcpHdrRfc9293, BadOptionRefusesTheSegment)
{
	pln_seg in = sample_seg(), out;

	in.opts.present = PLN_TCP_OPT_MSS;
	std::vector<uint8_t> bytes = emit(in, 0);
	bytes[21] = 0;
	EXPECT_EQ(PLN_TCP_BAD_OPTION, parse(bytes, &out));
}

} // namespace
