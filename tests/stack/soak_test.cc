/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Worlds made by chance, each from one number: who opens, options, buffers, devices, faults, readers of any speed, ends that give
 * up. Whatever comes of it, every byte must arrive or the failure be told, what must hold always holds at every step, both ends
 * finish, and every buffer comes back. POLLEN_SOAK=N in the environment runs N worlds.
 */
#include <cstdlib>
#include <tuple>

#include <rte_mempool.h>

#include <gtest/gtest.h>

#include "dev/mbuf.h"
#include "support/invariants.h"
#include "support/stream.h"
#include "support/two_hosts.h"

namespace
{

using namespace support;

constexpr uint64_t WORLDS = 2000;
constexpr uint64_t PATIENCE_NS =
	6 * 3600 * PLN_NS_PER_S; /* lines of seconds lose one frame in four */

class World
{
      public:
	explicit World(uint64_t seed) : rng_(seed), seed_(seed)
	{
	}

	/* What went wrong, empty when nothing did. */
	std::string
	run()
	{
		TwoHostsOptions options;

		options.seed = seed_;
		options.arp = chance(3);
		host(options.a);
		host(options.b);
		options.b.mtu = chance(3) ? pick(200, 9000) : options.a.mtu;
		TwoHosts w(options);
		std::string trouble = transfer(w);
		return trouble.empty() ? "" : trouble + '\n' + w.a.dump() + w.b.dump();
	}

      private:
	uint64_t
	pick(uint64_t low, uint64_t high)
	{
		return low + rng_() % (high - low + 1);
	}

	/* One time in n. */
	bool
	chance(uint64_t n)
	{
		return rng_() % n == 0;
	}

	double
	probability(double most)
	{
		return chance(2) ? 0 : static_cast<double>(rng_() % 1000) / 1000 * most;
	}

	void
	set(HostOptions &host, const char *name, uint64_t low, uint64_t high)
	{
		host.options.emplace_back(name, std::to_string(pick(low, high)));
	}

	void
	host(HostOptions &host)
	{
		host.seed = pick(1, UINT32_MAX);
		host.mtu = static_cast<uint16_t>(chance(2) ? 1500 : pick(200, 9000));
		host.capabilities = chance(2) ? 0 : PLN_LINK_TX_TCP_CKSUM | PLN_LINK_TX_IP4_CKSUM;
		if (host.capabilities != 0 && chance(2))
			host.capabilities |= PLN_LINK_TX_MULTI_SEGS | PLN_LINK_TX_TSO;
		set(host, "timestamps", 0, 1);
		set(host, "wscale", 0, 1);
		set(host, "sack", 0, 1);
		set(host, "dsack", 0, 1);
		set(host, "nagle", 0, 1);
		set(host, "init_cwnd", 1, 20);
		set(host, "delack_ms", 0, 200);
		set(host, "delack_segs", 1, 4);
		set(host, "quickack_segs", 0, 20);
		set(host, "slow_start_after_idle", 0, 1);
		set(host, "rto_min_ms", 1, 1000);
		if (chance(2))
			set(host, "rcvbuf", 2000, 300000);
		if (chance(2))
			set(host, "sndbuf", 2000, 300000);
		set(host, "pmtud", 0, 1);
		set(host, "syn_retries", 20, 20);
		set(host, "synack_retries", 20, 20);
	}

	void
	line(Faults &f)
	{
		f.delay_ns = pick(0, chance(4) ? 200 * PLN_NS_PER_MS : PLN_NS_PER_MS);
		f.jitter_ns = chance(2) ? 0 : pick(0, f.delay_ns);
		f.loss = probability(0.15);
		f.duplicate = probability(0.2);
		f.reorder = probability(0.2);
		f.reorder_ns = pick(1, 2 * f.delay_ns + 1);
		f.corrupt = probability(0.1);
		f.bits_per_s = chance(3) ? pick(500000, 1000000000) : 0;
		f.queue_ns = f.bits_per_s != 0 ? pick(5, 200) * PLN_NS_PER_MS : PLN_NEVER;
	}

	/* Either end opens, or both at once; half of the worlds are bad from the first SYN on. */
	void
	connect(TwoHosts &w)
	{
		bool early = chance(2);

		if (early)
			lines(w);
		if (chance(8))
			open_at_once(w);
		else if (chance(2))
			std::tie(conn_[0], conn_[1]) = open_to_listener(w, w.a, w.b);
		else
			std::tie(conn_[1], conn_[0]) = open_to_listener(w, w.b, w.a);
		if (!early)
			lines(w);
	}

	void
	lines(TwoHosts &w)
	{
		line(w.cable.faults[0]);
		line(w.cable.faults[1]);
	}

	std::pair<uint64_t, uint64_t>
	open_to_listener(TwoHosts &w, Host &from, Host &to)
	{
		pln_tcp_listen_args listen{};
		uint64_t listener, server = 0;

		listen.size = sizeof(listen);
		listen.local.port = 80;
		EXPECT_EQ(pln_tcp_listen(to.stack(), &listen, &listener), 0);
		uint64_t client = open(from, to, 0, 80);
		EXPECT_TRUE(w.run_until(
			[&] { return pln_tcp_accept(to.stack(), listener, nullptr, &server) == 0; },
			3600 * PLN_NS_PER_S));
		EXPECT_EQ(pln_tcp_close(to.stack(), listener), 0);
		return { client, server };
	}

	static uint64_t
	open(Host &from, Host &to, uint16_t local_port, uint16_t remote_port)
	{
		pln_tcp_open_args args{};
		uint64_t conn = 0;

		args.size = sizeof(args);
		args.remote = { to.addr, remote_port };
		args.local.port = local_port;
		EXPECT_EQ(pln_tcp_open(from.stack(), &args, &conn), 0);
		return conn;
	}

