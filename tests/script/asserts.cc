/* SPDX-License-Identifier: BSD-3-Clause */
/* What a script asserts of the stack: states, tcp_info, events, readiness, counters, neighbours, echo replies. */
#include <cstring>
#include <functional>
#include <set>
#include <sstream>

#include <pollen/icmp.h>
#include <pollen/stats.h>

#include "script/runner.h"

namespace script_run
{
namespace
{

using Names = std::map<std::string, uint32_t>;

const Names event_names = {
	{ "connected", PLN_EV_CONNECTED },
	{ "accepted", PLN_EV_ACCEPTED },
	{ "readable", PLN_EV_READABLE },
	{ "writable", PLN_EV_WRITABLE },
	{ "peer_closed", PLN_EV_PEER_CLOSED },
	{ "closed", PLN_EV_CLOSED },
	{ "urgent", PLN_EV_URGENT },
	{ "soft_error", PLN_EV_SOFT_ERROR },
	{ "error", PLN_EV_ERROR },
};

const Names ready_names = {
	{ "in", PLN_TCP_READY_IN },       { "out", PLN_TCP_READY_OUT },
	{ "err", PLN_TCP_READY_ERR },     { "hup", PLN_TCP_READY_HUP },
	{ "rdhup", PLN_TCP_READY_RDHUP }, { "pri", PLN_TCP_READY_PRI },
};

uint32_t
mask_of(const std::string &list, const Names &names)
{
	std::istringstream words(list);
	uint32_t mask = 0;

	if (list == "none")
		return 0;
	for (std::string word; std::getline(words, word, ',');) {
		auto it = names.find(word);

		if (it == names.end())
			throw Broken("'" + word + "' is nothing that can be");
		mask |= it->second;
	}
	return mask;
}

std::string
mask_text(uint32_t mask, const Names &names)
{
	std::string out;

	for (const auto &[name, bit] : names)
		if ((mask & bit) != 0)
			out += (out.empty() ? "" : ",") + name;
	return out.empty() ? "none" : out;
}

std::string
errno_text(int64_t value)
{
	const char *name = script_errno_name(value);

	return name != nullptr ? name : std::to_string(value);
}

using Getter = std::function<int64_t(const struct pln_tcp_info &, const Flow &)>;

/* Numbers of tcp_info; sequence numbers relative, times in nanoseconds. */
const std::map<script_key, Getter> numbers = {
	{ SCRIPT_KEY_TIMESTAMPS, [](auto &i, auto &) { return i.timestamps; } },
	{ SCRIPT_KEY_SACK_ON, [](auto &i, auto &) { return i.sack; } },
	{ SCRIPT_KEY_ECN_ON, [](auto &i, auto &) { return i.ecn; } },
	{ SCRIPT_KEY_WSCALE_ON, [](auto &i, auto &) { return i.wscale; } },
	{ SCRIPT_KEY_SND_WSCALE, [](auto &i, auto &) { return i.snd_wscale; } },
	{ SCRIPT_KEY_RCV_WSCALE, [](auto &i, auto &) { return i.rcv_wscale; } },
	{ SCRIPT_KEY_BACKOFF, [](auto &i, auto &) { return i.backoff; } },
	{ SCRIPT_KEY_RETRANSMITS, [](auto &i, auto &) { return i.retransmits; } },
	{ SCRIPT_KEY_TOTAL_RETRANS,
	  [](auto &i, auto &) { return static_cast<int64_t>(i.total_retrans); } },
	{ SCRIPT_KEY_RTO, [](auto &i, auto &) { return static_cast<int64_t>(i.rto_ns); } },
	{ SCRIPT_KEY_RTT, [](auto &i, auto &) { return static_cast<int64_t>(i.rtt_ns); } },
	{ SCRIPT_KEY_RTTVAR, [](auto &i, auto &) { return static_cast<int64_t>(i.rttvar_ns); } },
	{ SCRIPT_KEY_MIN_RTT, [](auto &i, auto &) { return static_cast<int64_t>(i.min_rtt_ns); } },
	{ SCRIPT_KEY_SND_MSS, [](auto &i, auto &) { return i.snd_mss; } },
	{ SCRIPT_KEY_RCV_MSS, [](auto &i, auto &) { return i.rcv_mss; } },
	{ SCRIPT_KEY_ADVMSS, [](auto &i, auto &) { return i.advmss; } },
	{ SCRIPT_KEY_PMTU, [](auto &i, auto &) { return i.pmtu; } },
	{ SCRIPT_KEY_UNACKED, [](auto &i, auto &) { return i.unacked; } },
	{ SCRIPT_KEY_CWND, [](auto &i, auto &) { return i.snd_cwnd; } },
	{ SCRIPT_KEY_CWND_BYTES, [](auto &i, auto &) { return i.cwnd_bytes; } },
	{ SCRIPT_KEY_SSTHRESH, [](auto &i, auto &) { return i.snd_ssthresh; } },
	{ SCRIPT_KEY_SND_UNA, [](auto &i, auto &f) { return relative(i.snd_una, f.iss); } },
	{ SCRIPT_KEY_SND_NXT, [](auto &i, auto &f) { return relative(i.snd_nxt, f.iss); } },
	{ SCRIPT_KEY_SND_WND, [](auto &i, auto &) { return i.snd_wnd; } },
	{ SCRIPT_KEY_RCV_NXT, [](auto &i, auto &f) { return relative(i.rcv_nxt, f.irs); } },
	{ SCRIPT_KEY_RCV_WND, [](auto &i, auto &) { return i.rcv_wnd; } },
	{ SCRIPT_KEY_NOTSENT, [](auto &i, auto &) { return i.notsent_bytes; } },
	{ SCRIPT_KEY_INQ, [](auto &i, auto &) { return i.inq_bytes; } },
	{ SCRIPT_KEY_OOO, [](auto &i, auto &) { return i.ooo_bytes; } },
	{ SCRIPT_KEY_URGENT_BYTES, [](auto &i, auto &) { return i.urgent_bytes; } },
	{ SCRIPT_KEY_BYTES_ACKED,
	  [](auto &i, auto &) { return static_cast<int64_t>(i.bytes_acked); } },
	{ SCRIPT_KEY_BYTES_RECEIVED,
	  [](auto &i, auto &) { return static_cast<int64_t>(i.bytes_received); } },
	{ SCRIPT_KEY_BYTES_RETRANS,
	  [](auto &i, auto &) { return static_cast<int64_t>(i.bytes_retrans); } },
	{ SCRIPT_KEY_SACKED, [](auto &i, auto &) { return i.sacked; } },
	{ SCRIPT_KEY_LOST, [](auto &i, auto &) { return i.lost; } },
	{ SCRIPT_KEY_RETRANS, [](auto &i, auto &) { return i.retrans; } },
	{ SCRIPT_KEY_PIPE, [](auto &i, auto &) { return i.pipe_bytes; } },
	{ SCRIPT_KEY_REO_WND, [](auto &i, auto &) { return static_cast<int64_t>(i.reo_wnd_ns); } },
	{ SCRIPT_KEY_REORDERING, [](auto &i, auto &) { return i.reordering_seen; } },
	{ SCRIPT_KEY_REORD_SEEN,
	  [](auto &i, auto &) { return static_cast<int64_t>(i.reord_seen); } },
	{ SCRIPT_KEY_REORDERING_SEGS,
	  [](auto &i, auto &) { return static_cast<int64_t>(i.reordering); } },
	{ SCRIPT_KEY_TIMEOUTS, [](auto &i, auto &) { return static_cast<int64_t>(i.timeouts); } },
	{ SCRIPT_KEY_RECOVERIES,
	  [](auto &i, auto &) { return static_cast<int64_t>(i.recoveries); } },
	{ SCRIPT_KEY_CWND_VALIDATED,
	  [](auto &i, auto &) { return static_cast<int64_t>(i.cwnd_validated); } },
	{ SCRIPT_KEY_PIPE_ACK,
	  [](auto &i, auto &) { return static_cast<int64_t>(i.pipe_ack_bytes); } },
	{ SCRIPT_KEY_RECEIVED_CE,
	  [](auto &i, auto &) { return static_cast<int64_t>(i.received_ce); } },
	{ SCRIPT_KEY_OOO_SEGS, [](auto &i, auto &) { return static_cast<int64_t>(i.ooo_segs); } },
	{ SCRIPT_KEY_MTU_PROBES,
	  [](auto &i, auto &) { return static_cast<int64_t>(i.mtu_probes); } },
	{ SCRIPT_KEY_DSACKS, [](auto &i, auto &) { return static_cast<int64_t>(i.dsacks); } },
	{ SCRIPT_KEY_DELIVERED, [](auto &i, auto &) { return static_cast<int64_t>(i.delivered); } },
	{ SCRIPT_KEY_DELIVERED_CE,
	  [](auto &i, auto &) { return static_cast<int64_t>(i.delivered_ce); } },
	{ SCRIPT_KEY_UNDONE, [](auto &i, auto &) { return i.undone; } },
	{ SCRIPT_KEY_DELIVERY_RATE,
	  [](auto &i, auto &) { return static_cast<int64_t>(i.delivery_rate); } },
	{ SCRIPT_KEY_APP_LIMITED, [](auto &i, auto &) { return i.delivery_rate_app_limited; } },
	{ SCRIPT_KEY_PACING_RATE,
	  [](auto &i, auto &) { return static_cast<int64_t>(i.pacing_rate); } },
};

const std::map<script_key, std::function<std::string(const struct pln_tcp_info &)>> words = {
	{ SCRIPT_KEY_STATE, [](auto &i) { return std::string(pln_tcp_state_name(i.state)); } },
	{ SCRIPT_KEY_ERROR, [](auto &i) { return errno_text(i.error); } },
	{ SCRIPT_KEY_SOFT_ERROR, [](auto &i) { return errno_text(i.soft_error); } },
	{ SCRIPT_KEY_CA_STATE,
	  [](auto &i) {
		  static const char *const names[] = { "open", "disorder", "recovery", "loss" };

		  return std::string(names[i.ca_state]);
	  } },
};

} // namespace

/* By its handle, else by its ends in the dump: half-open connections and those given back have none. */
std::string
Runner::state_of(const Flow &f)
{
	struct pln_tcp_info info {
	};
	char text[8192];
	std::string ends = address_text(f.local) + ":" + std::to_string(f.local_port) + " " +
	                   address_text(f.remote) + ":" + std::to_string(f.remote_port) + " ";

	info.size = sizeof(info);
	if (f.handle != 0 && !f.closed && pln_tcp_info(world().stack(), f.handle, &info) == 0)
		return pln_tcp_state_name(info.state);
	pln_tcp_dump(world().stack(), text, sizeof(text));
	std::istringstream lines(text);

	for (std::string line; std::getline(lines, line);)
		if (line.compare(0, ends.size(), ends) == 0)
			return line.substr(ends.size(), line.find(' ', ends.size()) - ends.size());
	return "gone";
}

void
Runner::state(const script_record &r)
{
	std::string wanted = word(r, SCRIPT_KEY_NAME, ""), is;

	world().turn();
	is = state_of(flow_of(r));
	if (is != wanted)
		broken("the state is " + is);
}

void
Runner::info(const script_record &r)
{
	Flow &f = flow_of(r);
	struct pln_tcp_info info {
	};
	std::string wrong;

	world().turn();
	info.size = sizeof(info);
	if (pln_tcp_info(world().stack(), f.handle, &info) < 0)
		broken("there is no such connection");
	for (uint32_t i = 0; i < r.count; i++) {
		const script_field &wanted = script_->fields[r.first + i];
		auto number = numbers.find(wanted.key);
		auto text = words.find(wanted.key);

		if (number != numbers.end()) {
			int64_t is = number->second(info, f);

			if (wanted.count == 0 || !script_item_matches(&wanted.items[0], is))
				wrong += std::string(" ") + script_key_word(wanted.key) + "=" +
				         std::to_string(is);
		} else if (text != words.end() && text->second(info) != wanted.text) {
			wrong += std::string(" ") + script_key_word(wanted.key) + "=" +
			         text->second(info);
		}
	}
	if (!wrong.empty())
		broken("it is" + wrong);
}

void
Runner::event(const script_record &r)
{
	Flow &f = flow_of(r);
	uint32_t wanted = mask_of(word(r, SCRIPT_KEY_NAME, ""), event_names);
	Happened is;

	world().turn();
	is = world().events[f.handle];
	world().events.erase(f.handle);
	if (is.bits != wanted)
		broken("happened: " + mask_text(is.bits, event_names));
	if (find(r, SCRIPT_KEY_ERROR) != nullptr &&
	    errno_text(is.error) != word(r, SCRIPT_KEY_ERROR, ""))
		broken("the error is " + errno_text(is.error));
}

void
Runner::ready(const script_record &r)
{
	uint32_t wanted = mask_of(word(r, SCRIPT_KEY_NAME, ""), ready_names);
	int is;

	world().turn();
	is = pln_tcp_readiness(world().stack(), flow_of(r).handle);
	if (is < 0 || static_cast<uint32_t>(is) != wanted)
		broken("ready: " + (is < 0 ? errno_text(is)
		                           : mask_text(static_cast<uint32_t>(is), ready_names)));
}

void
Runner::counter(const script_record &r)
{
	std::string name = word(r, SCRIPT_KEY_NAME, "");
	uint64_t is = 0;

	world().turn();
	if (pln_stats_counter(world().stack(), name.c_str(), &is) < 0)
		broken("no counter is called " + name);
	if (std::to_string(is) != word(r, SCRIPT_KEY_VALUE, ""))
		broken(name + " is " + std::to_string(is));
}

void
Runner::conns(const script_record &r)
{
	world().turn();
	uint32_t is = pln_tcp_conn_count(world().stack());

	if (is != number(r, SCRIPT_KEY_LEN, -1))
		broken("there are " + std::to_string(is));
}

void
Runner::neighbor_is(const script_record &r)
{
	static const char *const names[] = { "none",  "incomplete", "reachable", "stale",
		                             "probe", "failed",     "static" };
	int64_t a = number(r, SCRIPT_KEY_ADDR, 0), mac = 0;
	pln_addr addr = pln_addr_ip4(static_cast<uint8_t>(a >> 24), static_cast<uint8_t>(a >> 16),
	                             static_cast<uint8_t>(a >> 8), static_cast<uint8_t>(a));
	pln_neigh_info info{};

	world().turn();
	info.size = sizeof(info);
	if (pln_stack_neigh_get(world().stack(), &addr, &info) < 0)
		info.state = PLN_NEIGH_NONE;
	if (word(r, SCRIPT_KEY_STATE, "") != names[info.state])
		broken(std::string("the neighbour is ") + names[info.state]);
	for (uint8_t byte : info.mac.bytes)
		mac = mac << 8 | byte;
	if (find(r, SCRIPT_KEY_MAC) != nullptr && mac != number(r, SCRIPT_KEY_MAC, 0))
		broken("its MAC is " + mac_text(mac));
	if (find(r, SCRIPT_KEY_REQUESTS) != nullptr &&
	    info.requests != number(r, SCRIPT_KEY_REQUESTS, 0))
		broken("it was asked " + std::to_string(info.requests) + " times");
}

void
Runner::address_is(const script_record &r)
{
	static const char *const names[] = { "none", "probing", "usable", "conflict" };
	int64_t a = number(r, SCRIPT_KEY_ADDR, 0);
	pln_addr addr = pln_addr_ip4(static_cast<uint8_t>(a >> 24), static_cast<uint8_t>(a >> 16),
	                             static_cast<uint8_t>(a >> 8), static_cast<uint8_t>(a));
	pln_addr_info info{};

	world().turn();
	info.size = sizeof(info);
	if (pln_stack_addr_state(world().stack(), &addr, &info) < 0)
		info.state = PLN_ADDR_NONE;
	if (word(r, SCRIPT_KEY_STATE, "") != names[info.state])
		broken(std::string("the address is ") + names[info.state]);
}

void
Runner::pong(const script_record &r)
{
	static const char *const kinds[] = { "none", "reply", "error", "unresolved" };
	std::string wanted = word(r, SCRIPT_KEY_NAME, ""), kind;
	pln_icmp_event e{};

	world().turn();
	kind = kinds[pln_icmp_events(world().stack(), &e, 1) == 0 ? 0 : e.kind];
	if (kind != wanted)
		broken("came: " + kind);
	const std::map<script_key, int64_t> values = {
		{ SCRIPT_KEY_FROM, static_cast<int64_t>(e.from.bytes[0]) << 24 |
		                           e.from.bytes[1] << 16 | e.from.bytes[2] << 8 |
		                           e.from.bytes[3] },
		{ SCRIPT_KEY_ID, e.id },
		{ SCRIPT_KEY_SEQ, e.seq },
		{ SCRIPT_KEY_LEN, e.len },
		{ SCRIPT_KEY_TTL, e.ttl },
		{ SCRIPT_KEY_TYPE, e.type },
		{ SCRIPT_KEY_CODE, e.code },
	};

	for (const auto &[key, is] : values)
		if (find(r, key) != nullptr && number(r, key, -1) != is)
			broken(std::string(script_key_word(key)) + " is " + std::to_string(is));
}

} // namespace script_run
