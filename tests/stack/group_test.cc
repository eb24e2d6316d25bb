/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stacks that share an address, behind a device that gives each frame to any of them: nothing is lost, nothing is answered twice, and
 * nobody is reset because his segment went to the wrong lcore.
 */
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <pollen/icmp.h>
#include <pollen/tcp.h>
#include <pollen/udp.h>

#include "support/groups.h"

namespace
{

using namespace support;

constexpr uint64_t LIMIT_NS = 60 * PLN_NS_PER_S;
constexpr uint16_t PORT = 80;

/* Every connection that a stack of the left side opens says its number, and is told it back by whoever accepted it. */
class Echoes
{
      public:
	Echoes(Groups &world, unsigned int per_stack)
	    : accepted(world.right.count()), world_(world), per_stack_(per_stack)
	{
		for (unsigned int i = 0; i < world.right.count(); i++)
			listeners_.push_back(listen(world.right.stack(i)));
		for (unsigned int i = 0; i < world.left.count(); i++)
			for (unsigned int n = 0; n < per_stack; n++)
				open(i, i * 100000 + n);
		world_.app = [this] { return turn(); };
	}

	bool
	done() const
	{
		return good + bad == static_cast<size_t>(world_.left.count()) * per_stack_;
	}

	size_t good = 0, bad = 0;
	std::vector<size_t> accepted;
	std::set<uint16_t> ports; /* of the left side, all different */

      private:
	struct Client {
		uint32_t number;
		uint64_t conn;
	};

	static uint64_t
	listen(pln_stack *stack)
	{
		pln_tcp_listen_args args{};
		uint64_t listener = 0;

		args.size = sizeof(args);
		args.local.port = PORT;
		args.backlog = 4096;
		EXPECT_EQ(pln_tcp_listen(stack, &args, &listener), 0);
		return listener;
	}

	void
	open(unsigned int i, uint32_t number)
	{
		pln_tcp_open_args args{};
		struct pln_tcp_info info {
		};

		clients_.push_back(std::make_unique<Client>(Client{ number, 0 }));
		args.size = sizeof(args);
		args.remote = { world_.right.hosts[0]->addr, PORT };
		args.cookie = clients_.back().get();
		ASSERT_EQ(pln_tcp_open(world_.left.stack(i), &args, &clients_.back()->conn), 0);
		info.size = sizeof(info);
		ASSERT_EQ(pln_tcp_info(world_.left.stack(i), clients_.back()->conn, &info), 0);
		EXPECT_TRUE(ports.insert(info.local.port).second) << info.local.port;
	}

	void
	client(pln_stack *stack, const pln_event &event)
	{
		auto *c = static_cast<Client *>(event.cookie);
		uint32_t answer = 0;

		if ((event.bits & PLN_EV_CONNECTED) != 0) {
			EXPECT_EQ(pln_tcp_send(stack, c->conn, &c->number, sizeof(c->number), 0),
			          4);
		}
		if ((event.bits & PLN_EV_READABLE) != 0) {
			EXPECT_EQ(pln_tcp_receive(stack, c->conn, &answer, sizeof(answer), 0), 4);
			(answer == c->number ? good : bad)++;
			pln_tcp_close(stack, c->conn);
		} else if ((event.bits & PLN_EV_CLOSED) != 0) {
			bad++;
			pln_tcp_close(stack, c->conn);
		}
	}

	void
	server(pln_stack *stack, unsigned int i, const pln_event &event)
	{
		uint8_t buf[64];
		uint64_t conn;
		ssize_t n;

		if (event.conn == listeners_[i]) {
			while (pln_tcp_accept(stack, listeners_[i], nullptr, &conn) == 0)
				accepted[i]++;
			return;
		}
		n = pln_tcp_receive(stack, event.conn, buf, sizeof(buf), 0);
		if (n > 0) {
			EXPECT_EQ(pln_tcp_send(stack, event.conn, buf, static_cast<size_t>(n), 0),
			          n);
		}
		if ((event.bits & (PLN_EV_PEER_CLOSED | PLN_EV_CLOSED)) != 0)
			pln_tcp_close(stack, event.conn);
	}

