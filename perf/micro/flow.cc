/* SPDX-License-Identifier: BSD-3-Clause */
/* What steering costs: the hash of a NIC computed here, beside DPDK's way of doing it; lcores and source ports by it. */
#include <array>
#include <memory>

#include <rte_thash.h>

#include "flow/sport.h"
#include "flow/toeplitz.h"
#include "loop.h"

namespace
{

std::array<uint8_t, 40>
some_key()
{
	std::array<uint8_t, 40> key;
	uint32_t x = 1;

	for (auto &byte : key) {
		x = x * 1664525 + 1013904223;
		byte = static_cast<uint8_t>(x >> 24);
	}
	return key;
}

/* A flow for each turn: the tables are hit where they lie, not always at the same place. */
struct Flow {
	uint32_t src = 0x0a000001, dst = 0x0a000002, ports = 0x12345678;

	void
	next()
	{
		src = src * 1664525 + 1013904223;
		ports = ports * 22695477 + 1;
	}
};

void
toeplitz_flow(perf::Loop &loop, int64_t)
{
	static struct pln_toeplitz t;
	Flow f;

	if (pln_toeplitz_prepare(&t, some_key().data(), some_key().size()) < 0)
		return loop.give_up("key");
	loop.run([&] {
		f.next();
		benchmark::DoNotOptimize(pln_toeplitz_addrs(&t, pln_be32(f.src), pln_be32(f.dst)) ^
		                         pln_toeplitz_ports(&t,
		                                            static_cast<uint16_t>(f.ports >> 16),
		                                            static_cast<uint16_t>(f.ports)));
	});
}

void
toeplitz_port(perf::Loop &loop, int64_t)
{
	static struct pln_toeplitz t;
	uint16_t port = 0;

	if (pln_toeplitz_prepare(&t, some_key().data(), some_key().size()) < 0)
		return loop.give_up("key");
	loop.run([&] { benchmark::DoNotOptimize(pln_toeplitz_ports(&t, 443, ++port)); });
}

void
dpdk_softrss_be(perf::Loop &loop, int64_t)
{
	std::array<uint8_t, 40> key = some_key(), turned;
	Flow f;

	rte_convert_rss_key(reinterpret_cast<const uint32_t *>(key.data()),
	                    reinterpret_cast<uint32_t *>(turned.data()), 40);
	loop.run([&] {
		f.next();
		std::array<uint32_t, 3> tuple = { f.src, f.dst, f.ports };
		benchmark::DoNotOptimize(rte_softrss_be(tuple.data(), 3, turned.data()));
	});
}

/* Four lcores: 0, by a device's hash; 1, by our own. */
std::unique_ptr<pln_steer>
four_lcores(bool own_hash)
{
	std::array<uint8_t, 40> key = some_key();
	std::array<uint16_t, 128> reta;
	pln_steer_facts facts = {};
	auto steer = std::make_unique<pln_steer>();

	for (size_t i = 0; i < reta.size(); i++)
		reta[i] = static_cast<uint16_t>(own_hash ? 0 : i % 4);
	facts.lcores = 4;
	facts.queues = own_hash ? 1 : 4;
	facts.trusted = true;
	facts.hashes = PLN_STEER_HASH_TCP;
	facts.key = key.data();
	facts.key_len = key.size();
	facts.reta = reta.data();
	facts.reta_size = reta.size();
	if (pln_steer_choose(steer.get(), &facts, nullptr) < 0)
		return nullptr;
	return steer;
}

void
steer_lcore(perf::Loop &loop, int64_t arg)
{
	auto steer = four_lcores(arg != 0);
	Flow f;

	loop.run([&] {
		f.next();
		pln_steer_pkt pkt = { { pln_be32(f.dst), pln_be32(f.src), 443,
			                static_cast<uint16_t>(f.ports) },
			              PLN_IP4_PROTO_TCP,
			              false };
		benchmark::DoNotOptimize(pln_steer_lcore(steer.get(), &pkt));
	});
}

/* 2: all ports are ours; 3: those of our share where nothing is known of the device. */
void
sport_choose(perf::Loop &loop, int64_t arg)
{
	auto steer = four_lcores(arg == 1);
	const struct pln_siphash_key secret = { 1, 2 };
	struct pln_flow_key key = { pln_be32(0x0a000001), pln_be32(0x0a000002), 0, 443 };
	struct pln_sport_iter iter;
	struct pln_sport sport;
	struct pln_home home;
	uint16_t port;

	pln_sport_init(&sport, &secret, PLN_SPORT_MIN, PLN_SPORT_MAX);
	pln_home_init(&home, &secret, arg == 3 ? nullptr : steer.get(), 4, 1);
	if (arg != 2)
		pln_sport_share(&sport, &home, true);
	loop.run([&] {
		pln_sport_begin(&iter, &sport, &key);
		benchmark::DoNotOptimize(pln_sport_next(&iter, &port));
		pln_sport_taken(&iter);
	});
}

} // namespace

void
perf::add_flow(Ops &ops)
{
	ops.add("toeplitz_flow", toeplitz_flow);
	ops.add("toeplitz_port", toeplitz_port);
	ops.add("dpdk_softrss_be", dpdk_softrss_be);
	ops.add("steer_lcore", steer_lcore, { 0, 1 });
	ops.add("sport_choose", sport_choose, { 0, 1, 2, 3 });
}
