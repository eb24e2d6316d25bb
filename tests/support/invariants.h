/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What must hold of a connection at every moment, whatever the network does: seen through its snapshot, from one look to the next.
 * RFC 9293 §3.3.1 (order of the sequence variables), §3.8.6 (a window's right edge never moves left), Figure 5 (arcs).
 */
#ifndef POLLEN_TESTS_SUPPORT_INVARIANTS_H
#define POLLEN_TESTS_SUPPORT_INVARIANTS_H

#include <string>

#include "support/two_hosts.h"

namespace support
{

class Invariants
{
      public:
	Invariants(const Host &host, uint64_t conn);

	/* Look again. Once something is broken, `broken` says what, and stays. */
	void look();

	std::string broken;

      private:
	void expect(bool holds, const char *what);
	void look_at_order();
	void look_at_progress();
	void look_at_bounds();

	const Host &host_;
	uint64_t conn_;
	uint64_t looks_ = 0;
	struct pln_tcp_info now_ {
	}, before_{};
};

} // namespace support

#endif