	bool
	turn()
	{
		pln_event events[64];
		unsigned int count, total = 0;

		for (unsigned int i = 0; i < world_.left.count(); i++) {
			count = pln_stack_events(world_.left.stack(i), events, 64);
			for (unsigned int k = 0; k < count; k++)
				client(world_.left.stack(i), events[k]);
			total += count;
		}
		for (unsigned int i = 0; i < world_.right.count(); i++) {
			count = pln_stack_events(world_.right.stack(i), events, 64);
			for (unsigned int k = 0; k < count; k++)
				server(world_.right.stack(i), i, events[k]);
			total += count;
		}
		return total > 0;
	}

	Groups &world_;
	unsigned int per_stack_;
	std::vector<uint64_t> listeners_;
	std::vector<std::unique_ptr<Client>> clients_;
};

TEST(Group, ConnectionsLiveWhateverStackTheirSegmentsArriveAt)
{
	Groups w(2, 3);
	size_t resets = 0;

	for (unsigned int i = 0; i < 2; i++)
		EXPECT_EQ(pln_stack_resolve(w.left.stack(i), &w.right.hosts[0]->addr), 0);
	w.settle();
	Echoes echoes(w, 150);
	w.tap = [&](const Frame &f) { resets += f.tcp && (f.tcp->flags & RST) != 0; };
	EXPECT_TRUE(w.run_until([&] { return echoes.done(); }, LIMIT_NS));
	EXPECT_EQ(echoes.good, 300U);
	EXPECT_EQ(echoes.bad, 0U);
	EXPECT_EQ(resets, 0U);
	EXPECT_EQ(echoes.ports.size(), 300U);
	for (size_t accepted : echoes.accepted)
		EXPECT_GT(accepted, 60U) << "accepts spread as the flows do";
	EXPECT_GT(w.right.counter("group_handed"), 0U);
	EXPECT_EQ(w.right.counter("group_handed"), w.right.counter("group_taken"));
	EXPECT_GT(w.right.counter("group_handed_tcp"), 0U);
	EXPECT_EQ(w.left.counter("tcp_retransmit") + w.right.counter("tcp_retransmit"), 0U);
}

TEST(Group, OneQueueServesAllStacks)
{
	Groups w(1, 4);
	Echoes echoes(w, 400);

	w.arrival[0] = [](const Frame &) { return 0U; };
	EXPECT_TRUE(w.run_until([&] { return echoes.done(); }, LIMIT_NS));
	EXPECT_EQ(echoes.good, 400U);
	for (size_t accepted : echoes.accepted)
		EXPECT_GT(accepted, 60U);
	for (unsigned int i = 1; i < 4; i++)
		EXPECT_EQ(w.right.hosts[i]->counter("rx_frames"), 0U);
}

TEST(Group, WhatArrivesAtHomeIsNotHandedOver)
{
	Groups w(2, 2);
	Echoes echoes(w, 20);

	/* As a device that steers by our own rule. */
	for (int side = 0; side < 2; side++)
		w.arrival[side] = [&, side](const Frame &f) {
			const Side &to = side == 0 ? w.right : w.left;
			pln_flow_key key{};

			if (!f.tcp)
				return PLN_HOME_CONTROL;
			memcpy(&key.local, f.ip->dst.bytes, sizeof(key.local));
			memcpy(&key.remote, f.ip->src.bytes, sizeof(key.remote));
			key.local_port = f.tcp->dport;
			key.remote_port = f.tcp->sport;
			return pln_home_of_flow(&to.stack(0)->home, &key);
		};
	EXPECT_TRUE(w.run_until([&] { return echoes.done(); }, LIMIT_NS));
	EXPECT_EQ(echoes.good, 40U);
	/* ARP's packets alone, told to the other stack. */
	EXPECT_LE(w.left.counter("group_handed"), 4U);
	EXPECT_LE(w.right.counter("group_handed"), 4U);
}

TEST(Group, APortAskedForMustBeAtHome)
{
	Groups w(2, 1);
	pln_tcp_open_args args{};
	uint64_t conn;
	unsigned int here = 0;

	args.size = sizeof(args);
	args.remote = { w.right.hosts[0]->addr, PORT };
	args.local.addr = w.left.hosts[0]->addr;
	for (uint16_t port = 5000; port < 5100; port++) {
		args.local.port = port;
		int first = pln_tcp_open(w.left.stack(0), &args, &conn);
		int second = pln_tcp_open(w.left.stack(1), &args, &conn);

		EXPECT_EQ((first == 0) + (second == 0), 1) << "one of them has it, and one alone";
		EXPECT_EQ(first + second, -EADDRNOTAVAIL);
		here += first == 0;
	}
	EXPECT_GT(here, 20U);
	EXPECT_LT(here, 80U);
}

TEST(Group, SeveralAddressesMultiplyThePortsAndNoTwoStacksOfferTheSame)
{
	Groups w(2, 1);
	const pln_addr another = ip4("10.9.0.3");
	std::map<std::string, std::set<uint16_t>> ports;
	pln_tcp_open_args args{};
	uint64_t conn;

	args.size = sizeof(args);
	args.remote = { w.right.hosts[0]->addr, PORT };
	for (const auto &host : w.left.hosts) {
		size_t here = 0;

		ASSERT_EQ(pln_stack_opt_set(host->stack(), "port_range", "50000-50063"), 0);
		ASSERT_EQ(pln_stack_addr_add(host->stack(), &another, 24), 0);
		for (; pln_tcp_open(host->stack(), &args, &conn) == 0; here++) {
			const struct pln_tcp_info info = host->info(conn);
			char text[PLN_ADDR_TEXT_LEN];

			EXPECT_TRUE(ports[pln_addr_format(&info.local.addr, text)]
			                    .insert(info.local.port)
			                    .second)
				<< "another stack has it";
		}
		EXPECT_GT(here, 32U) << "of 128 a fair share";
		EXPECT_EQ(pln_tcp_open(host->stack(), &args, &conn), -EADDRNOTAVAIL);
	}
	EXPECT_EQ(ports["10.9.0.1"].size(), 64U) << "and none is left out";
	EXPECT_EQ(ports["10.9.0.3"].size(), 64U);
}

TEST(Group, OneStackAsksAndAllKnow)
{
	Groups w(3, 1);
	pln_neigh_info info{};
	uint64_t before = w.left.counter("arp_tx_request");

	info.size = sizeof(info);
	for (unsigned int i = 0; i < 3; i++)
		EXPECT_EQ(pln_stack_resolve(w.left.stack(i), &w.right.hosts[0]->addr), 0);
	w.settle();
	EXPECT_EQ(w.left.counter("arp_tx_request") - before, 1U)
		<< "three wanted it, one request went out";
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_EQ(pln_stack_neigh_get(w.left.stack(i), &w.right.hosts[0]->addr, &info), 0);
		EXPECT_EQ(memcmp(&info.mac, &w.right.hosts[0]->mac, sizeof(info.mac)), 0);
	}
	EXPECT_EQ(w.left.hosts[1]->counter("arp_tx_request"), 1U)
		<< "its announcement, before it joined";
}

