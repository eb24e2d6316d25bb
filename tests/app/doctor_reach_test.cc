/* SPDX-License-Identifier: BSD-3-Clause */
/* app/doctor: the way to a host and the knocks there, between two stacks, in virtual time. */
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "doctor/knock.h"
#include "doctor/reach.h"
#include "support/two_hosts.h"

namespace
{

using support::Frame;
using support::TwoHosts;

constexpr uint64_t step_ns = 5 * PLN_NS_PER_MS;
constexpr uint64_t limit_ns = 60 * PLN_NS_PER_S;

support::TwoHostsOptions
with_arp()
{
	support::TwoHostsOptions options;

	options.arp = true;
	return options;
}

reach
go(TwoHosts &w, const pln_addr &target)
{
	uint64_t end = w.now + limit_ns;
	reach r;

	reach_init(&r, w.a.stack(), &target);
	while (!reach_step(&r, w.now) && w.now < end)
		w.run_for(step_ns);
	reach_begin_mtu(&r, w.now);
	while (!reach_step(&r, w.now) && w.now < end)
		w.run_for(step_ns);
	EXPECT_LT(w.now, end);
	return r;
}

void
knock_at(TwoHosts &w, knock *k, uint16_t port)
{
	const pln_endpoint peer = { w.b.addr, port };
	pln_event events[16];

	knock_start(k, w.a.stack(), &peer, true, w.now);
	do {
		w.run_for(step_ns);
		unsigned int n = pln_stack_events(w.a.stack(), events, 16);
		for (unsigned int i = 0; i < n; i++)
			knock_hear(k, &events[i]);
	} while (!knock_over(k, w.now));
	w.run_for(step_ns);
}

/* Frames longer than this do not arrive. */
void
carry(TwoHosts &w, int way, size_t bytes)
{
	w.cable.faults[way].drop = [bytes](const Frame &frame, uint64_t) {
		return frame.bytes().size() > bytes + 14;
	};
}

void
listen(TwoHosts &w, uint16_t port)
{
	pln_tcp_listen_args args = {};
	uint64_t listener;

	args.size = sizeof(args);
	args.local.port = port;
	ASSERT_EQ(pln_tcp_listen(w.b.stack(), &args, &listener), 0);
}

std::string
seen(const finding &f)
{
	return f.seen;
}

} // namespace

TEST(DoctorReach, HostThatAnswersIsOkThroughout)
{
	TwoHosts w(with_arp());
	reach r = go(w, w.b.addr);

	EXPECT_TRUE(reach_is_there(&r));
	EXPECT_EQ(reach_judge_arp(&r).verdict, VERDICT_OK);
	EXPECT_EQ(r.replies, 3U);
	EXPECT_EQ(r.rtt_ns, 100000U);
	EXPECT_EQ(reach_judge_ping(&r).verdict, VERDICT_OK);
	EXPECT_EQ(r.carried, 1500);
	EXPECT_EQ(reach_judge_mtu(&r).verdict, VERDICT_OK);
}

TEST(DoctorReach, NobodyThereFailsAtArp)
{
	TwoHosts w(with_arp());
	reach r = go(w, support::ip4("10.0.0.99"));

	EXPECT_FALSE(reach_is_there(&r));
	EXPECT_EQ(reach_judge_arp(&r).verdict, VERDICT_FAILED);
	EXPECT_NE(seen(reach_judge_arp(&r)).find("10.0.0.99 does not answer"), std::string::npos)
		<< reach_judge_arp(&r).seen;
	EXPECT_EQ(reach_judge_ping(&r).verdict, VERDICT_WARNING);
	EXPECT_EQ(reach_judge_mtu(&r).verdict, VERDICT_WARNING);
}

TEST(DoctorReach, HostBehindNoGatewayHasNoRoute)
{
	TwoHosts w(with_arp());
	reach r = go(w, support::ip4("192.0.2.1"));

	EXPECT_TRUE(r.no_route);
	EXPECT_EQ(reach_judge_arp(&r).verdict, VERDICT_FAILED);
	EXPECT_STREQ(reach_judge_arp(&r).mend, "--gw A");
}

TEST(DoctorReach, LostEchoesAreWarnedOf)
{
	TwoHosts w(with_arp());
	bool first = true;

	w.cable.faults[0].drop = [&first](const Frame &frame, uint64_t) {
		return frame.icmp && std::exchange(first, false);
	};
	reach r = go(w, w.b.addr);
	EXPECT_EQ(r.replies, 2U);
	EXPECT_EQ(reach_judge_ping(&r).verdict, VERDICT_WARNING);
	EXPECT_NE(seen(reach_judge_ping(&r)).find("packets are lost"), std::string::npos);
	EXPECT_EQ(r.carried, 1500);
}