	/* RFC 9293 Figure 7. A SYN that comes before the other end has opened would be reset: they open in the same moment. */
	void
	open_at_once(TwoHosts &w)
	{
		conn_[0] = open(w.a, w.b, 4000, 5000);
		conn_[1] = open(w.b, w.a, 5000, 4000);
		EXPECT_TRUE(w.run_until(
			[&] {
				return w.a.info(conn_[0]).state == PLN_TCP_ESTABLISHED &&
			               w.b.info(conn_[1]).state == PLN_TCP_ESTABLISHED;
			},
			3600 * PLN_NS_PER_S));
	}

	std::string
	transfer(TwoHosts &w)
	{
		connect(w);
		Stream up({ w.a.stack(), conn_[0], w.b.stack(), conn_[1] }, amount(),
		          2 * seed_ + 1);
		Stream down({ w.b.stack(), conn_[1], w.a.stack(), conn_[0] },
		            chance(2) ? 0 : amount(), 2 * seed_);
		Invariants at_a(w.a, conn_[0]), at_b(w.b, conn_[1]);

		up.zero_copy = chance(2);
		w.app = [&] {
			at_a.look();
			at_b.look();
			return static_cast<int>(up.pump()) + static_cast<int>(down.pump()) > 0;
		};
		if (chance(6))
			return abort(w, up, down) + at_a.broken + at_b.broken;
		if (chance(3))
			slow_reader(w, up);
		if (!w.run_until([&] { return up.over() && down.over(); }, PATIENCE_NS))
			return "not done in six hours: " + std::to_string(up.received()) + " of " +
			       std::to_string(up.sent()) + " up, " +
			       std::to_string(down.received()) + " of " +
			       std::to_string(down.sent()) + " down";
		if (!up.error.empty() || !down.error.empty())
			return "up: " + up.error + " down: " + down.error;
		return finish(w) + at_a.broken + at_b.broken;
	}

	/* Mostly little, now and then enough for every window to fill. */
	uint64_t
	amount()
	{
		return pick(0, chance(8) ? 300000 : 20000);
	}

	/* One end gives up in the middle: the other learns it, and never takes it for an orderly end. */
	std::string
	abort(TwoHosts &w, Stream &up, Stream &down)
	{
		int from = chance(2) ? 0 : 1;
		Host *host[2] = { &w.a, &w.b };

		w.run_for(pick(0, 2000) * PLN_NS_PER_MS);
		w.app = nullptr;
		pln_tcp_abort(host[from]->stack(), conn_[from]);
		/* A lost reset is answered for by the next segment; who has nothing to send asks. */
		pln_tcp_opt_set(host[1 - from]->stack(), conn_[1 - from], PLN_TCP_OPT_KEEPIDLE, 1);
		pln_tcp_opt_set(host[1 - from]->stack(), conn_[1 - from], PLN_TCP_OPT_KEEPALIVE, 1);
		if (!w.run_until([&] { return nobody(w); }, 3600 * PLN_NS_PER_S))
			return "the other end never learns of the abort";
		for (const Stream *stream : { &up, &down })
			if (stream->error.find("wrong byte") != std::string::npos ||
			    stream->error.find("came early") != std::string::npos)
				return stream->error;
		pln_tcp_close(host[1 - from]->stack(), conn_[1 - from]);
		return at_rest(w);
	}

	static bool
	nobody(TwoHosts &w)
	{
		return pln_tcp_conn_count(w.a.stack()) == 0 && pln_tcp_conn_count(w.b.stack()) == 0;
	}

	void
	slow_reader(TwoHosts &w, Stream &stream)
	{
		for (stream.pace = 0; stream.pace < 100000 && !stream.over();
		     stream.pace += pick(1, 20000))
			w.run_for(pick(0, 300) * PLN_NS_PER_MS);
		stream.pace = UINT64_MAX;
	}

	std::string
	finish(TwoHosts &w)
	{
		w.app = nullptr;
		pln_tcp_close(w.a.stack(), conn_[0]);
		pln_tcp_close(w.b.stack(), conn_[1]);
		if (!w.run_until([&] { return nobody(w); }, 3600 * PLN_NS_PER_S))
			return "a connection stays";
		return at_rest(w);
	}

	/* With its connections gone, a stack holds no buffer and says nothing more. */
	std::string
	at_rest(TwoHosts &w)
	{
		w.run_for(300 * PLN_NS_PER_S);

		uint64_t said = w.cable.counts[0].frames + w.cable.counts[1].frames;

		w.run_for(3600 * PLN_NS_PER_S);
		if (w.cable.counts[0].frames + w.cable.counts[1].frames != said)
			return "frames without a cause";
		if (rte_mempool_avail_count(pln_mbuf_shared_pool()) != buffers_)
			return "buffers are held for nobody";
		return "";
	}

	std::mt19937_64 rng_;
	uint64_t seed_;
	uint64_t conn_[2] = { 0, 0 }; /* at a, at b */
	unsigned int buffers_ = rte_mempool_avail_count(pln_mbuf_shared_pool());
};

TEST(TransferSoak, WhateverTheWorldIsLikeEveryByteArrives)
{
	const char *asked = getenv("POLLEN_SOAK");
	uint64_t worlds = asked != nullptr ? strtoull(asked, nullptr, 10) : WORLDS;
	unsigned int buffers = rte_mempool_avail_count(pln_mbuf_shared_pool());

	for (uint64_t seed = 1; seed <= worlds; seed++) {
		ASSERT_EQ(World(seed).run(), "") << "world " << seed;
		ASSERT_EQ(rte_mempool_avail_count(pln_mbuf_shared_pool()), buffers)
			<< "world " << seed << " leaked";
	}
}

} // namespace