TEST(Group, WhatOneStackLearnsTheOthersKnowWithoutAsking)
{
	Groups w(3, 1);
	pln_neigh_info info{};

	info.size = sizeof(info);
	EXPECT_EQ(pln_stack_resolve(w.left.stack(2), &w.right.hosts[0]->addr), 0);
	w.settle();
	for (unsigned int i = 0; i < 3; i++)
		EXPECT_EQ(pln_stack_neigh_get(w.left.stack(i), &w.right.hosts[0]->addr, &info), 0)
			<< i;
}

TEST(Group, ANeighbourThatDoesNotAnswerFailsOnTheStackThatAsked)
{
	Groups w(2, 1);
	pln_tcp_open_args args{};
	pln_event event{};
	uint64_t conn;

	args.size = sizeof(args);
	args.remote = { ip4("10.9.0.77"), PORT };
	ASSERT_EQ(pln_tcp_open(w.left.stack(1), &args, &conn), 0);
	EXPECT_TRUE(w.run_until([&] { return pln_stack_events(w.left.stack(1), &event, 1) == 1; },
	                        LIMIT_NS));
	EXPECT_EQ(event.error, -EHOSTUNREACH);
	EXPECT_EQ(w.left.hosts[0]->counter("arp_tx_request"), 1U + 3U)
		<< "announced once, asked three times";
}

