/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the fuzz targets share: an input read as numbers and stretches of bytes, and a check that stays on in every build. Each
 * target is one LLVMFuzzerTestOneInput (libFuzzer), whose input decides everything: no clock, no random numbers, nothing kept
 * from one input to the next but a pool of buffers, which is full again after each.
 */
#ifndef POLLEN_TESTS_FUZZ_FUZZ_H
#define POLLEN_TESTS_FUZZ_FUZZ_H

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerInitialize(int *argc, char ***argv);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

namespace fuzz
{

using Bytes = std::vector<uint8_t>;

[[noreturn]] inline void
fail(const char *what, const char *file, int line)
{
	(void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

/* An input from its front; behind its end it is all zeros. */
class Input
{
      public:
	Input(const uint8_t *data, size_t size) : at_(data), left_(size)
	{
	}

	bool
	empty() const
	{
		return left_ == 0;
	}

	uint8_t
	u8()
	{
		if (left_ == 0)
			return 0;
		left_--;
		return *at_++;
	}

	uint16_t
	u16()
	{
		unsigned int high = u8();

		return static_cast<uint16_t>(high << 8 | u8());
	}

	uint32_t
	u32()
	{
		uint32_t high = u16();

		return high << 16 | u16();
	}

	bool
	flag()
	{
		return (u8() & 1U) != 0;
	}

	/* At most `len` bytes, in memory of exactly their size: a read behind them is seen. */
	Bytes
	take(size_t len)
	{
		size_t n = std::min(len, left_);
		Bytes bytes(at_, at_ + n);

		at_ += n;
		left_ -= n;
		return bytes;
	}

	Bytes
	rest()
	{
		return take(left_);
	}

	std::string
	text()
	{
		Bytes bytes = rest();

		return { bytes.begin(), bytes.end() };
	}

      private:
	const uint8_t *at_;
	size_t left_;
};

} // namespace fuzz

#define FUZZ_CHECK(cond)                                                                           \
	do {                                                                                       \
		if (!(cond))                                                                       \
			::fuzz::fail(#cond, __FILE__, __LINE__);                                   \
	} while (false)

#endif
