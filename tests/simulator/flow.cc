/* SPDX-License-Identifier: BSD-3-Clause */
#include "simulator/flow.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace simulator
{

namespace
{

constexpr size_t CALL_MAX = 65536;
constexpr size_t PERIOD =
	(1U << 21) + 37; /* bytes until the pattern repeats: more than any window */

/* What everybody sends, from a place that its flow and direction choose. */
const std::vector<uint8_t> &
pattern()
{
	static const std::vector<uint8_t> bytes = [] {
		std::vector<uint8_t> made(PERIOD + CALL_MAX);
		for (size_t i = 0; i < PERIOD; i++)
			made[i] = static_cast<uint8_t>(mix(i + 1));
		std::copy_n(made.begin(), CALL_MAX, made.begin() + PERIOD);
		return made;
	}();

	return bytes;
}

const uint8_t *
pattern_at(uint64_t seed, int side, uint64_t offset)
{
	return pattern().data() +
	       (mix(seed) + static_cast<uint64_t>(side) * 777777 + offset) % PERIOD;
}

void
nothing(void *)
{
}

} // namespace

Flow::Flow(int number, FlowPlan flow_plan, uint64_t seed, FlowClock &clock)
    : plan(std::move(flow_plan)), number_(number), seed_(seed), clock_(clock), rng_(seed, 1)
{
	if (plan.sip_ns != 0)
		ends[1].allowance = 0;
}

void
Flow::fail(int side, const std::string &what)
{
	if (broken.empty())
		broken = "flow " + std::to_string(number_) +
		         (side == 0 ? ", client: " : ", server: ") + what;
}

void
Flow::open(support::Host &client, support::Host &server, uint16_t port)
{
	pln_tcp_open_args args{};
	struct pln_tcp_info info {
	};

	ends[0].host = &client;
	ends[1].host = &server;
	ends[0].index = plan.client;
	ends[1].index = plan.server;
	args.size = sizeof(args);
	args.remote = { server.addr, port };
	int ret = pln_tcp_open(client.stack(), &args, &ends[0].conn);
	if (ret != 0)
		throw std::runtime_error("open: " + std::to_string(ret));
	if (!plan.cc[0].empty())
		pln_tcp_cc_set(client.stack(), ends[0].conn, plan.cc[0].c_str());
	info.size = sizeof(info);
	pln_tcp_info(client.stack(), ends[0].conn, &info);
	monitor =
		std::make_unique<Monitor>(10U << 24 | client.addr.bytes[3],
	                                  10U << 24 | server.addr.bytes[3], info.local.port, port);
	monitor->device_drops = plan.device_drops || plan.asks_arp;
	monitor->expect(0, plan.bytes[0]);
	monitor->expect(1, plan.bytes[1]);
}

void
Flow::accepted(uint64_t conn)
{
	ends[1].conn = conn;
	if (!plan.cc[1].empty())
		pln_tcp_cc_set(ends[1].host->stack(), conn, plan.cc[1].c_str());
	ends[1].invariants = std::make_unique<support::Invariants>(*ends[1].host, conn);
	if (plan.abort == Giver::SERVER)
		clock_.wake(number_, 1, std::max(plan.abort_at, clock_.time() + 1));
	pump(1);
}

/* How many questions are answered whole, as the client sees it. */
uint64_t
Flow::answered() const
{
	return plan.bytes[1] == 0 ? plan.requests
	                          : ends[0].received * plan.requests / plan.bytes[1];
}

/* The bytes that an end has something to say for by now. */
uint64_t
Flow::may_send(int side)
{
	uint64_t total = plan.bytes[side];

	if (side == 1 && plan.half_close)
		return ends[1].ended ? total : 0;
	if (plan.requests == 0)
		return total;
	if (side == 1)
		return plan.bytes[0] == 0
		               ? total
		               : total * (ends[1].received * plan.requests / plan.bytes[0]) /
		                         plan.requests;
	uint64_t asked = std::min<uint64_t>(answered() + 1, plan.requests);
	if (plan.think_ns != 0 && thought_for_ < asked) {
		thought_for_ = asked;
		think_until_ = clock_.time() + (asked > 1 ? plan.think_ns : 0);
		if (think_until_ > clock_.time())
			clock_.wake(number_, 0, think_until_);
	}
	return total * (clock_.time() < think_until_ ? asked - 1 : asked) / plan.requests;
}

ssize_t
Flow::give(FlowEnd &end, const uint8_t *bytes, size_t len, int flags)
{
	if (!plan.by_reference)
		return pln_tcp_send(end.host->stack(), end.conn, bytes, len, flags);
	pln_tcp_ref ref = { bytes, std::min<size_t>(len, 65535), nothing, nullptr };
	return pln_tcp_send_ref(end.host->stack(), end.conn, &ref, flags);
}

/* True when all was taken that it has to say by now. */
bool
Flow::write(int side)
{
	FlowEnd &end = ends[side];
	uint64_t limit = may_send(side);

	while (end.sent < limit) {
		size_t len = std::min<uint64_t>(rng_.pick(1, plan.chunk), limit - end.sent);
		int flags = end.sent + len < limit ? PLN_TCP_MORE : 0;
		ssize_t ret = give(end, pattern_at(seed_, side, end.sent), len, flags);
		if (ret == -EAGAIN)
			return false;
		if (ret <= 0) {
			told(side, static_cast<int>(ret));
			return false;
		}
		end.sent += static_cast<uint64_t>(ret);
	}
	return end.sent == plan.bytes[side];
}

bool
Flow::compare(int side, const uint8_t *bytes, size_t len)
{
	FlowEnd &end = ends[side];
	const uint8_t *want = pattern_at(seed_, 1 - side, end.received);

	if (end.received == 0)
		end.first_byte = clock_.time();
	if (end.received + len > plan.bytes[1 - side]) {
		fail(side, "more bytes came than were sent");
		return false;
	}
	if (memcmp(bytes, want, len) != 0) {
		size_t at =
			static_cast<size_t>(std::mismatch(bytes, bytes + len, want).first - bytes);
		fail(side, "wrong byte at " + std::to_string(end.received + at));
		return false;
	}
	end.received += len;
	return true;
}

ssize_t
Flow::look_and_consume(FlowEnd &end, size_t most)
{
	int side = &end == &ends[1] ? 1 : 0;
	pln_tcp_view views[4];
	size_t seen = 0;
	int n = pln_tcp_receive_views(end.host->stack(), end.conn, 0, views, 4);

	if (n <= 0)
		return n;
	for (int i = 0; i < n && seen < most; i++) {
		size_t len = std::min(views[i].len, most - seen);
		for (size_t at = 0; at < len; at += std::min(CALL_MAX, len - at)) {
			size_t part = std::min(CALL_MAX, len - at);
			if (!compare(side, static_cast<const uint8_t *>(views[i].data) + at, part))
				return -EBADMSG;
		}
		seen += len;
	}
	int ret = pln_tcp_consume(end.host->stack(), end.conn, seen);
	if (ret != 0)
		fail(side, "consume: " + std::to_string(ret));
	return static_cast<ssize_t>(seen);
}

ssize_t
Flow::take(FlowEnd &end, size_t most)
{
	static uint8_t buffer[CALL_MAX];
	int side = &end == &ends[1] ? 1 : 0;

	if (plan.views)
		return look_and_consume(end, most);
	ssize_t ret = pln_tcp_receive(end.host->stack(), end.conn, buffer, most, 0);
	if (ret > 0 && !compare(side, buffer, static_cast<size_t>(ret)))
		return -EBADMSG;
	return ret;
}

/* Read all there is time for; true when the end was seen. */
bool
Flow::read(int side)
{
	FlowEnd &end = ends[side];

	while (!end.ended && end.received < end.allowance) {
		size_t most = std::min<uint64_t>(plan.chunk, end.allowance - end.received);
		ssize_t ret = take(end, std::min(most, CALL_MAX));
		if (ret == -EAGAIN)
			return false;
		if (ret < 0) {
			told(side, static_cast<int>(ret));
			return false;
		}
		end.ended = ret == 0;
	}
	if (end.ended && end.received < plan.bytes[1 - side] && plan.abort == Giver::NOBODY)
		fail(side, "an orderly end after " + std::to_string(end.received) + " bytes");
	return end.ended;
}

/* It has all it wanted: the handle goes back. */
void
Flow::finish(int side)
{
	FlowEnd &end = ends[side];

	end.done = true;
	end.done_at = clock_.time();
	if (pln_tcp_close(end.host->stack(), end.conn) != 0)
		fail(side, "close finds no connection");
}

void
Flow::told(int side, int error)
{
	FlowEnd &end = ends[side];

	if (end.done)
		return;
	end.error = error;
	finish(side);
}

void
Flow::pump(int side)
{
	FlowEnd &end = ends[side];

	if (end.done || end.conn == 0)
		return;
	bool ended = read(side);
	if (end.done || !write(side) || end.done)
		return;
	if (!end.shut) {
		int ret = pln_tcp_shutdown(end.host->stack(), end.conn, PLN_TCP_SHUT_WR);
		if (ret != 0) {
			told(side, ret);
			return;
		}
		end.shut = true;
	}
	if (ended)
		finish(side);
}

void
Flow::start_sips()
{
	sipping_ = true;
	clock_.wake(number_, 1, clock_.time() + plan.sip_ns);
}

void
Flow::connected()
{
	ends[0].invariants = std::make_unique<support::Invariants>(*ends[0].host, ends[0].conn);
	if (plan.abort == Giver::CLIENT)
		clock_.wake(number_, 0, std::max(plan.abort_at, clock_.time() + 1));
}

void
Flow::event(int side, const pln_event &event)
{
	FlowEnd &end = ends[side];

	if (end.done)
		return;
	if ((event.bits & PLN_EV_CONNECTED) != 0)
		connected();
	if ((event.bits & PLN_EV_CLOSED) != 0 && event.error != 0) {
		told_[side] = true;
		read(side);
		told(side, event.error);
		return;
	}
	if (side == 1 && plan.sip_ns != 0 && !sipping_)
		start_sips();
	pump(side);
}

void
Flow::woken(int side)
{
	FlowEnd &end = ends[side];
	uint64_t now = clock_.time();
	bool gives_up = plan.abort == (side == 0 ? Giver::CLIENT : Giver::SERVER);

	if (end.done)
		return;
	if (gives_up && now >= plan.abort_at) {
		end.done = true;
		end.done_at = now;
		end.error = -ECONNABORTED;
		pln_tcp_abort(end.host->stack(), end.conn);
		return;
	}
	if (side == 1 && sipping_ && end.allowance != UINT64_MAX) {
		end.allowance = end.allowance / std::max<uint64_t>(plan.sip_bytes, 1) >= plan.sips
		                        ? UINT64_MAX
		                        : end.allowance + plan.sip_bytes;
		if (end.allowance != UINT64_MAX)
			clock_.wake(number_, 1, now + plan.sip_ns);
	}
	pump(side);
}

bool
Flow::over() const
{
	/* A client that failed before it was accepted has no server that could finish. */
	return ends[0].done && (ends[1].done || ends[1].conn == 0);
}

void
Flow::look()
{
	for (int side = 0; side < 2; side++) {
		FlowEnd &end = ends[side];
		if (end.done || end.invariants == nullptr)
			continue;
		end.invariants->look();
		if (!end.invariants->broken.empty())
			fail(side, end.invariants->broken);
	}
	if (monitor != nullptr && !monitor->broken.empty())
		fail(0, monitor->broken);
}

bool
Flow::owes(int side) const
{
	const FlowEnd &end = ends[side];
	struct pln_tcp_info info {
	};

	info.size = sizeof(info);
	return !end.done && end.conn != 0 &&
	       pln_tcp_info(end.host->stack(), end.conn, &info) == 0 &&
	       info.state != PLN_TCP_CLOSED && info.state != PLN_TCP_TIME_WAIT &&
	       (info.unacked > 0 || info.notsent_bytes > 0);
}

void
Flow::judge()
{
	if (plan.asks_arp && ends[0].error == -EHOSTUNREACH)
		return;
	for (int side = 0; side < 2; side++) {
		const FlowEnd &end = ends[side];
		if (plan.abort != Giver::NOBODY || plan.may_fail)
			continue;
		if (end.error != 0)
			fail(side, "told of error " + std::to_string(end.error) +
			                   ", and nothing was there that could part them");
		else if (end.received != plan.bytes[1 - side])
			fail(side, "only " + std::to_string(end.received) + " bytes arrived");
	}
}

std::string
Flow::describe() const
{
	std::string text = "flow " + std::to_string(number_) + ":";

	for (int side = 0; side < 2; side++) {
		const FlowEnd &end = ends[side];
		text += (side == 0 ? " client" : ", server") + std::string(" sent ") +
		        std::to_string(end.sent) + " of " + std::to_string(plan.bytes[side]) +
		        ", received " + std::to_string(end.received) + (end.shut ? ", shut" : "") +
		        (end.ended ? ", saw the end" : "") + (end.done ? ", done" : "") +
		        (end.error != 0 ? ", error " + std::to_string(end.error) : "");
	}
	return text;
}

} // namespace simulator
