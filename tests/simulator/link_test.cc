/* SPDX-License-Identifier: BSD-3-Clause */
/* A line does what it is told to: rate, queue, delay, what it loses, doubles, damages, marks, cuts, takes apart. */
#include "simulator/link.h"

#include <deque>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/frame.h"

namespace
{

using namespace simulator;

/* Keeps what becomes of frames. */
class Sink : public LinkSink
{
      public:
	struct Arrival {
		Frame *frame;
		uint64_t when;
	};

	void
	arrives(Frame *frame, uint64_t when) override
	{
		arrived.push_back({ frame, when });
	}

	void
	vanishes(Frame *, const char *why) override
	{
		lost.emplace_back(why);
	}

	void
	answers(const Frame &, std::vector<uint8_t> answer) override
	{
		answered.push_back(std::move(answer));
	}

	Frame *
	copy_of(const Frame &frame) override
	{
		frames.push_back(frame);
		return &frames.back();
	}

	/* A segment of so many bytes of payload. */
	Frame *
	segment(size_t len, uint8_t flags = TCP_ACK, uint8_t tos = 0, bool df = true)
	{
		support::Frame f;
		f.ip.emplace();
		f.ip->src = support::ip4("10.0.0.1");
		f.ip->dst = support::ip4("10.0.0.2");
		f.ip->proto = support::PROTO_TCP;
		f.ip->tos = tos;
		f.ip->df = df;
		f.tcp.emplace();
		f.tcp->sport = 1;
		f.tcp->dport = 2;
		f.tcp->seq = 1000;
		f.tcp->flags = flags;
		f.payload.assign(len, 'x');
		frames.emplace_back();
		frames.back().bytes = f.bytes();
		read_segment(frames.back().bytes, frames.back().seg);
		return &frames.back();
	}