class GroupUdp : public ::testing::Test
{
      protected:
	static uint64_t
	open(const Side &side, unsigned int i, uint16_t port)
	{
		pln_endpoint local{ {}, port };
		uint64_t sock = 0;

		EXPECT_EQ(pln_udp_open(side.stack(i), nullptr, &sock), 0);
		if (port != 0) {
			EXPECT_EQ(pln_udp_bind(side.stack(i), sock, &local), 0);
		}
		return sock;
	}

	static ssize_t
	send(pln_stack *stack, uint64_t sock, const Bytes &data, const pln_endpoint &to)
	{
		pln_udp_out out{};

		out.size = sizeof(out);
		out.data = data.data();
		out.len = data.size();
		out.to = to;
		return pln_udp_send(stack, sock, &out);
	}

	static ssize_t
	receive(pln_stack *stack, uint64_t sock, Bytes &data, pln_endpoint *from = nullptr)
	{
		pln_udp_in in{};

		data.resize(65535);
		in.size = sizeof(in);
		in.buf = data.data();
		in.room = data.size();
		ssize_t n = pln_udp_receive(stack, sock, &in);

		data.resize(n > 0 ? static_cast<size_t>(n) : 0);
		if (n >= 0 && from != nullptr)
			*from = in.from;
		return n;
	}
};

TEST_F(GroupUdp, AnswersFindTheSocketWhateverStackTheyArriveAt)
{
	Groups w(3, 2);
	uint64_t servers[2] = { open(w.right, 0, 53), open(w.right, 1, 53) };
	std::vector<uint64_t> clients;
	unsigned int answers = 0;
	pln_endpoint from;
	Bytes data;

	for (unsigned int i = 0; i < 60; i++) {
		clients.push_back(open(w.left, i % 3, 0));
		EXPECT_EQ(send(w.left.stack(i % 3), clients[i], { uint8_t(i) },
		               { w.right.hosts[0]->addr, 53 }),
		          1);
	}
	w.settle();
	for (unsigned int i = 0; i < 2; i++)
		while (receive(w.right.stack(i), servers[i], data, &from) > 0)
			EXPECT_EQ(send(w.right.stack(i), servers[i], data, from), 1);
	w.settle();
	for (unsigned int i = 0; i < 60; i++)
		answers += receive(w.left.stack(i % 3), clients[i], data) == 1 && data[0] == i;
	EXPECT_EQ(answers, 60U);
}

TEST_F(GroupUdp, FragmentsMeetWhereverTheyArrive)
{
	Groups w(1, 4);
	uint64_t servers[4], client = open(w.left, 0, 0);
	Bytes sent(20000), data;
	size_t got = 0;

	for (size_t i = 0; i < sent.size(); i++)
		sent[i] = static_cast<uint8_t>(i * 31);
	for (unsigned int i = 0; i < 4; i++)
		servers[i] = open(w.right, i, 53);
	for (int n = 0; n < 10; n++) {
		ASSERT_EQ(send(w.left.stack(0), client, sent, { w.right.hosts[0]->addr, 53 }),
		          20000);
		w.settle();
	}
	for (unsigned int i = 0; i < 4; i++) {
		while (receive(w.right.stack(i), servers[i], data) > 0) {
			EXPECT_EQ(data, sent);
			got++;
		}
	}
	EXPECT_EQ(got, 10U);
	EXPECT_GT(w.right.counter("group_handed"), 0U);
	EXPECT_EQ(w.right.counter("group_handed_tcp"), 0U);
}

