/* SPDX-License-Identifier: BSD-3-Clause */
#include "support/invariants.h"

namespace support
{

namespace
{

/* a <= b in sequence space (RFC 9293 §3.4). */
bool
in_order(uint32_t a, uint32_t b)
{
	return static_cast<int32_t>(b - a) >= 0;
}

constexpr uint32_t
bit(pln_tcp_state state)
{
	return 1U << state;
}

/* Where RFC 9293 Figure 5 leads in one or more steps; CLOSED is behind every state. */
uint32_t
states_behind(pln_tcp_state from)
{
	constexpr uint32_t END = bit(PLN_TCP_CLOSED);
	constexpr uint32_t WAIT = END | bit(PLN_TCP_TIME_WAIT);
	constexpr uint32_t FIN_2 = WAIT | bit(PLN_TCP_FIN_WAIT_2) | bit(PLN_TCP_CLOSING);
	constexpr uint32_t PASSIVE = END | bit(PLN_TCP_LAST_ACK) | bit(PLN_TCP_CLOSE_WAIT);
	constexpr uint32_t OPEN = FIN_2 | PASSIVE | bit(PLN_TCP_FIN_WAIT_1);

	switch (from) {
	case PLN_TCP_STATE_COUNT:
	case PLN_TCP_CLOSED:
		return 0;
	case PLN_TCP_LISTEN:
	case PLN_TCP_SYN_SENT:
	case PLN_TCP_SYN_RECEIVED:
		return OPEN | bit(PLN_TCP_ESTABLISHED) | bit(PLN_TCP_SYN_RECEIVED) |
		       bit(PLN_TCP_SYN_SENT);
	case PLN_TCP_ESTABLISHED:
		return OPEN;
	case PLN_TCP_FIN_WAIT_1:
		return FIN_2;
	case PLN_TCP_FIN_WAIT_2:
	case PLN_TCP_CLOSING:
		return WAIT;
	case PLN_TCP_CLOSE_WAIT:
		return END | bit(PLN_TCP_LAST_ACK);
	case PLN_TCP_LAST_ACK:
	case PLN_TCP_TIME_WAIT:
		return END;
	}
	return 0;
}

} // namespace

Invariants::Invariants(const Host &host, uint64_t conn) : host_(host), conn_(conn)
{
}

void
Invariants::expect(bool holds, const char *what)
{
	if (!holds && broken.empty())
		broken = "not so: " + std::string(what) + " (look " + std::to_string(looks_) +
		         ", " + pln_tcp_state_name(before_.state) + " -> " +
		         pln_tcp_state_name(now_.state) + ")";
}

void
Invariants::look_at_order()
{
	expect(in_order(now_.snd_una, now_.snd_nxt), "SND.UNA is not behind SND.NXT");
	expect(in_order(now_.iss, now_.snd_una), "SND.UNA is not before ISS");
	expect(now_.sacked + now_.lost <= now_.unacked,
	       "no more segments are marked than are in flight");
	expect(now_.ooo_bytes == 0 || now_.rcv_wnd > 0, "out-of-order bytes lie inside the window");
}

void
Invariants::look_at_progress()
{
	expect(now_.state == before_.state || (states_behind(before_.state) & bit(now_.state)) != 0,
	       "the state moves along the arcs of Figure 5");
	expect(in_order(before_.snd_una, now_.snd_una), "SND.UNA never goes back");
	expect(in_order(before_.rcv_nxt, now_.rcv_nxt), "RCV.NXT never goes back");
	expect(in_order(before_.rcv_nxt + before_.rcv_wnd, now_.rcv_nxt + now_.rcv_wnd),
	       "the offered window's right edge never moves left");
	expect(now_.bytes_sent >= before_.bytes_sent &&
	               now_.bytes_received >= before_.bytes_received &&
	               now_.segs_in >= before_.segs_in && now_.segs_out >= before_.segs_out,
	       "what is counted never becomes less");
}

void
Invariants::look_at_bounds()
{
	expect(now_.cwnd_bytes >= 1, "the congestion window is never empty");
	expect(now_.snd_mss > 0 && now_.snd_mss <= now_.pmtu, "a segment fits its path");
	expect(now_.rto_ns > 0 && now_.rto_ns <= 120 * PLN_NS_PER_S,
	       "the RTO stays within its bounds");
	expect(now_.inq_bytes + now_.ooo_bytes <= now_.rcv_space + 65535,
	       "no more is held than was offered");
	expect(now_.bytes_acked <= now_.bytes_sent, "no byte is acknowledged that was not sent");
}

void
Invariants::look()
{
	now_.size = sizeof(now_);
	if (pln_tcp_info(host_.stack(), conn_, &now_) != 0 || now_.state == PLN_TCP_CLOSED ||
	    now_.state == PLN_TCP_TIME_WAIT)
		return;
	looks_++;
	look_at_order();
	look_at_bounds();
	if (looks_ > 1)
		look_at_progress();
	before_ = now_;
}

} // namespace support
