/* SPDX-License-Identifier: BSD-3-Clause */
/* Scenarios as tables and as worlds. What a seed draws is decided in draw.cc. */
#include "simulator/scenario.h"

#include <algorithm>
#include <exception>

namespace simulator
{

namespace
{

constexpr const char *names[SETTINGS] = {
#define X(name, value) #name,
#include "simulator/settings.def"
#undef X
};

constexpr uint64_t defaults[SETTINGS] = {
#define X(name, value) value,
#include "simulator/settings.def"
#undef X
};

constexpr uint64_t PATIENCE_NS = 48 * 3600 * PLN_NS_PER_S;
constexpr uint32_t CKSUM = PLN_LINK_TX_TCP_CKSUM | PLN_LINK_TX_IP4_CKSUM;
constexpr uint32_t devices[] = { 0, PLN_LINK_TX_MULTI_SEGS, CKSUM,
	                         CKSUM | PLN_LINK_TX_MULTI_SEGS | PLN_LINK_TX_TSO };
constexpr const char *algorithms[] = { "cubic", "newreno", "bbr", "dctcp" };

/* Settings of one direction follow each other; of an option, the client's and the server's do. */
constexpr unsigned int DIRECTION = down_kbps - up_kbps;
constexpr unsigned int FIRST_OPTION = c_cc;

uint64_t
ms(uint64_t value)
{
	return value * PLN_NS_PER_MS;
}

/* A moment, counted from the start; 0 stays 0. */
uint64_t
moment(uint64_t value)
{
	return value == 0 ? 0 : WORLD_START + ms(value);
}

LinkConfig
line(const Scenario &s, unsigned int d)
{
	LinkConfig c;

	c.rate_bps = s[up_kbps + d] * 1000;
	c.queue_bytes = s[up_queue_bytes + d];
	c.queue_pkts = s[up_queue_pkts + d];
	c.delay_ns = s[up_delay_us + d] * 1000;
	c.jitter_ns = s[up_jitter_us + d] * 1000;
	c.loss = s[up_loss + d];
	c.burst_enter = s[up_burst_enter + d];
	c.burst_leave = s[up_burst_leave + d];
	c.burst_loss = s[up_burst_loss + d];
	c.ack_loss = s[up_ack_loss + d];
	c.reorder = s[up_reorder + d];
	c.reorder_ns = s[up_reorder_us + d] * 1000;
	c.duplicate = s[up_duplicate + d];
	c.corrupt = s[up_corrupt + d];
	c.mark = s[up_mark + d];
	c.mark_bytes = s[up_mark_bytes + d];
	c.cut_at = moment(s[up_cut_at_ms + d]);
	c.cut_ns = ms(s[up_cut_ms + d]);
	c.step_at = moment(s[up_step_at_ms + d]);
	c.step_delay_ns = s[up_step_delay_us + d] * 1000;
	c.step_rate_bps = s[up_step_kbps + d] * 1000;
	c.mtu = static_cast<uint16_t>(s[up_mtu + d]);
	c.mtu_at = moment(s[up_mtu_at_ms + d]);
	c.mtu_told = s[up_mtu_silent + d] == 0;
	c.drop_syns = s[up_drop_syns + d];
	c.drop_lasts = s[up_drop_lasts + d];
	c.drop_again = s[up_drop_again + d];
	c.drop_first_again = s[up_drop_first_again + d];
	return c;
}

/* Options that the stack does not know, or not with this value, are left out. */
void
set_options(pln_stack *stack, const Scenario &s, bool server)
{
	for (unsigned int i = FIRST_OPTION; i < SETTINGS; i += 2) {
		uint64_t value = s[i + (server ? 1 : 0)];
		std::string text = i == c_cc ? algorithms[value % 4] : std::to_string(value);
		if (i == c_pmtud && value == 2)
			text = "probe";
		if (value != UNSET)
			pln_stack_opt_set(stack, names[i] + 2, text.c_str());
	}
}

/* May the network part two ends for good? A path that swallows what is too long does, where nobody probes it; and to open a connection
 * to whom ARP does not find fails. */
bool
may_part(const Scenario &s, unsigned int d)
{
	return (s[up_mtu + d] != 0 && s[up_mtu_silent + d] != 0) ||
	       (s[arp] != 0 && s[up_cut_ms + d] != 0);
}

int
add_host(World &world, const Scenario &s, bool server, uint64_t number)
{
	support::HostOptions options;

	options.mtu = static_cast<uint16_t>(s[server ? s_mtu : c_mtu]);
	options.capabilities = devices[s[server ? s_device : c_device] % 4];
	options.seed = mix(s.seed + number) | 1;
	options.max_conns = 32;
	options.trace_records = world.witness != nullptr ? 4096 : 0;
	/* The network may be silent for long: who opens stays patient, and who is left alone asks. */
	options.options = { { "syn_retries", "200" },
		            { "synack_retries", "200" },
		            { "retries2", "200" },
		            { "keepalive_idle_ms", "20000" },
		            { "keepalive_interval_ms", "10000" },
		            { "time_wait_ms", "10000" } };
	/* With a path that may part them, who waits for the other must ask whether it is there, and may give up. */
	if (may_part(s, 0) || may_part(s, DIRECTION)) {
		options.options.emplace_back("keepalive", "1");
		options.options.emplace_back("retries2", "15");
	}
	int index = world.add_host(options);
	set_options(world.host(index).stack(), s, server);
	return index;
}

void
build_network(World &world, const Scenario &s)
{
	int all = static_cast<int>(s[clients] + s[servers]);
	Link &up = world.add_link("up", line(s, 0)),
	     &down = world.add_link("down", line(s, DIRECTION));
	std::vector<Link *> access[2];

	for (int i = 0; i < all; i++)
		add_host(world, s, i >= static_cast<int>(s[clients]), static_cast<uint64_t>(i));
	if (s[arp] == 0)
		world.introduce();
	for (int client = 0; client < static_cast<int>(s[clients]); client++) {
		std::vector<Link *> there = { &up }, back = { &down };
		if (s[access_us] != 0) {
			LinkConfig own;
			own.delay_ns = s[access_us] * 1000 * static_cast<uint64_t>(client);
			std::string name = "access" + std::to_string(client);
			there.insert(there.begin(), &world.add_link(name + "-up", own));
			back.push_back(&world.add_link(name + "-down", own));
		}
		for (int server = static_cast<int>(s[clients]); server < all; server++) {
			world.connect(client, server, there);
			world.connect(server, client, back);
		}
	}
}

void
add_flows(World &world, const Scenario &s)
{
	for (uint64_t i = 0; i < s[flows]; i++) {
		FlowPlan plan;
		plan.client = static_cast<int>(i % s[clients]);
		plan.server = static_cast<int>(s[clients] + i % s[servers]);
		plan.start = WORLD_START + ms(s[stagger_ms]) * i;
		/* Each question and each answer is of the same length. */
		uint64_t count = std::max<uint64_t>(s[requests], 1);
		plan.bytes[0] = s[c_bytes] / s[flows] / count * count;
		plan.bytes[1] = s[s_bytes] / s[flows] / count * count;
		plan.requests = static_cast<unsigned int>(s[requests]);
		plan.half_close = s[half_close] != 0;
		plan.think_ns = ms(s[think_ms]);
		plan.chunk = std::max<uint64_t>(s[chunk], 1);
		plan.sip_ns = s[sip_us] * 1000;
		plan.sip_bytes = s[sip_bytes];
		plan.sips = s[sips];
		plan.abort = static_cast<Giver>(s[abort_by] % 3);
		plan.abort_at = moment(s[abort_at_ms]);
		/* Whose handshake was a cookie and whose first segment is lost is reset by the second: decision 0039. */
		plan.may_fail = may_part(s, 0) || may_part(s, DIRECTION) || s[s_syncookies] == 2;
		plan.asks_arp = s[arp] != 0;
		plan.device_drops = s[c_block_ms] >= 1000 || s[s_block_ms] >= 1000;
		plan.by_reference = s[by_reference] != 0;
		plan.views = s[views] != 0;
		world.add_flow(plan);
	}
}

void
add_troubles(World &world, const Scenario &s)
{
	if (s[c_block_ms] != 0)
		world.block_tx(0, moment(s[c_block_at_ms]), ms(s[c_block_ms]));
	if (s[s_block_ms] != 0)
		world.block_tx(static_cast<int>(s[clients]), moment(s[s_block_at_ms]),
		               ms(s[s_block_ms]));
	if (s[pool_ms] != 0)
		world.drain_pool(moment(s[pool_at_ms]), ms(s[pool_ms]),
		                 static_cast<unsigned int>(s[pool_left]));
}

} // namespace

const char *
setting_name(unsigned int setting)
{
	return names[setting];
}

uint64_t
setting_default(unsigned int setting)
{
	return defaults[setting];
}

unsigned int
setting_by_name(std::string_view name)
{
	return static_cast<unsigned int>(std::find(names, names + SETTINGS, name) - names);
}

std::vector<unsigned int>
Scenario::changed() const
{
	std::vector<unsigned int> out;

	for (unsigned int i = 0; i < SETTINGS; i++) {
		if (values[i] != defaults[i])
			out.push_back(i);
	}
	return out;
}

std::string
Scenario::text() const
{
	std::string out;

	for (unsigned int i : changed()) {
		out += out.empty() ? "" : " ";
		out += names[i];
		out += '=' + std::to_string(values[i]);
	}
	return out;
}

Scenario
plain_scenario(uint64_t seed)
{
	Scenario s;

	s.seed = seed;
	std::copy_n(defaults, SETTINGS, s.values.begin());
	return s;
}

Outcome
run(const Scenario &scenario, Witness *witness)
{
	Outcome out;

	try {
		World world(scenario.seed);
		world.witness = witness;
		build_network(world, scenario);
		add_flows(world, scenario);
		add_troubles(world, scenario);
		out.trouble = world.run(PATIENCE_NS);
		if (!out.trouble.empty())
			out.trouble += '\n' + world.dump();
		out.counts = world.counts;
		out.virtual_ns = world.now() - WORLD_START;
		for (const Flow &flow : world.flows) {
			out.moved += flow.moved();
			out.told += (flow.ends[0].error != 0 ? 1U : 0U) +
			            (flow.ends[1].error != 0 ? 1U : 0U);
		}
	} catch (const std::exception &error) {
		out.trouble = error.what();
	}
	return out;
}

} // namespace simulator
