/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a seed means. The impairments come from a list, most scenarios have two to four of them; what moves is 256 KiB or more in the
 * median. Each concern has random numbers of its own, so that one that is added changes no other.
 */
#include <algorithm>
#include <iterator>

#include "simulator/scenario.h"

namespace simulator
{

namespace
{

constexpr unsigned int DIRECTION = down_kbps - up_kbps;
constexpr uint64_t KIB = 1024;

/* Where an impairment strikes: one direction, or both. */
class Directions
{
      public:
	explicit Directions(Rng &rng) : which_(rng.pick(0, 3))
	{
	}

	template <typename F>
	void
	each(F what) const
	{
		if (which_ != 1)
			what(0U);
		if (which_ != 0)
			what(DIRECTION);
	}

      private:
	uint64_t which_; /* 0: up, 1: down, else both */
};

void
loss(Scenario &s, Rng &r)
{
	uint64_t parts = r.pick_log(500, 100000);

	Directions(r).each([&](unsigned int d) { s[up_loss + d] = parts; });
}

void
bursts(Scenario &s, Rng &r)
{
	uint64_t enter = r.pick_log(500, 20000), leave = r.pick(200000, 600000);
	uint64_t lost = r.pick(200000, 900000);

	Directions(r).each([&](unsigned int d) {
		s[up_burst_enter + d] = enter;
		s[up_burst_leave + d] = leave;
		s[up_burst_loss + d] = lost;
	});
}

void
reordering(Scenario &s, Rng &r)
{
	uint64_t parts = r.pick_log(1000, 300000), us = r.pick_log(20, 100000);

	Directions(r).each([&](unsigned int d) {
		s[up_reorder + d] = parts;
		s[up_reorder_us + d] = us;
	});
}

void
duplication(Scenario &s, Rng &r)
{
	uint64_t parts = r.pick_log(1000, 300000);

	Directions(r).each([&](unsigned int d) { s[up_duplicate + d] = parts; });
}

void
corruption(Scenario &s, Rng &r)
{
	uint64_t parts = r.pick_log(500, 50000);

	Directions(r).each([&](unsigned int d) { s[up_corrupt + d] = parts; });
}

void
jitter(Scenario &s, Rng &r)
{
	uint64_t us = r.pick_log(10, 50000);

	Directions(r).each([&](unsigned int d) { s[up_jitter_us + d] = us; });
}

void
bottleneck(Scenario &s, Rng &r)
{
	uint64_t kbps = r.pick_log(500, 200000);
	bool by_bytes = r.percent(50);
	uint64_t ms = r.pick_log(2, 300); /* that the queue holds, four frames at least */
	uint64_t bytes = std::max<uint64_t>(kbps * ms / 8, 4 * std::max(s[c_mtu], s[s_mtu]));

	Directions(r).each([&](unsigned int d) {
		s[up_kbps + d] = kbps;
		s[(by_bytes ? up_queue_bytes : up_queue_pkts) + d] =
			by_bytes ? bytes : std::max<uint64_t>(bytes / 1500, 4);
	});
}

void
lost_acks(Scenario &s, Rng &r)
{
	s[up_ack_loss + (r.percent(50) ? DIRECTION : 0)] = r.pick(10000, 500000);
}

void
black_hole(Scenario &s, Rng &r)
{
	uint64_t at = r.pick(1, 3000), length = r.pick_log(50, 60000);

	Directions(r).each([&](unsigned int d) {
		s[up_cut_at_ms + d] = at;
		s[up_cut_ms + d] = length;
	});
}

void
path_change(Scenario &s, Rng &r)
{
	uint64_t at = r.pick(1, 3000), us = r.pick_log(10, 300000);
	uint64_t kbps = r.percent(50) ? r.pick_log(500, 100000) : 0;

	Directions(r).each([&](unsigned int d) {
		s[up_step_at_ms + d] = at;
		s[up_step_delay_us + d] = us;
		s[up_step_kbps + d] = kbps;
	});
}

void
mtu_change(Scenario &s, Rng &r)
{
	uint64_t at = r.percent(40) ? 0 : r.pick(1, 2000), mtu = r.pick(576, 1499);
	bool silent = r.percent(25);

	Directions(r).each([&](unsigned int d) {
		s[up_mtu_at_ms + d] = at;
		s[up_mtu + d] = mtu;
		s[up_mtu_silent + d] = silent ? 1 : 0;
	});
}

void
marks(Scenario &s, Rng &r)
{
	uint64_t parts = r.percent(50) ? r.pick_log(1000, 200000) : 0;
	uint64_t bytes = r.pick_log(3000, 100000);

	s[c_ecn] = 1;
	s[s_ecn] = r.pick(0, 2);
	if (parts == 0 && s[up_kbps] == 0 && s[down_kbps] == 0)
		bottleneck(s, r);
	Directions(r).each([&](unsigned int d) {
		s[up_mark + d] = parts;
		s[up_mark_bytes + d] = parts == 0 ? bytes : 0;
	});
}

void
lost_syns(Scenario &s, Rng &r)
{
	s[up_drop_syns] = r.percent(70) ? r.pick(1, 7) : 0;
	s[down_drop_syns] = r.percent(60) ? r.pick(1, 7) : 0;
}

void
lost_tail(Scenario &s, Rng &r)
{
	Directions(r).each([&](unsigned int d) { s[up_drop_lasts + d] = r.pick(1, 4); });
}

void
lost_repetitions(Scenario &s, Rng &r)
{
	bool first = r.percent(50);

	if (s[up_loss] == 0 && s[down_loss] == 0)
		loss(s, r);
	Directions(r).each([&](unsigned int d) {
		s[(first ? up_drop_first_again : up_drop_again) + d] = r.pick_log(1, 30);
	});
}

void
full_ring(Scenario &s, Rng &r)
{
	bool server = r.percent(50);

	s[server ? s_block_at_ms : c_block_at_ms] = r.pick(1, 1000);
	s[server ? s_block_ms : c_block_ms] = r.pick_log(1, 3000);
}

void
empty_pool(Scenario &s, Rng &r)
{
	s[pool_at_ms] = r.pick(1, 1000);
	s[pool_ms] = r.pick_log(1, 3000);
	s[pool_left] = r.percent(50) ? 0 : r.pick(1, 100);
}

using Draw = void (*)(Scenario &, Rng &);

/* Those that are most of what networks do stand here more than once. */
constexpr Draw impairment[] = { loss,       loss,        bottleneck, bottleneck, reordering,
	                        bursts,     duplication, corruption, jitter,     lost_acks,
	                        black_hole, path_change, mtu_change, marks,      lost_repetitions,
	                        lost_tail,  lost_syns,   full_ring,  empty_pool };

void
impair(Scenario &s, Rng &r)
{
	/* Of a hundred, so many have none, one, two, … */
	static constexpr uint64_t up_to[] = { 3, 13, 40, 65, 82, 92, 97, 100 };
	uint64_t dice = r.pick(0, 99);
	auto count = static_cast<size_t>(
		std::upper_bound(std::begin(up_to), std::end(up_to), dice) - std::begin(up_to));

	for (size_t i = 0; i < count; i++)
		impairment[r.pick(0, std::size(impairment) - 1)](s, r);
}

void
distance(Scenario &s, Rng &r)
{
	uint64_t us = r.percent(30) ? r.pick(0, 200) : r.pick_log(200, 150000);

	s[up_delay_us] = us;
	s[down_delay_us] = r.percent(80) ? us : r.pick_log(10, 100000);
}

void
amounts(Scenario &s, Rng &r)
{
	uint64_t dice = r.pick(0, 99), total;

	if (dice < 20)
		total = r.pick(1, 128 * KIB);
	else if (dice < 80)
		total = r.pick(256 * KIB, 512 * KIB);
	else if (dice < 97)
		total = r.pick(512 * KIB, 1024 * KIB);
	else
		total = r.pick(1024 * KIB, 4096 * KIB);
	uint64_t share = r.percent(40) ? 100 : r.percent(30) ? 0 : r.pick(1, 99);
	s[c_bytes] = total * share / 100;
	s[s_bytes] = total - s[c_bytes];
}

void
programs(Scenario &s, Rng &r)
{
	if (r.percent(30)) {
		s[requests] = r.pick_log(2, 60);
		if (r.percent(40))
			s[think_ms] = r.pick_log(1, 3000);
	} else {
		s[half_close] = r.percent(25) ? 1 : 0;
	}
	s[chunk] = r.percent(40) ? 65536 : r.pick_log(100, 65536);
	if (r.percent(12)) {
		s[sip_us] = r.pick_log(100, 200000);
		s[sip_bytes] = r.pick_log(100, 30000);
		s[sips] = r.pick(5, 100);
	}
	if (r.percent(8)) {
		s[abort_by] = r.pick(1, 2);
		s[abort_at_ms] = r.pick_log(1, 5000);
		s[c_keepalive] = s[s_keepalive] = 1;
	}
	if (r.percent(25)) {
		s[by_reference] = 1;
		s[chunk] = std::max<uint64_t>(s[chunk], 4096);
	}
	s[views] = r.percent(25) ? 1 : 0;
}

void
population(Scenario &s, Rng &r)
{
	s[arp] = r.percent(20) ? 1 : 0;
	if (!r.percent(35))
		return;
	s[flows] = r.pick(2, 6);
	s[clients] = r.pick(1, std::min<uint64_t>(s[flows], 4));
	s[servers] = r.pick(1, 2);
	s[stagger_ms] = r.percent(50) ? 0 : r.pick_log(1, 500);
	s[access_us] = r.percent(50) ? 0 : r.pick_log(10, 30000);
}

void
hosts(Scenario &s, Rng &r)
{
	for (unsigned int side = 0; side < 2; side++) {
		s[c_mtu + side] = r.percent(70) ? 1500 : r.percent(50) ? 9000 : r.pick(576, 9000);
		s[c_device + side] = r.pick(0, 3);
	}
}

void
maybe(Scenario &s, Rng &r, unsigned int setting, uint64_t percent, uint64_t value)
{
	for (unsigned int side = 0; side < 2; side++) {
		if (r.percent(percent))
			s[setting + side] = value;
	}
}

/* What RFCs say both ends may do without, one another's way to do it, and sizes. */
void
options(Scenario &s, Rng &r)
{
	maybe(s, r, c_sack, 15, 0);
	maybe(s, r, c_dsack, 15, 0);
	maybe(s, r, c_timestamps, 25, 0);
	maybe(s, r, c_wscale, 10, 0);
	maybe(s, r, c_nagle, 30, 0);
	maybe(s, r, c_ecn, 20, 1);
	maybe(s, r, c_init_cwnd, 15, r.pick(1, 40));
	maybe(s, r, c_delack_ms, 20, r.pick(0, 200));
	maybe(s, r, c_delack_segs, 10, r.pick(1, 4));
	maybe(s, r, c_quickack_segs, 20, r.pick(0, 30));
	maybe(s, r, c_slow_start_after_idle, 20, 0);
	maybe(s, r, c_rto_min_ms, 25, r.pick_log(5, 1000));
	maybe(s, r, c_rcvbuf, 20, r.pick_log(4000, 4000000));
	maybe(s, r, c_sndbuf, 20, r.pick_log(4000, 4000000));
	maybe(s, r, c_pmtud, 10, 0);
}

void
algorithms(Scenario &s, Rng &r)
{
	for (unsigned int side = 0; side < 2; side++)
		s[c_cc + side] = r.percent(40) ? UNSET : r.pick(0, 3);
	maybe(s, r, c_rack, 20, 0);
	maybe(s, r, c_tlp, 20, 0);
	maybe(s, r, c_prr, 20, 0);
	maybe(s, r, c_pacing, 30, 1);
	maybe(s, r, c_frto, 20, 0);
	maybe(s, r, c_hystart, 20, 0);
	maybe(s, r, c_autotune, 20, 0);
	maybe(s, r, c_pmtud, 15, 2);
	maybe(s, r, c_syncookies, 15, r.pick(1, 2));
	maybe(s, r, c_fastopen, 15, 1);
}

} // namespace

Scenario
draw(uint64_t seed)
{
	/* Impairments come last: some depend on what the hosts are like. */
	static constexpr Draw concerns[] = { distance, amounts,    programs, population,
		                             hosts,    algorithms, options,  impair };
	Scenario s = plain_scenario(seed);
	uint64_t stream = 100;

	for (Draw concern : concerns) {
		Rng r(seed, stream++);
		concern(s, r);
	}
	return s;
}

unsigned int
impairments(const Scenario &s)
{
	static constexpr unsigned int each[] = {
		up_kbps,       up_loss,       up_burst_enter, up_ack_loss,
		up_reorder,    up_duplicate,  up_corrupt,     up_mark,
		up_mark_bytes, up_cut_ms,     up_step_at_ms,  up_mtu,
		up_drop_syns,  up_drop_lasts, up_drop_again,  up_drop_first_again,
		up_jitter_us
	};
	unsigned int n = 0;

	for (unsigned int i : each)
		n += s[i] != 0 || s[i + DIRECTION] != 0 ? 1 : 0;
	return n + (s[c_block_ms] != 0 || s[s_block_ms] != 0 ? 1 : 0) + (s[pool_ms] != 0 ? 1 : 0);
}

} // namespace simulator
