/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Steerings for tests: facts about devices that do as they say, and the replies that arrive.
 */
#ifndef POLLEN_TESTS_FLOW_STEERING_H
#define POLLEN_TESTS_FLOW_STEERING_H

#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "flow/steer.h"

/* What is known of a device, and the memory that it lies in. */
struct Facts {
	pln_steer_facts facts = {};
	std::vector<uint8_t> key;
	std::vector<uint16_t> reta;

	Facts(uint16_t lcores, uint16_t queues)
	{
		facts.lcores = lcores;
		facts.queues = queues;
		facts.secret = { 3, 4 };
	}

	/* What is copied points into its own memory. */
	Facts(const Facts &other) : facts(other.facts), key(other.key), reta(other.reta)
	{
		facts.key = facts.key == other.key.data() ? key.data() : facts.key;
		facts.reta = facts.reta == other.reta.data() ? reta.data() : facts.reta;
	}
	Facts &operator=(const Facts &) = delete;

	/* A random key and a table of `size` in which the queues take turns. */
	Facts &
	hash(uint16_t size, size_t key_len = 40,
	     uint32_t hashes = PLN_STEER_HASH_IP4 | PLN_STEER_HASH_TCP | PLN_STEER_HASH_UDP)
	{
		std::mt19937 random(key_len + size);

		key.resize(key_len);
		for (uint8_t &byte : key)
			byte = static_cast<uint8_t>(random());
		reta.resize(size);
		for (size_t i = 0; i < reta.size(); i++)
			reta[i] = static_cast<uint16_t>(i % facts.queues);
		facts.key = key.data();
		facts.key_len = static_cast<uint16_t>(key.size());
		facts.reta = reta.data();
		facts.reta_size = size;
		facts.hashes = hashes;
		facts.spreads = facts.trusted = true;
		return *this;
	}

	Facts &
	rules()
	{
		facts.rules = true;
		return *this;
	}

	Facts &
	pair()
	{
		facts.paired = true;
		return *this;
	}

	Facts &
	ask(pln_steer_mode mode)
	{
		facts.asked = mode;
		return *this;
	}

	std::unique_ptr<pln_steer>
	choose() const
	{
		auto steer = std::make_unique<pln_steer>();
		pln_error error = {};

		EXPECT_EQ(0, pln_steer_choose(steer.get(), &facts, &error)) << error.text;
		return steer;
	}
};

/* A steering of each mode in which ports are shared among `n` lcores. */
inline std::vector<std::unique_ptr<pln_steer>>
one_of_each_mode(uint16_t n)
{
	std::vector<std::unique_ptr<pln_steer>> all;

	all.push_back(Facts(n, n).hash(128).choose());
	all.push_back(Facts(n, n).hash(100, 52).choose());
	all.push_back(Facts(n, n).rules().choose());
	all.push_back(Facts(n, 1).choose());
	all.push_back(Facts(n, n).pair().choose());
	all.push_back(Facts(n, n).ask(PLN_STEER_ADOPT).choose());
	return all;
}

inline pln_steer_pkt
reply(uint32_t from, uint16_t remote_port, uint16_t local_port = 0,
      uint8_t proto = PLN_IP4_PROTO_TCP)
{
	return { { pln_be32(0x0a000001), pln_be32(from), local_port, remote_port }, proto, false };
}

#endif
