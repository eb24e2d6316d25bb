/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets of a script: those that arrive, and those that are expected. Whatever a line names is compared, and besides, of each packet
 * the stack sends: its checksums, that its payload is what the program sent, that its window never shrinks.
 */
#include <cstring>

#include "script/build.h"
#include "script/runner.h"

namespace script_run
{
namespace
{

constexpr uint64_t TOLERANCE_NS = 1 * PLN_NS_PER_MS;  /* timers tick every 33 us */
constexpr uint64_t AT_MOST_NS = 86400 * PLN_NS_PER_S; /* "+*" and open ranges */

/* Absolute numbers of a segment relative to its flow; `ours`: the stack sent it. */
Seen
make_relative(const Seen &s, const Flow &f, bool ours)
{
	Seen out = s;
	uint32_t seq = ours ? f.iss : f.irs, ack = ours ? f.irs : f.iss;
	auto move = [&out](script_key key, uint32_t base) {
		auto it = out.values.find(key);

		if (it == out.values.end())
			return;
		for (auto &v : it->second) {
			v.first = relative(static_cast<uint32_t>(v.first), base);
			v.second = relative(static_cast<uint32_t>(v.second), base);
		}
	};

	if (s.proto != SCRIPT_TCP)
		return out;
	move(SCRIPT_KEY_SEQ, seq);
	if ((s.flags & SCRIPT_ACK) != 0)
		move(SCRIPT_KEY_ACK, ack);
	move(SCRIPT_KEY_SACK, ack);
	auto ts = out.values.find(SCRIPT_KEY_TS);

	if (ts != out.values.end()) {
		int64_t val = relative(static_cast<uint32_t>(ts->second[0].first),
		                       ours ? f.ts_zero : f.ts_base);
		int64_t ecr = relative(static_cast<uint32_t>(ts->second[1].first),
		                       ours ? f.ts_base : f.ts_zero);

		ts->second = { { val, val }, { ecr, ecr } };
	}
	return out;
}

std::string
seen_list(const Seen &s, script_key key)
{
	auto it = s.values.find(key);
	std::string out;

	if (it == s.values.end())
		return "missing";
	for (const auto &v : it->second) {
		out += out.empty() ? "" : ",";
		if (script_key_type(key) == SCRIPT_TYPE_ADDRESS)
			out += address_text(v.first);
		else if (script_key_type(key) == SCRIPT_TYPE_MAC)
			out += mac_text(v.first);
		else
			out += std::to_string(v.first) +
			       (v.first == v.second ? "" : ":" + std::to_string(v.second));
	}
	return out;
}

/* Keys whose items are pairs: both ends must agree; of the others an item is a number or a range. */
bool
same_value(const script_field &wanted, const Seen &s)
{
	auto it = s.values.find(wanted.key);

	if (wanted.none || it == s.values.end())
		return wanted.none && it == s.values.end();
	if (wanted.key == SCRIPT_KEY_SACK && wanted.count != it->second.size())
		return wanted.items[0].any;
	for (unsigned i = 0; i < wanted.count; i++) {
		const script_item &item = wanted.items[i];

		if (i >= it->second.size())
			return false;
		const auto &v = it->second[i];

		if (wanted.key == SCRIPT_KEY_SACK && !item.any) {
			if (item.lo != v.first || item.hi != v.second)
				return false;
		} else if (!script_item_matches(&item, v.first)) {
			return false;
		}
	}
	return true;
}

/* What tells a runner how to read the line, rather than what to find in the packet. */
bool
is_no_content(script_key key)
{
	return key == SCRIPT_KEY_CONN || key == SCRIPT_KEY_TEXT || key == SCRIPT_KEY_DATA ||
	       key == SCRIPT_KEY_CKSUM || key == SCRIPT_KEY_IPCKSUM;
}

int64_t
segment_end(const Seen &s, const Flow &f)
{
	return relative(static_cast<uint32_t>(s.get(SCRIPT_KEY_SEQ)), f.iss) +
	       static_cast<int64_t>(s.payload.size()) + ((s.flags & SCRIPT_SYN) != 0 ? 1 : 0) +
	       ((s.flags & SCRIPT_FIN) != 0 ? 1 : 0);
}

} // namespace

/* Whose a segment is, by its ports; the default flow's if nobody's. */
Flow *
Runner::owner(const Seen &s, bool ours)
{
	int64_t local = s.get(ours ? SCRIPT_KEY_SPORT : SCRIPT_KEY_DPORT);
	int64_t remote = s.get(ours ? SCRIPT_KEY_DPORT : SCRIPT_KEY_SPORT);

	for (auto &[name, f] : flows_)
		if (f.local_port == local && f.remote_port == remote)
			return &f;
	return &flow("a");
}

void
Runner::note_frame(const Seen &s, bool ours, uint64_t at)
{
	char head[64];

	snprintf(head, sizeof(head), "%12.6f %s ", static_cast<double>(at - world().start()) / 1e9,
	         ours ? ">" : "<");
	world().note(head + make_relative(s, *owner(s, ours), ours).text());
}

void
Runner::inject(const script_record &r)
{
	bool burst = find(r, SCRIPT_KEY_BURST) != nullptr;

	if (!burst || !world().sent.empty()) {
		world().turn();
		nothing_pending("before this packet arrives");
	}
	flow_of(r).cookie = cookie_;
	Bytes frame = build_frame(*script_, r, flow_of(r));

	note_frame(decode(frame), false, world().now());
	world().inject(frame);
	if (!burst)
		world().turn();
}

/* The window's right edge, once the scale is agreed on (RFC 9293 SHLD-14). */
void
Runner::check_edge(const Seen &s, Flow &f)
{
	bool scaled = f.own_scale >= 0 && f.peer_scale >= 0;
	uint32_t wnd = static_cast<uint32_t>(s.get(SCRIPT_KEY_WIN)), edge;

	if ((s.flags & (SCRIPT_ACK | SCRIPT_SYN | SCRIPT_RST)) != SCRIPT_ACK)
		return;
	edge = static_cast<uint32_t>(s.get(SCRIPT_KEY_ACK)) + (wnd << (scaled ? f.own_scale : 0));
	if (f.edge_known && relative(edge, f.edge) < 0)
		broken("the window shrinks by " + std::to_string(relative(f.edge, edge)) +
		       " bytes (SHLD-14): " + world().diary.back());
	f.edge = edge;
	f.edge_known = true;
}

/* Payload is the program's, byte for byte. */
void
Runner::check_stream(const Seen &s, const Flow &f)
{
	int64_t at = relative(static_cast<uint32_t>(s.get(SCRIPT_KEY_SEQ)), f.iss) -
	             ((s.flags & SCRIPT_SYN) != 0 ? 0 : 1);

	if (s.payload.empty())
		return;
	if (at < 0 || static_cast<size_t>(at) + s.payload.size() > f.sent.size() ||
	    memcmp(s.payload.data(), f.sent.data() + at, s.payload.size()) != 0)
		broken("the payload is not what the program sent: " + world().diary.back());
}

/* A cookie that the stack gives, or one of ours that it brings back. */
void
Runner::check_cookie(const Seen &s)
{
	if (s.cookie.empty())
		return;
	if ((s.flags & SCRIPT_ACK) != 0) {
		cookie_ = s.cookie;
		return;
	}
	for (size_t i = 0; i < s.cookie.size(); i++)
		if (s.cookie[i] != peer_cookie_byte(i))
			broken("not the Fast Open cookie that the peer gave: " +
			       world().diary.back());
}

/* Take note of what the stack has sent, and check what always holds. */
void
Runner::learn(Seen &s, Flow &f, uint64_t at)
{
	if (s.proto == SCRIPT_TCP && (s.flags & SCRIPT_SYN) != 0 && !f.iss_known) {
		f.iss = static_cast<uint32_t>(s.get(SCRIPT_KEY_SEQ));
		f.iss_known = true;
		if (!first_iss)
			first_iss = f.iss;
	}
	if (s.proto == SCRIPT_TCP && (s.flags & SCRIPT_SYN) != 0)
		f.own_scale = static_cast<int>(s.get(SCRIPT_KEY_WSCALE));
	if (s.values.count(SCRIPT_KEY_TS) != 0) {
		f.ts_last = static_cast<uint32_t>(s.values[SCRIPT_KEY_TS][0].first);
		if (!f.ts_zero_known)
			f.ts_zero = f.ts_last;
		f.ts_zero_known = true;
	}
	note_frame(s, true, at);
	for (const std::string &fault : s.faults)
		broken(fault + ": " + world().diary.back());
	check_cookie(s);
	if (s.proto == SCRIPT_UDP)
		check_datagram(s);
	if (s.proto != SCRIPT_TCP || !f.iss_known)
		return;
	if ((s.flags & SCRIPT_RST) == 0)
		f.heard = std::max(f.heard, segment_end(s, f));
	check_stream(s, f);
	check_edge(s, f);
}

void
Runner::compare(const script_record &r, const Seen &s, Flow &f)
{
	Seen rel = make_relative(s, f, true);
	std::string wrong;

	if (s.proto != r.proto || (s.proto == SCRIPT_TCP && s.flags != r.flags))
		broken("came: " + rel.text());
	for (uint32_t i = 0; i < r.count; i++) {
		const script_field &wanted = script_->fields[r.first + i];

		if (!is_no_content(wanted.key) && !same_value(wanted, wanted.absolute ? s : rel))
			wrong += std::string(wrong.empty() ? "" : ", ") +
			         script_key_word(wanted.key) + " is " +
			         seen_list(wanted.absolute ? s : rel, wanted.key);
	}
	if (s.proto == SCRIPT_TCP && find(r, SCRIPT_KEY_LEN) == nullptr && !s.payload.empty() &&
	    find(r, SCRIPT_KEY_TEXT) == nullptr)
		wrong += (wrong.empty() ? "len is " : ", len is ") +
		         std::to_string(s.payload.size());
	if (s.proto == SCRIPT_TCP && find(r, SCRIPT_KEY_DPORT) == nullptr &&
	    s.get(SCRIPT_KEY_DPORT) != f.remote_port)
		wrong += " (not of this connection)";
	const script_field *text = find(r, SCRIPT_KEY_TEXT);

	if (text != nullptr && std::string(s.payload.begin(), s.payload.end()) != text->text)
		wrong += " the payload is another";
	if (!wrong.empty())
		broken(wrong + "; came: " + rel.text());
}

/* Turn the clock until a frame is there, or the time in which it may come is over. */
void
Runner::await_frame(const script_record &r, uint64_t *from, uint64_t *to)
{
	uint64_t base = r.when == SCRIPT_WHEN_AT ? world().start() : world().now();
	bool open = r.time.any || r.time.hi == SCRIPT_HIGHEST;

	*from = base +
	        (r.time.any || r.time.lo == SCRIPT_LOWEST ? 0 : static_cast<uint64_t>(r.time.lo));
	*to = open ? base + AT_MOST_NS : base + static_cast<uint64_t>(r.time.hi) + TOLERANCE_NS;
	world().turn();
	if (!world().sent.empty())
		return;
	world().advance(*to, true);
}

void
Runner::expect(const script_record &r)
{
	uint64_t from = world().now(), to = world().now();

	if (r.when == SCRIPT_WHEN_NOW)
		world().turn();
	else
		await_frame(r, &from, &to);
	if (world().sent.empty())
		broken("nothing was sent" +
		       (r.when == SCRIPT_WHEN_NOW
		                ? std::string("")
		                : " by " + std::to_string(world().seconds()) + " s"));
	Sent first = world().sent.front();
	Seen s = decode(first.frame);
	Flow &f = find(r, SCRIPT_KEY_CONN) != nullptr ? flow_of(r) : *owner(s, true);

	world().sent.pop_front();
	learn(s, f, first.at);
	compare(r, s, f);
	if (r.when != SCRIPT_WHEN_NOW && (first.at + TOLERANCE_NS < from || first.at > to))
		broken("sent at " +
		       std::to_string(static_cast<double>(first.at - world().start()) / 1e9) +
		       " s, not between " +
		       std::to_string(static_cast<double>(from - world().start()) / 1e9) + " and " +
		       std::to_string(static_cast<double>(to - world().start()) / 1e9));
}

} // namespace script_run