TEST_F(GroupUdp, AnErrorFindsTheSocketItIsAbout)
{
	Groups w(3, 1);
	pln_endpoint peer{ w.right.hosts[0]->addr, 9 };

	for (unsigned int i = 0; i < 3; i++) {
		uint64_t sock = open(w.left, i, 0);

		ASSERT_EQ(pln_udp_connect(w.left.stack(i), sock, &peer), 0);
		ASSERT_EQ(send(w.left.stack(i), sock, { 1 }, {}), 1);
		w.settle();
		EXPECT_EQ(pln_udp_error_take(w.left.stack(i), sock), -ECONNREFUSED) << i;
	}
}

TEST_F(GroupUdp, APortNobodyHasIsAnsweredOnce)
{
	Groups w(1, 3);
	uint64_t sock = open(w.left, 0, 0);
	unsigned int errors = 0;

	w.tap = [&](const Frame &f) { errors += f.ip && f.ip->proto == PROTO_ICMP; };
	for (uint16_t port = 7000; port < 7005; port++)
		ASSERT_EQ(send(w.left.stack(0), sock, { 1 }, { w.right.hosts[0]->addr, port }), 1);
	w.settle();
	EXPECT_EQ(errors, 5U);
}

TEST(Group, PingsAreAnsweredAndTheirAnswersGoToTheControlStack)
{
	Groups w(3, 3);
	pln_icmp_echo_args args{};
	pln_icmp_event events[16];
	unsigned int replies = 0;

	args.size = sizeof(args);
	args.dst = w.right.hosts[0]->addr;
	for (uint16_t seq = 1; seq <= 12; seq++) {
		args.id = 77;
		args.seq = seq;
		EXPECT_EQ(pln_icmp_echo(w.left.stack(0), &args), 0);
		w.settle();
		replies += pln_icmp_events(w.left.stack(0), events, 16);
	}
	EXPECT_EQ(replies, 12U);
	EXPECT_EQ(pln_icmp_echo(w.left.stack(1), &args), -EOPNOTSUPP);
}

/* RFC 5227 §2.4: one stack watches the address, all give it up. */
TEST(Group, AnAddressThatIsGivenUpIsGivenUpByAll)
{
	Groups w(3, 1);
	const pln_addr addr = ip4("10.9.0.9");
	pln_addr_info info{};
	struct pln_be32 raw {
	};
	Frame rival;

	info.size = sizeof(info);
	memcpy(&raw, addr.bytes, sizeof(raw));
	EXPECT_EQ(pln_stack_opt_set(w.left.stack(0), "acd", "full"), 0);
	EXPECT_EQ(pln_stack_addr_add(w.left.stack(0), &addr, 24), 0);
	for (unsigned int i = 1; i < 3; i++)
		EXPECT_EQ(pln_ip_addr_add(&w.left.stack(i)->ip, raw, 24, false), 0);
	EXPECT_FALSE(w.run_until([] { return false; }, 10 * PLN_NS_PER_S));
	rival.dst = mac(0xff);
	memset(rival.dst.bytes, 0xff, sizeof(rival.dst.bytes));
	rival.src = mac(0x77);
	rival.type = ETH_ARP;
	rival.arp = Arp{};
	rival.arp->sha = rival.src;
	rival.arp->spa = rival.arp->tpa = addr;
	for (int n = 0; n < 2; n++) {
		for (unsigned int i = 0; i < 3; i++) {
			EXPECT_EQ(pln_stack_addr_state(w.left.stack(i), &addr, &info), 0);
			EXPECT_EQ(info.state, PLN_ADDR_USABLE) << i;
		}
		Bytes bytes = rival.bytes();
		EXPECT_EQ(
			pln_memlink_inject(w.left.hosts[2]->link(), bytes.data(), bytes.size(), 0),
			0);
		w.settle();
	}
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_EQ(pln_stack_addr_state(w.left.stack(i), &addr, &info), 0);
		EXPECT_EQ(info.state, PLN_ADDR_CONFLICT) << i;
	}
}

