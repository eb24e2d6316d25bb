/* SPDX-License-Identifier: BSD-3-Clause */
/* The rule of a device with two queues that spreads by a hash which was read back, the same wherever it is asked for. */
#ifndef POLLEN_TESTS_THREADS_RULE_H
#define POLLEN_TESTS_THREADS_RULE_H

#include <memory>
#include <stdexcept>

#include "flow/steering.h"

namespace threads
{

inline std::unique_ptr<pln_steer>
verified()
{
	auto steer = std::make_unique<pln_steer>();
	Facts facts(2, 2);
	pln_error error;

	if (pln_steer_choose(steer.get(), &facts.hash(128).facts, &error) != 0 ||
	    steer->mode != PLN_STEER_RSS)
		throw std::runtime_error("the hash is not believed");
	return steer;
}

} // namespace threads

#endif
