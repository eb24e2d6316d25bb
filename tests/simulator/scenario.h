/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A scenario is a table of numbers with names (settings.def). One seed draws one; what is not drawn has its default, so a scenario
 * becomes smaller by putting back defaults, and is written down as the names and values of the rest.
 */
#ifndef POLLEN_TESTS_SIMULATOR_SCENARIO_H
#define POLLEN_TESTS_SIMULATOR_SCENARIO_H

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/world.h"

namespace simulator
{

constexpr uint64_t UNSET = UINT64_MAX;

enum Setting : unsigned int {
#define X(name, value) name,
#include "simulator/settings.def"
#undef X
	SETTINGS
};

struct Scenario {
	uint64_t seed = 0;
	std::array<uint64_t, SETTINGS> values{};

	uint64_t &
	operator[](unsigned int setting)
	{
		return values[setting];
	}

	uint64_t
	operator[](unsigned int setting) const
	{
		return values[setting];
	}

	/* Those that are not as by default. */
	std::vector<unsigned int> changed() const;

	/* "up_loss=20000 c_sack=0 …" */
	std::string text() const;
};

/* All as by default, but for what chance decides on the way. */
Scenario plain_scenario(uint64_t seed);

/* What a seed means. */
Scenario draw(uint64_t seed);

/* Impairments of network, devices and pools that it has. */
unsigned int impairments(const Scenario &scenario);

const char *setting_name(unsigned int setting);
uint64_t setting_default(unsigned int setting);

/* The number of a setting; SETTINGS: there is none of that name. */
unsigned int setting_by_name(std::string_view name);

/* What a run looked like. */
struct Outcome {
	std::string trouble; /* empty: all that must hold did */
	WorldCounts counts;
	uint64_t moved = 0;      /* bytes that programs received */
	uint64_t virtual_ns = 0; /* that it took */
	unsigned int told = 0;   /* ends that were told of a failure */
};

/* Run it; the witness may be NULL. */
Outcome run(const Scenario &scenario, Witness *witness);

} // namespace simulator

#endif