TEST(Group, AStackThatDoesNotTurnLosesPacketsAndTheyAreCounted)
{
	Groups w(1, 2);
	uint64_t sock = 0;
	pln_udp_out out{};
	uint16_t port = 6000;

	/* A port whose home is the second stack. */
	while (pln_home_of_port(&w.right.stack(0)->home, port) != 1)
		port++;
	w.settle();
	ASSERT_EQ(pln_udp_open(w.left.stack(0), nullptr, &sock), 0);
	out.size = sizeof(out);
	out.data = "x";
	out.len = 1;
	out.to = { w.right.hosts[0]->addr, port };
	ASSERT_EQ(pln_udp_send(w.left.stack(0), sock, &out), 1);
	w.settle();
	for (unsigned int i = 0; i < 1100; i++) {
		uint8_t frame[2048];
		ssize_t len;

		ASSERT_EQ(pln_udp_send(w.left.stack(0), sock, &out), 1);
		pln_stack_run(w.left.stack(0), w.now);
		len = pln_memlink_collect(w.left.hosts[0]->link(), frame, sizeof(frame));
		ASSERT_GT(len, 0);
		ASSERT_EQ(pln_memlink_inject(w.right.hosts[0]->link(), frame,
		                             static_cast<size_t>(len), 0),
		          0);
		pln_stack_run(w.right.stack(0), w.now);
	}
	EXPECT_EQ(w.right.counter("group_full"), 1100U - 1023U);
}

/* What is not taken in the turn that looks for it would wait for the next, and a stack at rest has none. */
TEST(Group, EachTurnTakesFromEveryWriter)
{
	Groups w(1, 3);
	pln_flow_key key{};
	Frame syn;

	w.settle();
	syn.dst = w.right.hosts[0]->mac;
	syn.src = mac(9);
	syn.ip = Ip4{};
	syn.ip->src = ip4("10.9.0.9");
	syn.ip->dst = w.right.hosts[0]->addr;
	syn.ip->proto = PROTO_TCP;
	syn.tcp = Tcp{};
	syn.tcp->dport = key.local_port = 7;
	syn.tcp->flags = SYN;
	memcpy(&key.local, syn.ip->dst.bytes, sizeof(key.local));
	memcpy(&key.remote, syn.ip->src.bytes, sizeof(key.remote));
	while (pln_home_of_flow(&w.right.stack(0)->home, &key) != 0)
		key.remote_port++;
	syn.tcp->sport = key.remote_port;
	const Bytes bytes = syn.bytes();
	const uint64_t before = w.right.hosts[0]->counter("group_taken");
	for (uint64_t turn = 1; turn <= 6; turn++) {
		for (unsigned int i = 1; i < 3; i++) {
			ASSERT_EQ(pln_memlink_inject(w.right.hosts[i]->link(), bytes.data(),
			                             bytes.size(), 0),
			          0);
			pln_stack_poll(w.right.stack(i), w.now);
		}
		pln_stack_poll(w.right.stack(0), w.now);
		EXPECT_EQ(w.right.hosts[0]->counter("group_taken") - before, 2 * turn);
	}
}

TEST(Group, OfTwoStacksAtLeastAndOfAHundredAndTwentyEightAtMost)
{
	const pln_siphash_key secret{ 1, 2 };
	pln_group *group = nullptr;

	EXPECT_EQ(pln_group_create(1, &secret, nullptr, &group), -EINVAL);
	EXPECT_EQ(pln_group_create(129, &secret, nullptr, &group), -EINVAL);
	EXPECT_EQ(pln_group_create(3, &secret, nullptr, &group), 0);
	pln_group_destroy(group);
	pln_group_destroy(nullptr);
}

} // namespace
