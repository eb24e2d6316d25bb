/* SPDX-License-Identifier: BSD-3-Clause */
#include "support/stream.h"

#include <algorithm>
#include <cerrno>

namespace support
{

namespace
{

constexpr size_t CALL_MAX = 40000; /* bytes a call may ask for */

} // namespace

Stream::Stream(const StreamEnds &ends, uint64_t total, uint64_t seed)
    : ends_(ends), total_(total), seed_(seed), rng_(seed), buffer_(CALL_MAX)
{
}

/* Differs between streams and between any two stretches that a fault could exchange. */
uint8_t
Stream::pattern(uint64_t offset) const
{
	uint64_t x = (offset / 8 + seed_ * 0x9e3779b97f4a7c15U) * 0xbf58476d1ce4e5b9U;

	x ^= x >> 29;
	return static_cast<uint8_t>(x >> offset % 8 * 7);
}

void
Stream::fail(const std::string &what, int64_t ret)
{
	if (error.empty())
		error = what + ": " + std::to_string(ret) + " after " + std::to_string(sent_) +
		        " sent, " + std::to_string(received_) + " received";
}

void
Stream::compare(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != pattern(received_ + i)) {
			fail("wrong byte at offset", static_cast<int64_t>(received_ + i));
			return;
		}
	}
	received_ += len;
}

bool
Stream::send()
{
	size_t len = std::min<uint64_t>(1 + rng_() % CALL_MAX, total_ - sent_);

	if (shut_)
		return false;
	if (len == 0) {
		int ret = pln_tcp_shutdown(ends_.from, ends_.from_conn, PLN_TCP_SHUT_WR);
		if (ret != 0)
			fail("shutdown", ret);
		shut_ = true;
		return true;
	}
	for (size_t i = 0; i < len; i++)
		buffer_[i] = pattern(sent_ + i);
	ssize_t ret = pln_tcp_send(ends_.from, ends_.from_conn, buffer_.data(), len, 0);
	if (ret > 0)
		sent_ += static_cast<uint64_t>(ret);
	else if (ret != -EAGAIN)
		fail("send", ret);
	return ret > 0;
}

bool
Stream::receive_views()
{
	pln_tcp_view views[4];
	uint64_t before = received_;
	int n = pln_tcp_receive_views(ends_.to, ends_.to_conn, 0, views, 4);

	if (n <= 0) {
		if (n < 0 && n != -EAGAIN)
			fail("receive_views", n);
		ended_ = n == 0;
		return ended_;
	}
	for (int i = 0; i < n; i++)
		compare(static_cast<const uint8_t *>(views[i].data), views[i].len);
	int ret = pln_tcp_consume(ends_.to, ends_.to_conn, received_ - before);
	if (ret != 0)
		fail("consume", ret);
	return true;
}

bool
Stream::receive()
{
	size_t len = std::min<uint64_t>(1 + rng_() % CALL_MAX, pace - std::min(pace, received_));

	if (ended_ || len == 0)
		return false;
	if (zero_copy)
		return receive_views();
	ssize_t ret = pln_tcp_receive(ends_.to, ends_.to_conn, buffer_.data(), len, 0);
	if (ret > 0)
		compare(buffer_.data(), static_cast<size_t>(ret));
	else if (ret == 0)
		ended_ = true;
	else if (ret != -EAGAIN)
		fail("receive", ret);
	if (ended_ && received_ != total_)
		fail("the end came early", 0);
	return ret >= 0;
}

bool
Stream::pump()
{
	bool moved = false;

	while (error.empty() && send())
		moved = true;
	while (error.empty() && receive())
		moved = true;
	return moved;
}

} // namespace support