	std::vector<Arrival> arrived;
	std::vector<std::string> lost;
	std::vector<std::vector<uint8_t>> answered;
	std::deque<Frame> frames;
};

constexpr size_t HEADERS = 14 + 20 + 20;
constexpr uint64_t US = 1000;

TEST(SimulatedLink, FramesTakeTheirTurnAndTheirTime)
{
	LinkConfig config;
	Sink sink;
	config.rate_bps = 8000000; /* a byte a microsecond */
	config.delay_ns = 500 * US;
	Link link("line", config, 1);

	link.carry(sink.segment(946), 0, sink);
	link.carry(sink.segment(946), 0, sink);

	ASSERT_EQ(sink.arrived.size(), 2U);
	EXPECT_EQ(sink.arrived[0].when, 1500 * US);
	EXPECT_EQ(sink.arrived[1].when, 2500 * US);
	EXPECT_EQ(link.backlog(999 * US), 2000U);
	EXPECT_EQ(link.backlog(1000 * US), 1000U);
	EXPECT_EQ(link.backlog(2000 * US), 0U);
}

TEST(SimulatedLink, AFullQueueDropsWhatComesLast)
{
	LinkConfig config;
	Sink sink;
	config.rate_bps = 8000000;
	config.queue_bytes = 3000;
	Link by_bytes("bytes", config, 1);
	config.queue_bytes = 0;
	config.queue_pkts = 2;
	Link by_frames("frames", config, 1);

	for (int i = 0; i < 5; i++)
		by_bytes.carry(sink.segment(946), 0, sink);
	EXPECT_EQ(sink.arrived.size(), 3U);
	EXPECT_EQ(by_bytes.counts.overflows, 2U);
	sink.arrived.clear();
	for (int i = 0; i < 5; i++)
		by_frames.carry(sink.segment(946), 0, sink);
	EXPECT_EQ(sink.arrived.size(), 3U) << "one is being sent, two wait";
}

TEST(SimulatedLink, LosesAsManyAsItIsTold)
{
	LinkConfig config;
	Sink sink;
	config.loss = 100000;
	Link link("line", config, 5);

	for (int i = 0; i < 20000; i++)
		link.carry(sink.segment(10), 0, sink);
	EXPECT_NEAR(static_cast<double>(link.counts.lost), 2000, 130);
}

TEST(SimulatedLink, BurstsAreAsLongAsTheirTwoStatesMakeThem)
{
	LinkConfig config;
	Sink sink;
	config.burst_enter = 10000;
	config.burst_leave = 250000;
	config.burst_loss = 1000000;
	Link link("line", config, 5);
	int bursts = 0;
	bool before = false;

	for (int i = 0; i < 50000; i++) {
		size_t lost = sink.lost.size();
		link.carry(sink.segment(10), 0, sink);
		bool now = sink.lost.size() > lost;
		bursts += now && !before ? 1 : 0;
		before = now;
	}
	/* enter / (enter + leave) of all, 1 / leave at a time */
	EXPECT_NEAR(static_cast<double>(sink.lost.size()), 50000 * 0.01 / 0.26, 250);
	EXPECT_NEAR(static_cast<double>(sink.lost.size()) / bursts, 4, 0.5);
}

TEST(SimulatedLink, AimsAtSynsLastOnesAndRepetitions)
{
	LinkConfig config;
	Sink sink;
	config.drop_syns = 0b101;
	config.drop_lasts = 1;
	config.drop_again = 1;
	config.drop_first_again = 1;
	Link link("line", config, 1);

	for (int i = 0; i < 3; i++)
		link.carry(sink.segment(0, TCP_SYN), 0, sink);
	EXPECT_EQ(sink.lost.size(), 2U) << "the first and the third";
	Frame *last = sink.segment(10);
	last->seg.last = true;
	link.carry(last, 0, sink);
	link.carry(last, 0, sink);
	EXPECT_EQ(sink.lost.size(), 3U);
	Frame *again = sink.segment(10);
	again->seg.again = again->seg.first_again = true;
	for (int i = 0; i < 3; i++)
		link.carry(again, 0, sink);
	EXPECT_EQ(sink.lost.size(), 5U);
}

TEST(SimulatedLink, LosesBareAcksAlone)
{
	LinkConfig config;
	Sink sink;
	config.ack_loss = 1000000;
	Link link("line", config, 1);

	link.carry(sink.segment(0), 0, sink);
	link.carry(sink.segment(1), 0, sink);
	link.carry(sink.segment(0, TCP_SYN), 0, sink);
	EXPECT_EQ(sink.lost.size(), 1U);
}

TEST(SimulatedLink, IsCutAndHeals)
{
	LinkConfig config;
	Sink sink;
	config.cut_at = 100;
	config.cut_ns = 50;
	Link link("line", config, 1);

	for (uint64_t now : { 99, 100, 149, 150 })
		link.carry(sink.segment(10), now, sink);
	EXPECT_EQ(sink.lost.size(), 2U);
}

TEST(SimulatedLink, DoublesDamagesAndReorders)
{
	LinkConfig config;
	Sink sink;
	config.duplicate = config.corrupt = 1000000;
	Link link("line", config, 1);

	Frame *frame = sink.segment(100);
	std::vector<uint8_t> before = frame->bytes;
	link.carry(frame, 0, sink);
	ASSERT_EQ(sink.arrived.size(), 2U);
	EXPECT_TRUE(frame->damaged);
	EXPECT_NE(frame->bytes, before);
	EXPECT_TRUE(std::equal(before.begin(), before.begin() + 14, frame->bytes.begin()));

	config = LinkConfig();
	config.reorder = 500000;
	config.reorder_ns = 10000;
	Link disorder("disorder", config, 1);
	sink.arrived.clear();
	for (uint64_t i = 0; i < 100; i++)
		disorder.carry(sink.segment(10), i * 100, sink);
	int overtaken = 0;
	for (size_t i = 1; i < sink.arrived.size(); i++)
		overtaken += sink.arrived[i].when < sink.arrived[i - 1].when ? 1 : 0;
	EXPECT_GT(overtaken, 20);
}

TEST(SimulatedLink, JitterKeepsTheOrder)
{
	LinkConfig config;
	Sink sink;
	config.jitter_ns = 100000;
	Link link("line", config, 1);

	for (uint64_t i = 0; i < 200; i++)
		link.carry(sink.segment(10), i * 100, sink);
	for (size_t i = 1; i < sink.arrived.size(); i++)
		ASSERT_GE(sink.arrived[i].when, sink.arrived[i - 1].when);
}

TEST(SimulatedLink, MarksThoseThatSpeakEcn)
{
	LinkConfig config;
	Sink sink;
	config.rate_bps = 8000000;
	config.mark_bytes = 1500;
	Link link("line", config, 1);

	for (int i = 0; i < 4; i++)
		link.carry(sink.segment(946, TCP_ACK, 0x02), 0, sink);
	link.carry(sink.segment(946), 0, sink);
	EXPECT_EQ(link.counts.marked, 2U) << "the third and the fourth; the fifth cannot be";
	support::Frame third = support::parse(sink.arrived[2].frame->bytes);
	EXPECT_EQ(third.ip->tos & 3, 3);
	EXPECT_TRUE(third.ip->cksum_good);
	EXPECT_TRUE(third.tcp->cksum_good);
}

TEST(SimulatedLink, AnswersWhatIsTooLongOrTakesItApart)
{
	LinkConfig config;
	Sink sink;
	config.mtu = 600;
	Link link("line", config, 1);

	link.carry(sink.segment(1000), 0, sink);
	ASSERT_EQ(sink.answered.size(), 1U);
	support::Frame answer = support::parse(sink.answered[0]);
	ASSERT_TRUE(answer.icmp.has_value());
	EXPECT_EQ(answer.icmp->type, 3);
	EXPECT_EQ(answer.icmp->code, 4);
	EXPECT_EQ(answer.icmp->seq, 600);
	EXPECT_TRUE(answer.icmp->cksum_good);
	EXPECT_TRUE(answer.ip->dst == support::ip4("10.0.0.1"));

	link.carry(sink.segment(1000, TCP_ACK, 0, false), 0, sink);
	ASSERT_EQ(sink.arrived.size(), 2U);
	size_t bytes = 0;
	for (const Sink::Arrival &part : sink.arrived) {
		EXPECT_LE(part.frame->bytes.size(), 14U + 600U);
		EXPECT_TRUE(support::parse(part.frame->bytes).ip->cksum_good);
		bytes += part.frame->bytes.size() - 34;
	}
	EXPECT_EQ(bytes, 1000U + HEADERS - 34U);

	link.config.mtu_told = false;
	link.carry(sink.segment(1000), 0, sink);
	EXPECT_EQ(sink.answered.size(), 1U);
	EXPECT_EQ(sink.lost.back(), "too long");
}

TEST(SimulatedLink, ThePathChangesAtItsMoment)
{
	LinkConfig config;
	Sink sink;
	config.delay_ns = 100;
	config.step_at = 1000;
	config.step_delay_ns = 7;
	Link link("line", config, 1);

	link.carry(sink.segment(10), 999, sink);
	link.carry(sink.segment(10), 1000, sink);
	EXPECT_EQ(sink.arrived[0].when, 1099U);
	EXPECT_EQ(sink.arrived[1].when, 1007U);
}

} // namespace
