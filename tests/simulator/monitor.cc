/* SPDX-License-Identifier: BSD-3-Clause */
#include "simulator/monitor.h"

#include <algorithm>

namespace simulator
{

void
Ranges::add(uint64_t left, uint64_t right)
{
	if (left >= right)
		return;
	/* Mostly it joins the last one, or the only one. */
	size_t i = ranges_.size();
	while (i > 0 && ranges_[i - 1].right >= left)
		i--;
	size_t first = i;
	while (i < ranges_.size() && ranges_[i].left <= right) {
		left = std::min(left, ranges_[i].left);
		right = std::max(right, ranges_[i].right);
		i++;
	}
	if (i > first) {
		ranges_[first] = { left, right };
		ranges_.erase(ranges_.begin() + static_cast<ptrdiff_t>(first) + 1,
		              ranges_.begin() + static_cast<ptrdiff_t>(i));
		return;
	}
	ranges_.insert(ranges_.begin() + static_cast<ptrdiff_t>(first), { left, right });
}

bool
Ranges::covers(uint64_t left, uint64_t right) const
{
	return std::any_of(ranges_.begin(), ranges_.end(),
	                   [&](const Range &r) { return r.left <= left && right <= r.right; });
}

Monitor::Monitor(uint32_t client, uint32_t server, uint16_t client_port, uint16_t server_port)
    : addr_{ client, server }, port_{ client_port, server_port }
{
}

bool
Monitor::is_of(const Segment &seg) const
{
	return (seg.sport == port_[0] && seg.dport == port_[1] && seg.src == addr_[0] &&
	        seg.dst == addr_[1]) ||
	       (seg.sport == port_[1] && seg.dport == port_[0] && seg.src == addr_[1] &&
	        seg.dst == addr_[0]);
}

void
Monitor::expect(int side, uint64_t bytes)
{
	half_[side].total = bytes;
}

void
Monitor::expect_that(bool holds, const char *what, const Segment &seg)
{
	if (holds || !broken.empty())
		return;
	Frame frame;
	frame.seg = seg;
	broken = "on the wire it is not so: " + std::string(what) + ": " + text_of(frame);
}

/* The number `seq` of 32 bits that is nearest to `near`. */
uint64_t
Monitor::place(const Half &half, uint32_t seq, uint64_t near)
{
	auto off = static_cast<int32_t>(seq - half.iss - static_cast<uint32_t>(near));

	return near + static_cast<uint64_t>(static_cast<int64_t>(off));
}

/* A SYN with another number begins anew: a port used again, or a cookie made later. */
void
Monitor::begin(Half &half, const Segment &seg)
{
	if (half.begun && half.iss == seg.seq)
		return;
	/* A SYN that was late woke a listener after all was over: what is said of two connections cannot be told apart. */
	if (half.sent > 1) {
		over_ = true;
		return;
	}
	uint64_t total = half.total, offered = half.offered;
	bool heard = half.heard;

	half = Half();
	half.total = total;
	if (seg.has(TCP_ACK)) {
		half.offered = offered;
		half.heard = heard;
	}
	half.begun = true;
	half.iss = seg.seq;
	half.offers_wscale = seg.has_wscale;
	half.wscale = seg.wscale;
}

/* RFC 7323 §2.2-2.3: the window in a SYN is never scaled, and scaling takes two. */
uint64_t
Monitor::edge_of(const Half &from, const Half &to, const Segment &seg) const
{
	unsigned int shift = !seg.has(TCP_SYN) && from.offers_wscale && to.offers_wscale
	                             ? std::min<unsigned int>(from.wscale, 14)
	                             : 0;

	return place(to, seg.ack, to.sent) + (static_cast<uint64_t>(seg.wnd) << shift);
}

void
Monitor::look_at_data(Half &half, Segment &seg)
{
	uint64_t from = place(half, seg.seq, half.sent), to = from + seg.span();
	uint64_t data_end = to - (seg.has(TCP_FIN) ? 1 : 0);

	if (seg.span() == 0)
		return;
	expect_that(from <= half.sent || device_drops, "data is sent without a gap", seg);
	expect_that(data_end <= half.fin, "nothing is behind a FIN", seg);
	/* A probe of a closed window is one byte (RFC 9293 §3.8.6.1); before an offer only Fast Open sends (RFC 7413 §4.2). */
	if (half.heard && !seg.has(TCP_SYN))
		expect_that(data_end <= half.offered ||
		                    (seg.len == 1 && data_end == half.offered + 1),
		            "no byte is sent outside of the window", seg);
	if (seg.has(TCP_FIN)) {
		expect_that(half.fin == UINT64_MAX || half.fin == data_end, "a FIN has one place",
		            seg);
		half.fin = data_end;
	}
	seg.again = to <= half.sent;
	seg.first_again = seg.again && from >= half.repeated;
	seg.last = data_end >= 1 && data_end - 1 >= half.total;
	if (from < half.sent)
		half.repeated = std::max(half.repeated, std::min(to, half.sent));
	half.sent = std::max(half.sent, to);
}

void
Monitor::look_at_sacks(const Half &peer, const Segment &seg)
{
	for (int i = 0; i < seg.sacks; i++) {
		uint64_t left = place(peer, seg.sack[i].left, peer.sent);
		uint64_t right = place(peer, seg.sack[i].right, peer.sent);

		expect_that(left < right && peer.arrived.covers(left, right),
		            "what a SACK block names was received", seg);
	}
}

void
Monitor::look_at_window(Half &half, const Half &peer, const Segment &seg)
{
	uint64_t edge = edge_of(half, peer, seg);
	/* A scaled window cannot name each byte (RFC 7323 §2.3). */
	uint64_t grain =
		half.offers_wscale && peer.offers_wscale ? uint64_t{ 1 } << half.wscale : 1;

	expect_that(edge + grain > half.said, "an offered window is not taken back", seg);
	half.said = std::max(half.said, edge);
}

void
Monitor::look_at_ack(Half &half, const Half &peer, const Segment &seg)
{
	if (!seg.has(TCP_ACK) || seg.has(TCP_RST))
		return;
	expect_that(place(peer, seg.ack, peer.sent) <= peer.arrived.whole(),
	            "what is acknowledged was received", seg);
	look_at_sacks(peer, seg);
	look_at_window(half, peer, seg);
}

void
Monitor::sent(Segment &seg)
{
	int side = seg.src == addr_[0] && seg.sport == port_[0] ? 0 : 1;
	Half &half = half_[side], &peer = half_[1 - side];

	if (seg.has(TCP_SYN))
		begin(half, seg);
	if (over_ || !half.begun || seg.has(TCP_RST))
		return;
	look_at_data(half, seg);
	if (peer.begun)
		look_at_ack(half, peer, seg);
}

void
Monitor::delivered(const Segment &seg)
{
	int side = seg.src == addr_[0] && seg.sport == port_[0] ? 0 : 1;
	Half &half = half_[side], &peer = half_[1 - side];

	if (!half.begun || seg.has(TCP_RST))
		return;
	uint64_t from = place(half, seg.seq, half.sent);
	half.arrived.add(from, from + seg.span());
	if (!seg.has(TCP_ACK) || !peer.begun)
		return;
	peer.offered = std::max(peer.offered, edge_of(half, peer, seg));
	peer.heard = true;
}

} // namespace simulator
