/* SPDX-License-Identifier: BSD-3-Clause */
/* app/doctor: what a port's facts and the answers that came are worth. */
#include <string>

#include <gtest/gtest.h>

#include "doctor/port.h"

namespace
{

pln_port_info
port_of(const char *driver)
{
	pln_port_info port = {};

	snprintf(port.name, sizeof(port.name), "p0");
	snprintf(port.driver, sizeof(port.driver), "%s", driver);
	port.up = true;
	port.mtu = 1500;
	port.queues = 1;
	return port;
}

pln_port_info
steered(const char *mode, uint16_t queues)
{
	pln_port_info port = port_of("net_x");

	snprintf(port.steering, sizeof(port.steering), "%s", mode);
	snprintf(port.steering_why, sizeof(port.steering_why), "because");
	port.queues = queues;
	return port;
}

knock
knock_of(unsigned int accepted, unsigned int refused, uint64_t handed = 0)
{
	knock k = {};

	k.opened = KNOCK_CONNS;
	k.accepted = accepted;
	k.refused = refused;
	k.handed = handed;
	return k;
}

void
expect(const finding &f, verdict wanted, const std::string &seen, const std::string &mend)
{
	EXPECT_EQ(f.verdict, wanted) << f.seen;
	EXPECT_NE(std::string(f.seen).find(seen), std::string::npos) << f.seen;
	EXPECT_NE(std::string(f.mend).find(mend), std::string::npos) << f.mend;
}

} // namespace

TEST(DoctorPort, LinkThatIsDownHasFailed)
{
	pln_port_info port = port_of("net_virtio");

	expect(port_judge_link(&port), VERDICT_OK,
	       "p0 (net_virtio) is up, MTU 1500, 1 queue each way", "");
	port.up = false;
	expect(port_judge_link(&port), VERDICT_FAILED, "is down", "cable");
	snprintf(port.interface, sizeof(port.interface), "veth1");
	expect(port_judge_link(&port), VERDICT_FAILED, " on veth1 is down", "ip link set veth1 up");
}

TEST(DoctorPort, AnswersProveWhatWasSent)
{
	pln_port_info port = port_of("net_e1000_em");
	knock knocks[2] = { knock_of(1, 3), knock_of(0, 2) };
	const port_sums sums = { 6, 0, 0 };

	expect(port_judge_sent(&port, knocks, 2, &sums), VERDICT_OK,
	       "by software: 6 of 8 TCP connections were answered, UDP was not", "");
	knocks[0].udp_back = true;
	port.capabilities = PLN_LINK_TX_TCP_CKSUM;
	expect(port_judge_sent(&port, knocks, 2, &sums), VERDICT_OK, "by the device: 6 of 8", "");
}

TEST(DoctorPort, SilenceAccusesTheDeviceIfItComputesChecksums)
{
	pln_port_info port = port_of("net_e1000_em");
	knock silent = knock_of(0, 0), none = {};
	port_sums sums = {};

	expect(port_judge_sent(&port, &silent, 1, &sums), VERDICT_WARNING, "filtered, likely",
	       "--peer A:PORT");
	port.capabilities = PLN_LINK_TX_TCP_CKSUM;
	expect(port_judge_sent(&port, &silent, 1, &sums), VERDICT_WARNING,
	       "or the device computes them wrong", "--csum sw");
	expect(port_judge_sent(&port, &none, 1, &sums), VERDICT_WARNING, "not tested", "");
	/* An answer that we cannot take is one all the same. */
	sums.bad_tcp = 4;
	expect(port_judge_sent(&port, &silent, 1, &sums), VERDICT_OK, "0 of 4", "");
}

TEST(DoctorPort, WrongChecksumsReceivedHaveFailed)
{
	pln_port_info port = port_of("net_af_packet");
	knock open = knock_of(1, 3), closed = knock_of(0, 4), none = {};
	port_sums sums = { 8, 0, 0 };

	expect(port_judge_received(&port, &open, 1, &sums), VERDICT_OK,
	       "8 TCP segments, none wrong (checked by software)", "");
	expect(port_judge_received(&port, &closed, 1, &sums), VERDICT_WARNING,
	       "none of a connection", "--peer A:PORT");
	expect(port_judge_received(&port, &none, 1, &sums), VERDICT_WARNING, "not tested", "");
	sums.bad_tcp = 3;
	expect(port_judge_received(&port, &closed, 1, &sums), VERDICT_FAILED, "3 of 8 TCP segments",
	       "ethtool -K INTERFACE tx off");
	sums = { 8, 0, 1 };
	expect(port_judge_received(&port, &open, 1, &sums), VERDICT_FAILED, "1 other packets",
	       "ethtool");
}

TEST(DoctorPort, RepliesElsewhereDisproveAPromise)
{
	pln_port_info port = steered("rss-verified", 2);
	knock knocks[2] = { knock_of(4, 0), knock_of(0, 4) };

	expect(port_judge_steering(&port, knocks, 2), VERDICT_OK,
	       "rss-verified: 2 lcores; 8 replies, 0 segments", "");
	knocks[1] = knock_of(0, 0);
	expect(port_judge_steering(&port, knocks, 2), VERDICT_WARNING, "not proven", "--peer");
	knocks[0].handed = 3;
	expect(port_judge_steering(&port, knocks, 2), VERDICT_FAILED,
	       "3 segments came to another lcore", "--steer adopt");
}

TEST(DoctorPort, OtherModesPromiseNothing)
{
	pln_port_info port = steered("adopt", 2);
	knock knocks[2] = { knock_of(4, 0, 2), knock_of(4, 0, 2) };

	expect(port_judge_steering(&port, knocks, 2), VERDICT_OK, "adopt: because", "");
	expect(port_judge_steering(&port, knocks, 1), VERDICT_OK, "one lcore", "");
	port.probes_sent = 8;
	port.probes_answered = 6;
	expect(port_judge_steering(&port, knocks, 2), VERDICT_OK,
	       "of 8 probes at the start 6 were answered, 0 elsewhere", "");
	port = steered("software", 1);
	expect(port_judge_steering(&port, knocks, 2), VERDICT_WARNING, "2 lcores share 1 queue",
	       "-l with 1 lcore");
}

TEST(DoctorPort, AddressIsFreeWhenNobodyElseSaysOtherwise)
{
	pln_addr_info info = {};

	expect(port_judge_address(&info, true), VERDICT_WARNING, "none was given", "--ip A/LEN");
	info.addr = pln_addr_ip4(10, 0, 0, 2);
	info.prefix_len = 24;
	expect(port_judge_address(&info, false), VERDICT_WARNING, "nobody was asked",
	       "--acd detect");
	expect(port_judge_address(&info, true), VERDICT_WARNING, "not all probes", "the link");
	info.checked = true;
	expect(port_judge_address(&info, true), VERDICT_OK, "10.0.0.2/24: nobody else has it", "");
	info.conflicts = 1;
	info.rival.bytes[5] = 9;
	expect(port_judge_address(&info, true), VERDICT_FAILED,
	       "10.0.0.2 is the address of 00:00:00:00:00:09", "--ip");
}
