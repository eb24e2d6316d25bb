/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bars: what congestion control and recovery must come to, in virtual time on a network whose theory is known. docs/testing.md has them as
 * a table. What a stack does not have is skipped by its name.
 */
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "simulator/bench.h"

namespace
{

using namespace simulator;

constexpr uint64_t MS = PLN_NS_PER_MS, SEC = PLN_NS_PER_S;
constexpr double SMSS = 1448; /* with timestamps */
constexpr double MBIT = 1e6;

/* W = sqrt(3 / 2p): RFC 5681's response function, RFC 9438 §5.1's AIMD with one ACK a segment; segments. */
double
reno_window(double p)
{
	return std::sqrt(1.5 / p);
}

/* RFC 9438 §5.1, equation 6 with β = 0.7 and C = 0.4; no less than AIMD (§4.3). */
double
cubic_window(double p, double rtt)
{
	return std::max(1.054 * std::pow(rtt / p, 0.75), reno_window(p));
}

/* Goodput over the window that theory has for it. */
double
measured_over_theory(const char *cc, double p, double rtt)
{
	BenchPlan plan = bench_plan(static_cast<uint64_t>(rtt * 1e9), 0, 0);
	plan.there.loss = static_cast<uint64_t>(p * 1e6);
	Bench bench(plan, { cc });
	double window = std::string(cc) == "cubic" ? cubic_window(p, rtt) : reno_window(p);
	/* Forty losses at least, after ten. */
	double losses_a_second = window / rtt * p;

	bench.run_for(static_cast<uint64_t>(10e9 / losses_a_second));
	bench.mark();
	bench.run_for(static_cast<uint64_t>(40e9 / losses_a_second));
	return bench.goodput(0) / (window * SMSS * 8 / rtt);
}

struct Response {
	const char *cc;
	double p, rtt, low, high; /* bounds of measured over theory */
};

class ResponseFunction : public ::testing::TestWithParam<Response>
{
};

TEST_P(ResponseFunction, GoodputIsWhatLossAndRoundTripAllow)
{
	Response r = GetParam();
	double ratio = measured_over_theory(r.cc, r.p, r.rtt);

	printf("%s p %g RTT %g s: %.2f of theory\n", r.cc, r.p, r.rtt, ratio);
	EXPECT_GE(ratio, r.low) << r.cc << " at p " << r.p << ", RTT " << r.rtt;
	EXPECT_LE(ratio, r.high) << r.cc << " at p " << r.p << ", RTT " << r.rtt;
}

INSTANTIATE_TEST_SUITE_P(Bars, ResponseFunction,
                         ::testing::Values(Response{ "newreno", 0.0005, 0.04, 0.6, 1.4 },
                                           Response{ "newreno", 0.002, 0.04, 0.6, 1.4 },
                                           Response{ "newreno", 0.01, 0.1, 0.5, 1.4 },
                                           Response{ "cubic", 0.0001, 0.1, 0.6, 1.4 },
                                           Response{ "cubic", 0.0005, 0.02, 0.6, 1.4 },
                                           Response{ "cubic", 0.01, 0.1, 0.5, 1.4 }));

/* RFC 9406: slow start ends soon after the queue has begun to show, not when a queue of twenty BDP is full. */
TEST(Bars, HystartLeavesMostOfADeepQueueEmpty)
{
	BenchPlan plan = bench_plan(20 * MS, 20 * static_cast<uint64_t>(MBIT), 1000000);
	Bench with(plan, { "cubic" }), without(plan, { "newreno" });

	with.run_for(SEC);
	without.run_for(SEC);
	EXPECT_GT(without.there.counts.overflows, 0U) << "slow start alone fills it";
	EXPECT_EQ(with.there.counts.overflows, 0U);
	EXPECT_LE(with.there.counts.queue_peak, 650000U)
		<< "seen in the round after the next, at four BDP; three times as much in the five "
		   "rounds behind";
	EXPECT_GE(static_cast<double>(with.there.counts.left_bytes) * 8, 0.85 * 20 * MBIT);
}

class Fairness : public ::testing::TestWithParam<std::tuple<const char *, const char *>>
{
};

/* One bottleneck of 20 Mbit/s and 30 ms with a queue of one BDP; the second flow comes two seconds later. */
TEST_P(Fairness, NeitherOfTwoFlowsStarves)
{
	auto [first, second] = GetParam();
	for (const char *cc : { first, second })
		if (!knows("cc", cc))
			GTEST_SKIP() << "the stack has no congestion control " << cc;
	BenchPlan plan = bench_plan(30 * MS, 20 * static_cast<uint64_t>(MBIT), 75000);
	if (std::string(first) == "dctcp" || std::string(second) == "dctcp") {
		plan.there.mark_bytes = 30000;
		plan.options = { { "ecn", "1" } };
	}
	Bench bench(plan, { first, second }, 2 * SEC);
	bench.run_for(20 * SEC);
	bench.mark();
	bench.run_for(60 * SEC);
	double a = bench.goodput(0), b = bench.goodput(1), share = a / (a + b);
	bool alike = std::string(first) == second,
	     bbr = std::string(first + std::string(second)).find("bbr") != std::string::npos;

	printf("%s %.2f beside %s\n", first, share, second);
	EXPECT_GE(a + b, 0.85 * 20 * MBIT) << "together they fill it";
	EXPECT_GE(share, alike ? 0.35 : bbr ? 0.1 : 0.2) << first << " beside " << second;
	EXPECT_LE(share, alike ? 0.65 : bbr ? 0.9 : 0.8) << first << " beside " << second;
}

INSTANTIATE_TEST_SUITE_P(Bars, Fairness,
                         ::testing::Values(std::tuple{ "newreno", "newreno" },
                                           std::tuple{ "cubic", "cubic" },
                                           std::tuple{ "newreno", "cubic" },
                                           std::tuple{ "bbr", "bbr" }, std::tuple{ "bbr", "cubic" },
                                           std::tuple{ "bbr", "newreno" },
                                           std::tuple{ "dctcp", "dctcp" }));

/* RFC 6298 §5: the timeout that is running when the line heals is the one that finds it, and it is at most as long as the hole was. */
TEST(Bars, ABlackHoleIsLeftWithinItsOwnLength)
{
	for (uint64_t hole : { 1, 3, 10 }) {
		BenchPlan plan = bench_plan(40 * MS, 20 * static_cast<uint64_t>(MBIT), 100000);
		plan.there.cut_at = plan.back.cut_at = WORLD_START + 5 * SEC;
		plan.there.cut_ns = plan.back.cut_ns = hole * SEC;
		Bench bench(plan, { "cubic" });
		bench.run_for((5 + hole) * SEC);
		uint64_t before = bench.world.flows[0].ends[1].received;
		uint64_t found = bench.time_of(0, before + 1, 100 * SEC);
		EXPECT_LE(found, hole * SEC + 300 * MS) << "a hole of " << hole << " s";
		bench.run_for(2 * SEC);
		bench.mark();
		bench.run_for(3 * SEC);
		EXPECT_GE(bench.goodput(0), 0.7 * 20 * MBIT) << "a hole of " << hole << " s";
	}
}

/* A path that carries 1200 bytes and says nothing of it. */
BenchPlan
narrow_plan(const char *pmtud, uint64_t from)
{
	BenchPlan plan = bench_plan(40 * MS, 20 * static_cast<uint64_t>(MBIT), 100000);

	plan.there.mtu = 1200;
	plan.there.mtu_told = false;
	plan.there.mtu_at = from;
	plan.options = { { "pmtud", pmtud }, { "pmtud_interval_ms", "5000" } };
	return plan;
}

/* RFC 4821 §7.7: two timeouts tell, of 240 ms and twice as much; a few round trips later the segments are as large as may be. */
TEST(Bars, APathThatBeginsToSwallowWhatIsLargeIsProbed)
{
	Bench bench(narrow_plan("blackhole", WORLD_START + 5 * SEC), { "cubic" });

	bench.run_for(5 * SEC);
	EXPECT_EQ(bench.info(0).pmtu, 1500U);
	EXPECT_LE(bench.time_of(0, bench.world.flows[0].ends[1].received + 100000, 100 * SEC),
	          1200 * MS);
	bench.run_for(3 * SEC);
	EXPECT_LE(bench.info(0).pmtu, 1200U);
	EXPECT_GT(bench.info(0).pmtu, 1200U - 16);
	bench.mark();
	bench.run_for(3 * SEC);
	EXPECT_GE(bench.goodput(0), 0.8 * 20 * MBIT);
}

/* RFC 4821 §7.6: and when it carries more again, that is found by trying. */
TEST(Bars, APathThatCarriesMoreAgainIsClimbedBack)
{
	Bench bench(narrow_plan("blackhole", WORLD_START + 5 * SEC), { "cubic" });

	bench.run_for(10 * SEC);
	ASSERT_LE(bench.info(0).pmtu, 1200U);
	bench.there.config.mtu = 0;
	bench.run_for(7 * SEC);
	EXPECT_EQ(bench.info(0).pmtu, 1500U);
}

/* RFC 4821 §7.6.2: from small to large no probe costs a timeout, or any of the window. */
TEST(Bars, ProbesCostNothing)
{
	BenchPlan plan = narrow_plan("probe", WORLD_START);
	plan.there.rate_bps = plan.there.queue_bytes = 0;
	plan.options.emplace_back("sndbuf", "300000");
	Bench bench(plan, { "newreno" });

	bench.run_for(4 * SEC);
	struct pln_tcp_info info = bench.info(0);
	EXPECT_LE(info.pmtu, 1200U);
	EXPECT_GT(info.pmtu, 1200U - 16);
	EXPECT_GT(info.total_retrans, 4U);
	EXPECT_EQ(info.snd_ssthresh, UINT32_MAX) << "no loss that counts";
	EXPECT_GE(info.cwnd_bytes, 200000U);
}

/* A request of ten segments whose last is lost; RTT 50 ms. */
uint64_t
tail_loss_ns(const char *tlp)
{
	BenchPlan plan = bench_plan(50 * MS, 0, 0);
	plan.bytes = 10 * static_cast<uint64_t>(SMSS);
	plan.there.drop_lasts = 1;
	if (tlp != nullptr)
		plan.options = { { "tlp", tlp } };
	Bench bench(plan, { "cubic" });

	return bench.time_of(0, plan.bytes, 10 * SEC);
}

TEST(Bars, WithoutAProbeALostTailTakesATimeout)
{
	uint64_t ns = tail_loss_ns(knows("tlp", "0") ? "0" : nullptr);

	EXPECT_GE(ns, 50 * MS + 50 * MS + 200 * MS + 25 * MS)
		<< "behind the last ACK, the least RTO";
	EXPECT_LE(ns, 50 * MS + 50 * MS + 300 * MS + 25 * MS);
}

/* RFC 8985 §7.2: a probe two round trips after the last ACK, which came one round trip after the data. */
TEST(Bars, WithAProbeALostTailTakesTwoRoundTripsMore)
{
	if (!knows("tlp", "1"))
		GTEST_SKIP() << "the stack has no tail loss probe";
	EXPECT_LE(tail_loss_ns("1"), 50 * MS + 50 * MS + 100 * MS + 25 * MS + 10 * MS);
}

/* The path becomes ten times as long at once: the timeout was wrong, and the window is as before (RFC 5682, 4015, 3522). */
TEST(Bars, ASpuriousTimeoutIsUndone)
{
	if (!counts("tcp_undo_frto"))
		GTEST_SKIP() << "the stack has no undo of spurious timeouts";
	BenchPlan plan = bench_plan(40 * MS, 0, 0);
	plan.options = { { "sndbuf", "150000" } };
	plan.there.step_at = WORLD_START + 3 * SEC;
	plan.there.step_delay_ns = 420 * MS;
	Bench bench(plan, { "newreno" });
	bench.run_for(3 * SEC);
	uint32_t before = bench.info(0).cwnd_bytes;
	bench.run_for(3 * SEC);

	EXPECT_GE(bench.info(0).cwnd_bytes, before / 2 + before / 4);
	bench.mark();
	bench.run_for(5 * SEC);
	EXPECT_GE(bench.goodput(0), 0.8 * 150000 * 8 / 0.44);
}

/* The most segments that one host sent within a tenth of a millisecond. */
class Bursts : public Witness
{
      public:
	void
	sent(const Frame &frame, uint64_t now) override
	{
		if (frame.from != 0 || frame.seg.len == 0)
			return;
		if (now > since_ + MS / 10) {
			since_ = now;
			burst_ = 0;
		}
		longest = std::max(longest, ++burst_);
	}

