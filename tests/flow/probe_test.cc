/* SPDX-License-Identifier: BSD-3-Clause */
/* flow/probe: honest devices are proven, the others found out. */
#include "flow/probe.h"

#include <functional>
#include <set>

#include "flow/steering.h"

namespace
{

using Device = std::function<uint16_t(const pln_steer_pkt &)>;

/* Probe every queue; `device` decides where the replies arrive. */
pln_steer_proof
judge(const pln_steer *steer, const Device &device, size_t each = PLN_PROBE_EACH)
{
	auto probe = std::make_unique<pln_probe>();
	uint16_t ports[PLN_PROBE_EACH];

	pln_probe_init(probe.get(), steer);
	for (uint16_t q = 0; q < steer->queues; q++) {
		pln_steer_pkt pkt = reply(0x0a000002, 9, 40000);
		size_t n = pln_probe_make(steer, q, &pkt, ports, each);

		EXPECT_EQ(each, n);
		for (size_t i = 0; i < n; i++) {
			pkt.key.local_port = ports[i];
			pln_probe_saw(probe.get(), &pkt, device(pkt));
		}
	}
	return pln_probe_judge(probe.get());
}

uint16_t
as_computed(const pln_steer *steer, const pln_steer_pkt &pkt)
{
	return static_cast<uint16_t>(pln_steer_queue(steer, &pkt));
}

} // namespace

TEST(Probe, MadePortsLeadToTheQueueAskedFor)
{
	auto steer = Facts(4, 4).hash(100).choose();
	pln_steer_pkt pkt = reply(0x0a000002, 9, 40000);
	std::vector<uint16_t> ports(65536);
	uint16_t differ = 0;

	ports.resize(pln_probe_make(steer.get(), 2, &pkt, ports.data(), ports.size()));
	EXPECT_NEAR(25536 / 4, ports.size(), 600);
	EXPECT_EQ(ports.size(), std::set<uint16_t>(ports.begin(), ports.end()).size());
	for (uint16_t port : ports) {
		pkt.key.local_port = port;
		EXPECT_EQ(2, pln_steer_queue(steer.get(), &pkt));
		EXPECT_GE(port, 40000);
	}
	/* The first few differ in most bits: a hash is linear. */
	for (size_t i = 1; i < 8; i++)
		differ |= ports[0] ^ ports[i];
	EXPECT_GE(__builtin_popcount(differ), 12);
	pkt.key.local_port = 65535;
	EXPECT_LE(pln_probe_make(steer.get(), 2, &pkt, ports.data(), 32), 1U);
}

TEST(Probe, NothingIsMadeWhereNothingIsKnown)
{
	auto steer = Facts(2, 2).ask(PLN_STEER_ADOPT).choose();
	pln_steer_pkt pkt = reply(0x0a000002, 9, 40000);
	uint16_t port;

	EXPECT_EQ(0U, pln_probe_make(steer.get(), 0, &pkt, &port, 1));
}

TEST(Probe, HonestDeviceIsProven)
{
	for (const auto &steer : { Facts(4, 4).hash(128).choose(), Facts(3, 3).rules().choose() })
		EXPECT_EQ(PLN_STEER_PROVEN, judge(steer.get(), [&](const pln_steer_pkt &pkt) {
				  return as_computed(steer.get(), pkt);
			  }));
}

TEST(Probe, OneAnswerAQueueIsNotEnough)
{
	auto steer = Facts(4, 4).hash(128).choose();

	EXPECT_EQ(PLN_STEER_UNPROVEN,
	          judge(
			  steer.get(),
			  [&](const pln_steer_pkt &pkt) { return as_computed(steer.get(), pkt); },
			  1));
}

