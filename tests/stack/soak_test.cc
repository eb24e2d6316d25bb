/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Worlds made by chance, each from one number: options, buffers, devices, faults, readers of any speed. Whatever comes of it,
 * every byte must arrive, both ends must finish and every buffer come back. POLLEN_SOAK=N in the environment runs N worlds.
 */
#include <cstdlib>

#include <rte_mempool.h>

#include <gtest/gtest.h>

#include "dev/mbuf.h"
#include "support/stream.h"
#include "support/two_hosts.h"

namespace
{

using namespace support;

constexpr uint64_t WORLDS = 60;

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

	std::string
	transfer(TwoHosts &w)
	{
		auto [client, server] = w.established_pair();
		Stream up({ w.a.stack(), client, w.b.stack(), server }, pick(0, 300000),
		          2 * seed_ + 1);
		Stream down({ w.b.stack(), server, w.a.stack(), client },
		            chance(2) ? 0 : pick(0, 300000), 2 * seed_);

		line(w.cable.faults[0]);
		line(w.cable.faults[1]);
		up.zero_copy = chance(2);
		w.app = [&] {
			return static_cast<int>(up.pump()) + static_cast<int>(down.pump()) > 0;
		};
		if (chance(3))
			slow_reader(w, up);
		if (!w.run_until([&] { return up.over() && down.over(); }, 3600 * PLN_NS_PER_S))
			return "not done in an hour: " + std::to_string(up.received()) + " of " +
			       std::to_string(up.sent()) + " up, " +
			       std::to_string(down.received()) + " of " +
			       std::to_string(down.sent()) + " down";
		if (!up.error.empty() || !down.error.empty())
			return "up: " + up.error + " down: " + down.error;
		return finish(w, client, server);
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
	finish(TwoHosts &w, uint64_t client, uint64_t server)
	{
		w.app = nullptr;
		pln_tcp_close(w.a.stack(), client);
		pln_tcp_close(w.b.stack(), server);
		auto closed = [&] {
			return pln_tcp_conn_count(w.a.stack()) == 0 &&
			       pln_tcp_conn_count(w.b.stack()) == 0;
		};
		return w.run_until(closed, 3600 * PLN_NS_PER_S) ? "" : "a connection stays";
	}

	std::mt19937_64 rng_;
	uint64_t seed_;
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
