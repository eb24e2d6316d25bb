/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The smallest scenario that fails in the same way: settings are put back to their defaults, in halves and one by one, and what
 * remains is made less. Each try runs in a process of its own, so that a crash or a loop without end is a failure like any other.
 */
#ifndef POLLEN_TESTS_SIMULATOR_SHRINK_H
#define POLLEN_TESTS_SIMULATOR_SHRINK_H

#include <functional>
#include <string>

#include "simulator/scenario.h"

namespace simulator
{

/* Run it apart. Empty: nothing went wrong; else the first line of what did. */
std::string try_apart(const Scenario &scenario);

/* What two failures of one kind have in common: their words without the numbers. */
std::string kind_of(const std::string &trouble);

using Fails = std::function<bool(const Scenario &)>;

/* `fails` holds of the scenario, and will of what comes back. */
Scenario shrink(const Scenario &scenario, const Fails &fails);

/* The command that runs it again. */
std::string command_for(const Scenario &scenario);

/* Shrink one that fails, and print what it comes to. */
void tell_smallest(const Scenario &scenario);

} // namespace simulator

#endif