	void
	fate(const Frame &, const char *, uint64_t) override
	{
	}

	void
	turned(int, support::Host &) override
	{
	}

	unsigned int longest = 0;

      private:
	uint64_t since_ = 0;
	unsigned int burst_ = 0;
};

unsigned int
longest_burst(const Options &options, const char *cc)
{
	BenchPlan plan = bench_plan(100 * MS, 0, 0);
	plan.options = options;
	plan.options.emplace_back("init_cwnd", "40");
	plan.options.emplace_back("sndbuf", "300000");
	plan.options.emplace_back("sndbuf_max", "300000");
	Bench bench(plan, { cc });
	Bursts bursts;

	bench.world.witness = &bursts;
	bench.run_for(3 * SEC);
	return bursts.longest;
}

TEST(Bars, WithoutPacingAWindowLeavesAtOnce)
{
	Options options;
	if (knows("pacing", "0"))
		options = { { "pacing", "0" } };
	EXPECT_GE(longest_burst(options, "newreno"), 40U);
}

TEST(Bars, WithPacingAWindowIsSpread)
{
	if (!knows("pacing", "1"))
		GTEST_SKIP() << "the stack has no pacing";
	EXPECT_LE(longest_burst({ { "pacing", "1" } }, "newreno"), 10U);
}

/* 100 ms, 200 Mbit/s; ms until the receiver has 8 MB, with one segment in a hundred coming 10 ms late or none. */
double
start_up_ms(uint64_t reorder)
{
	BenchPlan plan = bench_plan(100 * MS, 200 * static_cast<uint64_t>(MBIT), 2500000);
	plan.there.reorder = plan.back.reorder = reorder;
	plan.there.reorder_ns = plan.back.reorder_ns = 10 * MS;
	Bench bench(plan, { "cubic" });

	return static_cast<double>(bench.time_of(0, 8000000, 20 * SEC)) / static_cast<double>(MS);
}

/* What comes late is no loss, and what comes before it counts: the window doubles each round trip all the same. */
TEST(Bars, ReorderingDoesNotSlowTheStart)
{
	double plain = start_up_ms(0), reordered = start_up_ms(10000);

	printf("8 MB in %.0f ms, with reordering in %.0f ms\n", plain, reordered);
	EXPECT_LE(reordered, 1.05 * plain);
}

/* RFC 8257: the queue stays about where the marks begin, and the line is full. */
TEST(Bars, DctcpKeepsTheQueueAtItsThreshold)
{
	if (!knows("cc", "dctcp"))
		GTEST_SKIP() << "the stack has no DCTCP";
	BenchPlan plan = bench_plan(2 * MS, 100 * static_cast<uint64_t>(MBIT), 500000);
	plan.there.mark_bytes = 30000;
	plan.options = { { "ecn", "1" } };
	Bench bench(plan, { "dctcp", "dctcp" });
	bench.run_for(2 * SEC);
	bench.mark();
	bench.there.counts.queue_peak = 0;
	bench.run_for(5 * SEC);

	EXPECT_LE(bench.there.counts.queue_peak, 3 * 30000U);
	EXPECT_GE(bench.goodput(0) + bench.goodput(1), 0.9 * 100 * MBIT * SMSS / 1514);
	EXPECT_EQ(bench.there.counts.overflows, 0U);
}

/* BBR measures what the path delivers: random loss does not slow it down, and a deep queue stays short. */
TEST(Bars, BbrFindsTheBandwidthThroughLossAndLeavesTheQueueShort)
{
	if (!knows("cc", "bbr"))
		GTEST_SKIP() << "the stack has no BBR";
	BenchPlan plan = bench_plan(40 * MS, 20 * static_cast<uint64_t>(MBIT), 400000); /* 4 BDP */
	plan.there.loss = 5000;
	Bench bench(plan, { "bbr" });
	bench.run_for(10 * SEC);
	bench.mark();
	bench.there.counts = LinkCounts();
	bench.run_for(20 * SEC);

	EXPECT_GE(bench.goodput(0), 0.85 * 20 * MBIT * SMSS / 1514);
	EXPECT_LE(bench.there.counts.mean_wait_ns(), 1.5 * 40e6);
}

class BbrPath : public ::testing::TestWithParam<std::tuple<double, double>>
{
};

/* What a flow alone gets, and what it believes that it could. */
TEST_P(BbrPath, FillsTheLineAndKnowsIt)
{
	auto [rtt, loss] = GetParam();
	auto bdp = static_cast<uint64_t>(20 * MBIT / 8 * rtt);
	BenchPlan plan =
		bench_plan(static_cast<uint64_t>(rtt * 1e9), 20 * static_cast<uint64_t>(MBIT),
	                   std::max<uint64_t>(bdp, 30000));
	plan.there.loss = static_cast<uint64_t>(loss * 1e6);
	Bench bench(plan, { "bbr" });
	bench.run_for(5 * SEC);
	bench.mark();
	double line = 20 * MBIT * SMSS / 1514, known = 0;
	for (int i = 0; i < 200; i++) {
		bench.run_for(100 * MS);
		known = std::max(known,
		                 static_cast<double>(bench.info(0).delivery_rate) * 8 / line);
	}
	double goodput = bench.goodput(0) / line;

	printf("bbr p %g RTT %g s: %.2f of the line, estimate %.2f\n", loss, rtt, goodput, known);
	EXPECT_GE(goodput, 0.8);
	EXPECT_GE(known, 0.95);
	EXPECT_LE(known, 1.1);
}

INSTANTIATE_TEST_SUITE_P(Bars, BbrPath,
                         ::testing::Combine(::testing::Values(0.01, 0.04, 0.1),
                                            ::testing::Values(0, 0.001, 0.01)));

} // namespace
