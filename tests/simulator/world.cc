/* SPDX-License-Identifier: BSD-3-Clause */
#include "simulator/world.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace simulator
{

namespace
{

constexpr uint64_t STUCK_STEP_NS =
	PLN_NS_PER_MS; /* a stack that wants a turn at once and finds nothing is asked again then */
constexpr unsigned int TURNS_MAX = 20000; /* of one host at one moment */
constexpr uint64_t STEPS_MAX = 400000;    /* without a byte that moves */

} // namespace

Frame *
World::new_frame()
{
	if (free_frames_.empty()) {
		frames_.emplace_back();
		return &frames_.back();
	}
	Frame *frame = free_frames_.back();
	free_frames_.pop_back();
	return frame;
}

void
World::store(Frame *frame)
{
	free_frames_.push_back(frame);
}

Frame *
World::copy_of(const Frame &frame)
{
	Frame *copy = new_frame();

	*copy = frame;
	return copy;
}

void
World::arrives(Frame *frame, uint64_t when)
{
	due_.push({ when, order_++, frame, nullptr });
}

void
World::vanishes(Frame *frame, const char *why)
{
	if (witness != nullptr)
		witness->fate(*frame, why, now_);
	store(frame);
}

/* A router's word goes back the way that the packet came. */
void
World::answers(const Frame &frame, std::vector<uint8_t> answer)
{
	Frame *back = new_frame();

	back->bytes = std::move(answer);
	back->seg = Segment();
	back->from = frame.to;
	back->to = frame.from;
	back->hop = 0;
	back->damaged = false;
	launch(back);
}

void
World::launch(Frame *frame)
{
	const auto &path =
		hosts_[static_cast<size_t>(frame->from)].paths[static_cast<size_t>(frame->to)];

	if (frame->hop < path.size())
		path[frame->hop++]->carry(frame, now_, *this);
	else
		hand_over(frame);
}

/* The end of the line: into the receiver's device, or, where that is full, nowhere. */
void
World::hand_over(Frame *frame)
{
	Node &node = hosts_[static_cast<size_t>(frame->to)];
	int ret =
		pln_memlink_inject(node.host->link(), frame->bytes.data(), frame->bytes.size(), 0);

	node.dirty = true;
	if (ret == 0 && frame->seg.tcp && !frame->damaged) {
		Monitor *monitor = monitor_of(frame->seg);
		if (monitor != nullptr)
			monitor->delivered(frame->seg);
	}
	if (ret != 0 && witness != nullptr)
		witness->fate(*frame, "lost: the receiver takes no more", now_);
	store(frame);
}

Monitor *
World::monitor_of(const Segment &seg)
{
	for (Flow &flow : flows) {
		if (flow.monitor != nullptr && flow.monitor->is_of(seg))
			return flow.monitor.get();
	}
	return nullptr;
}

void
World::note(const Frame &frame)
{
	uint64_t hash = counts.digest ^ now_ ^ frame.bytes.size() << 48;
	size_t at = 0;

	for (; at + 8 <= frame.bytes.size(); at += 8) {
		uint64_t word;
		memcpy(&word, &frame.bytes[at], 8);
		hash = (hash ^ word) * 0x9fb21c651e98df25U;
		hash ^= hash >> 32;
	}
	for (; at < frame.bytes.size(); at++)
		hash = (hash ^ frame.bytes[at]) * 0x100000001b3U;
	counts.digest = hash;
	counts.frames++;
	counts.bytes += frame.bytes.size();
	if (witness != nullptr)
		witness->sent(frame, now_);
}

/* A frame leaves its host: to one other by its MAC, or, of ARP, to all. */
void
World::enter(Frame *frame)
{
	read_segment(frame->bytes, frame->seg);
	if (frame->seg.tcp) {
		Monitor *monitor = monitor_of(frame->seg);
		if (monitor != nullptr)
			monitor->sent(frame->seg);
	}
	note(*frame);
	if ((frame->bytes[0] & 1) != 0) {
		send_to_all(*frame);
		store(frame);
		return;
	}
	frame->to = frame->bytes[5] - 1;
	if (frame->to < 0 || frame->to >= static_cast<int>(hosts_.size()) ||
	    frame->to == frame->from) {
		vanishes(frame, "lost: to nobody");
		return;
	}
	launch(frame);
}

void
World::send_to_all(const Frame &frame)
{
	for (size_t to = 0; to < hosts_.size(); to++) {
		if (static_cast<int>(to) == frame.from)
			continue;
		Frame *copy = copy_of(frame);
		copy->to = static_cast<int>(to);
		launch(copy);
	}
}

void
World::collect(Node &node, int index)
{
	ssize_t len;

	while ((len = pln_memlink_collect(node.host->link(), scratch_.data(), scratch_.size())) >
	       0) {
		Frame *frame = new_frame();
		frame->bytes.assign(scratch_.begin(), scratch_.begin() + len);
		frame->from = index;
		frame->hop = 0;
		frame->damaged = false;
		enter(frame);
	}
	if (len < 0)
		throw std::runtime_error("a frame longer than any packet");
}

void
World::accept(Node &node, int index)
{
	uint64_t conn;

	while (pln_tcp_accept(node.host->stack(), node.listener, nullptr, &conn) == 0) {
		struct pln_tcp_info info {
		};
		info.size = sizeof(info);
		pln_tcp_info(node.host->stack(), conn, &info);
		Segment like;
		like.src = 10U << 24 | info.remote.addr.bytes[3];
		like.dst = 10U << 24 | info.local.addr.bytes[3];
		like.sport = info.remote.port;
		like.dport = info.local.port;
		auto flow = std::find_if(flows.begin(), flows.end(), [&](const Flow &f) {
			return f.monitor != nullptr && f.plan.server == index &&
			       f.ends[1].conn == 0 && f.monitor->is_of(like);
		});
		/* A SYN that was long on its way opens a connection whose client is gone. */
		if (flow == flows.end())
			pln_tcp_abort(node.host->stack(), conn);
		else
			flow->accepted(conn);
	}
}

void
World::handle(Node &node, int index, const pln_event &event)
{
	if (event.conn == node.listener) {
		accept(node, index);
		return;
	}
	for (int number : node.flows) {
		Flow &flow = flows[static_cast<size_t>(number)];
		for (int side = 0; side < 2; side++) {
			if (flow.ends[side].conn == event.conn && flow.ends[side].index == index &&
			    flow.ends[side].host != nullptr) {
				flow.event(side, event);
				return;
			}
		}
	}
}

void
World::take_events(Node &node, int index)
{
	pln_event events[16];
	unsigned int n;

	while ((n = pln_stack_events(node.host->stack(), events, 16)) > 0) {
		for (unsigned int i = 0; i < n; i++)
			handle(node, index, events[i]);
	}
}

/* Turns as a program makes them, until one finds nothing to do. True: something was done. */
bool
World::turn(Node &node, int index)
{
	pln_stack *stack = node.host->stack();
	bool any = false;
	unsigned int turns = 0, work;

	do {
		work = pln_stack_poll(stack, now_);
		take_events(node, index);
		work += pln_stack_flush(stack, now_);
		any |= work > 0;
		if (++turns > TURNS_MAX && broken_.empty())
			broken_ =
				"host " + std::to_string(index) + " is never done with one moment";
	} while (work > 0 && broken_.empty());
	node.dirty = false;
	node.next = pln_stack_next(stack);
	if (witness != nullptr)
		witness->turned(index, *node.host);
	collect(node, index);
	return any;
}

void
World::settle()
{
	bool again;

	do {
		again = false;
		for (size_t i = 0; i < hosts_.size(); i++) {
			if (hosts_[i].dirty)
				again |= turn(hosts_[i], static_cast<int>(i));
		}
		for (const Node &node : hosts_)
			again |= node.dirty;
	} while (again && broken_.empty());
}

/* Something that only its own timer can finish has one: of a stack, the earliest. */
void
World::look_at_wakers(Node &node, int index)
{
	if (node.next != PLN_NEVER)
		return;
	for (int number : node.flows) {
		Flow &flow = flows[static_cast<size_t>(number)];
		for (int side = 0; side < 2; side++) {
			if (flow.ends[side].index == index && flow.ends[side].host != nullptr &&
			    flow.owes(side))
				broken_ = "host " + std::to_string(index) +
				          " owes its peer something and will not wake; " +
				          flow.describe();
		}
	}
}

void
World::look()
{
	uint64_t moved = 0;

	for (Flow &flow : flows) {
		if (watch)
			flow.look();
		if (!flow.broken.empty() && broken_.empty())
			broken_ = flow.broken;
		moved += flow.moved();
	}
	for (size_t i = 0; i < hosts_.size() && broken_.empty(); i++)
		look_at_wakers(hosts_[i], static_cast<int>(i));
	if (moved != moved_) {
		moved_ = moved;
		steps_at_move_ = counts.steps;
	}
	if (counts.steps - steps_at_move_ > STEPS_MAX && broken_.empty())
		broken_ = "much happens and nothing moves";
}

/* All that is due by now. */
void
World::happen()
{
	while (!due_.empty() && due_.top().when <= now_) {
		Due due = due_.top();
		due_.pop();
		if (due.frame != nullptr)
			launch(due.frame);
		else
			due.call();
	}
	for (Node &node : hosts_)
		node.dirty |= node.next <= now_;
}

uint64_t
World::next() const
{
	uint64_t when = due_.empty() ? PLN_NEVER : due_.top().when;

	for (const Node &node : hosts_)
		when = std::min(when, node.next);
	return when;
}

void
World::step(uint64_t limit)
{
	uint64_t to = next();

	if (to <= now_)
		to = now_ + STUCK_STEP_NS;
	now_ = std::min(to, limit);
	counts.steps++;
	happen();
	settle();
	look();
	if (sampled)
		sampled();
}

bool
World::run_until(const std::function<bool()> &done, uint64_t limit)
{
	settle();
	while (broken_.empty() && !done()) {
		if (now_ >= limit)
			return false;
		step(limit);
	}
	return broken_.empty();
}

void
World::wake(int flow, int side, uint64_t when)
{
	at(when, [this, flow, side] {
		Flow &f = flows[static_cast<size_t>(flow)];
		pln_stack_set_time(f.ends[side].host->stack(), now_);
		f.woken(side);
		hosts_[static_cast<size_t>(f.ends[side].index)].dirty = true;
	});
}

void
World::at(uint64_t when, std::function<void()> what)
{
	due_.push({ when, order_++, nullptr, std::move(what) });
}

bool
World::all_over() const
{
	return std::all_of(flows.begin(), flows.end(),
	                   [](const Flow &flow) { return flow.over(); });
}

bool
World::nobody() const
{
	return std::all_of(hosts_.begin(), hosts_.end(), [](const Node &node) {
		return pln_tcp_conn_count(node.host->stack()) == 0;
	});
}

} // namespace simulator