TEST(DoctorReach, EchoThatComesTwiceCountsOnce)
{
	TwoHosts w(with_arp());
	unsigned int n = 0;

	w.cable.faults[1].duplicate = 1;
	w.cable.faults[0].drop = [&n](const Frame &frame, uint64_t) {
		return frame.icmp && n++ == 1;
	};
	reach r = go(w, w.b.addr);
	EXPECT_EQ(r.replies, 2U);
}

TEST(DoctorReach, HostThatTakesNoEchoesIsWarnedOf)
{
	TwoHosts w(with_arp());

	w.cable.faults[0].drop = [](const Frame &frame, uint64_t) { return !!frame.icmp; };
	reach r = go(w, w.b.addr);
	EXPECT_TRUE(reach_is_there(&r));
	EXPECT_EQ(reach_judge_ping(&r).verdict, VERDICT_WARNING);
	EXPECT_NE(seen(reach_judge_ping(&r)).find("takes no echo requests"), std::string::npos);
	EXPECT_NE(seen(reach_judge_mtu(&r)).find("not tested"), std::string::npos);
}

TEST(DoctorReach, LargestPacketIsFoundToTheByte)
{
	for (int way : { 0, 1 }) {
		for (size_t bytes : { 84U, 85U, 576U, 1006U, 1400U, 1499U }) {
			TwoHosts w(with_arp());

			carry(w, way, bytes);
			reach r = go(w, w.b.addr);
			EXPECT_EQ(r.carried, bytes) << way;
			EXPECT_EQ(reach_judge_mtu(&r).verdict, VERDICT_WARNING);
			EXPECT_NE(std::string(reach_judge_mtu(&r).mend)
			                  .find("--mtu " + std::to_string(bytes)),
			          std::string::npos);
		}
	}
}

TEST(DoctorReach, DeviceThatALongFrameSticksInIsTold)
{
	TwoHosts w(with_arp());
	bool is_stuck = false;

	w.cable.faults[0].drop = [&is_stuck](const Frame &frame, uint64_t) {
		is_stuck = is_stuck || frame.payload.size() > 1400;
		return is_stuck;
	};
	reach r = go(w, w.b.addr);
	EXPECT_TRUE(r.is_stuck);
	EXPECT_EQ(reach_judge_mtu(&r).verdict, VERDICT_FAILED);
	EXPECT_NE(seen(reach_judge_mtu(&r)).find("stuck"), std::string::npos);
}

TEST(DoctorReach, AnswerInFragmentsIsNotCarriedWhole)
{
	support::TwoHostsOptions options = with_arp();

	options.b.mtu = 1400;
	TwoHosts w(options);
	reach r = go(w, w.b.addr);
	EXPECT_EQ(r.carried, 1400);
}

TEST(DoctorReach, LossDoesNotShrinkTheAnswer)
{
	TwoHosts w(with_arp());
	unsigned int large = 0;

	/* Each large echo is lost once. */
	w.cable.faults[0].drop = [&large](const Frame &frame, uint64_t) {
		return frame.icmp && frame.payload.size() > 100 && large++ % 2 == 0;
	};
	reach r = go(w, w.b.addr);
	EXPECT_EQ(r.carried, 1500);
}

TEST(DoctorKnock, OpenAndClosedPortsBothAnswer)
{
	TwoHosts w(with_arp());
	knock k;

	listen(w, 80);
	knock_at(w, &k, 0);
	EXPECT_EQ(k.opened, 4U);
	EXPECT_EQ(k.accepted, 1U);
	EXPECT_EQ(k.refused, 3U);
	EXPECT_EQ(knock_answers(&k), 4U);
	EXPECT_TRUE(k.udp_back);
	EXPECT_EQ(k.handed, 0U);
	EXPECT_EQ(pln_tcp_conn_count(w.a.stack()), 0U);
	EXPECT_EQ(pln_udp_count(w.a.stack()), 0U);
}

TEST(DoctorKnock, OnePortIsAskedFourTimes)
{
	TwoHosts w(with_arp());
	knock k;

	listen(w, 8080);
	knock_at(w, &k, 8080);
	EXPECT_EQ(k.accepted, 4U);
}

TEST(DoctorKnock, SilenceEndsAfterARepetition)
{
	TwoHosts w(with_arp());
	uint64_t before = w.now;
	knock k;

	w.cable.faults[0].drop = [](const Frame &frame, uint64_t) { return frame.ip.has_value(); };
	knock_at(w, &k, 0);
	EXPECT_EQ(knock_answers(&k), 0U);
	EXPECT_FALSE(k.udp_back);
	EXPECT_GE(w.now - before, 1500 * PLN_NS_PER_MS);
	EXPECT_LT(w.now - before, 1600 * PLN_NS_PER_MS);
	EXPECT_EQ(pln_tcp_conn_count(w.a.stack()), 0U);
}
