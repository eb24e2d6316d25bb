/* SPDX-License-Identifier: BSD-3-Clause */
/* One direction of a connection as an application uses it: sends a known pattern to its end, receives and compares every byte. */
#ifndef POLLEN_TESTS_SUPPORT_STREAM_H
#define POLLEN_TESTS_SUPPORT_STREAM_H

#include <random>
#include <string>
#include <vector>

#include <pollen/tcp.h>

namespace support
{

struct StreamEnds {
	pln_stack *from;
	uint64_t from_conn;
	pln_stack *to;
	uint64_t to_conn;
};

class Stream
{
      public:
	/* `seed` makes the pattern and the sizes of the calls; two streams in one test have different ones. */
	Stream(const StreamEnds &ends, uint64_t total, uint64_t seed);

	/* Send and receive what can be now; true when something moved. */
	bool pump();

	/* Everything arrived and the end was seen, or it went wrong. */
	bool
	over() const
	{
		return ended_ || !error.empty();
	}

	uint64_t
	sent() const
	{
		return sent_;
	}

	uint64_t
	received() const
	{
		return received_;
	}

	std::string error; /* what went wrong first, empty while nothing did */
	uint64_t pace =
		UINT64_MAX; /* bytes that may be received in all: a slow reader raises it bit by bit */
	bool zero_copy = false; /* look and consume instead of copying out */

      private:
	bool send();
	bool receive();
	bool receive_views();
	void compare(const uint8_t *bytes, size_t len);
	uint8_t pattern(uint64_t offset) const;
	void fail(const std::string &what, int64_t ret);

	StreamEnds ends_;
	uint64_t total_, sent_ = 0, received_ = 0, seed_;
	bool shut_ = false, ended_ = false;
	std::mt19937_64 rng_;
	std::vector<uint8_t> buffer_;
};

} // namespace support

#endif