TEST(Probe, QueueThatTheTableLeavesOutNeedNotAnswer)
{
	Facts facts = Facts(2, 3).hash(128);
	uint16_t port = 0;

	for (uint16_t &queue : facts.reta)
		queue %= 2;
	auto steer = facts.choose();
	auto probe = std::make_unique<pln_probe>();
	pln_steer_pkt pkt = reply(0x0a000002, 9, 40000);
	EXPECT_EQ(0U, pln_probe_make(steer.get(), 2, &pkt, &port, 1));
	pln_probe_init(probe.get(), steer.get());
	for (; pkt.key.local_port < 40032; pkt.key.local_port++)
		pln_probe_saw(probe.get(), &pkt, as_computed(steer.get(), pkt));
	EXPECT_EQ(PLN_STEER_PROVEN, pln_probe_judge(probe.get()));
}

TEST(Probe, EverythingOnOneQueueIsFoundOut)
{
	for (const auto &steer : { Facts(4, 4).hash(128).choose(), Facts(4, 4).rules().choose(),
	                           Facts(2, 2).hash(128).choose() })
		for (uint16_t queue : { 0, 1 })
			EXPECT_EQ(PLN_STEER_ONE_QUEUE,
			          judge(steer.get(), [&](const pln_steer_pkt &) { return queue; }));
}

TEST(Probe, AnotherKeyIsFoundOut)
{
	auto steer = Facts(4, 4).hash(128).choose(), other = Facts(4, 4).hash(128, 52).choose();

	EXPECT_EQ(PLN_STEER_ELSEWHERE, judge(steer.get(), [&](const pln_steer_pkt &pkt) {
			  return as_computed(other.get(), pkt);
		  }));
}

TEST(Probe, HashWithoutPortsLooksLikeOneQueue)
{
	auto steer = Facts(4, 4).hash(128).choose();

	EXPECT_EQ(PLN_STEER_ONE_QUEUE, judge(steer.get(), [&](pln_steer_pkt pkt) {
			  pkt.fragment = true;
			  return as_computed(steer.get(), pkt);
		  }));
}

/* While a table is rewritten a packet may still take the old way. */
TEST(Probe, OneStrayPacketSpeaksNeitherForNorAgainst)
{
	auto steer = Facts(4, 4).hash(128).choose();
	int n = 0;

	EXPECT_EQ(PLN_STEER_UNPROVEN, judge(steer.get(), [&](const pln_steer_pkt &pkt) {
			  uint16_t queue = as_computed(steer.get(), pkt);
			  return n++ == 5 ? static_cast<uint16_t>(queue ^ 1) : queue;
		  }));
}

TEST(Probe, UnknownHashIsSeenToSpreadOrNot)
{
	auto steer = Facts(2, 2).ask(PLN_STEER_ADOPT).choose();

	for (uint16_t spread : { 0, 1 }) {
		auto probe = std::make_unique<pln_probe>();
		pln_steer_pkt pkt = reply(0x0a000002, 9, 40000);

		pln_probe_init(probe.get(), steer.get());
		for (uint16_t i = 0; i < 16; i++, pkt.key.local_port++) {
			EXPECT_EQ(PLN_STEER_UNPROVEN, pln_probe_judge(probe.get()));
			pln_probe_saw(probe.get(), &pkt, spread & (i >> 3));
		}
		EXPECT_EQ(spread ? PLN_STEER_UNPROVEN : PLN_STEER_ONE_QUEUE,
		          pln_probe_judge(probe.get()));
	}
}

/* Of paired queues only who asked knows where the answer is due. */
TEST(Probe, PairedQueuesAreJudgedByWhatWasDue)
{
	auto steer = Facts(2, 2).pair().choose();
	auto probe = std::make_unique<pln_probe>();

	pln_probe_init(probe.get(), steer.get());
	for (int i = 0; i < 4; i++)
		pln_probe_saw_at(probe.get(), 0, 0);
	EXPECT_EQ(PLN_STEER_UNPROVEN, pln_probe_judge(probe.get()));
	for (int i = 0; i < 4; i++)
		pln_probe_saw_at(probe.get(), 1, 1);
	EXPECT_EQ(PLN_STEER_PROVEN, pln_probe_judge(probe.get()));
	for (int i = 0; i < 8; i++)
		pln_probe_saw_at(probe.get(), 1, 0);
	EXPECT_EQ(PLN_STEER_ELSEWHERE, pln_probe_judge(probe.get()));
}
