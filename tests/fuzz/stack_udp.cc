/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UDP sockets for the fuzz target `stack`: calls, datagrams near those that somebody waits for, and what must hold: what is received is
 * what was sent to that port, no queue exceeds its bounds, a socket can always say what it is at.
 */
#include <cstring>

#include <pollen/udp.h>

#include "fuzz/stack_frames.h"
#include "wire/udp_hdr.h"

namespace fuzz
{

using support::Frame;

constexpr uint16_t first_port = 4000; /* sockets and peers have one of eight */
constexpr unsigned int max_sockets = 6;

static pln_endpoint
endpoint(const Rig &rig, Input &in, bool is_ours)
{
	unsigned int how = in.u8();
	pln_endpoint e{};

	e.port = static_cast<uint16_t>(first_port + how % 8);
	switch (how >> 3 & 7U) {
	case 0: /* any of ours, or the peer of the socket */
		break;
	case 1:
		e.addr = pln_addr_ip4(10, 0, 0, 255);
		break;
	case 2:
		e.addr = pln_addr_ip4(192, 0, 2, in.u8());
		break;
	case 3:
		e.addr = pln_addr_ip4(224, 0, 0, in.u8());
		break;
	case 4:
		e.port = 0;
		break;
	default:
		e.addr = is_ours ? rig.our_addr : rig.peer_addr;
	}
	return e;
}

void
datagram(Rig &rig, Input &in)
{
	Frame frame;
	unsigned int how = in.u8();
	auto sport = static_cast<uint16_t>(first_port + in.u8() % 8);
	pln_udp_hdr hdr{};

	frame.dst = rig.our_mac;
	frame.src = rig.peer_mac;
	frame.ip.emplace();
	frame.ip->src = (how & 1U) != 0 ? pln_addr_ip4(10, 0, 0, in.u8()) : rig.peer_addr;
	frame.ip->dst = (how & 6U) == 6 ? pln_addr_ip4(10, 0, 0, 255) : rig.our_addr;
	frame.ip->proto = support::PROTO_UDP;
	frame.payload.resize(PLN_UDP_HDR_LEN + in.u8() * 5U);
	hdr.src_port = sport;
	hdr.dst_port = static_cast<uint16_t>(first_port + in.u8() % 8);
	hdr.len = static_cast<uint16_t>(frame.payload.size());
	if ((how & 8U) != 0)
		hdr.len = in.u16();
	for (size_t i = PLN_UDP_HDR_LEN; i < frame.payload.size(); i++)
		frame.payload[i] = byte_in(static_cast<uint32_t>(sport + i - PLN_UDP_HDR_LEN));
	pln_udp_hdr_emit(frame.payload.data(), &hdr); /* RFC 768: no checksum was made */
	if ((how & 0x30U) == 0x30)
		pln_bytes_put16(&frame.payload[PLN_UDP_HDR_CKSUM_OFF], in.u16());
	rig.inject(frame.bytes());
}

static void
send(Rig &rig, Input &in, uint64_t sock)
{
	pln_udp_out out{};
	Bytes bytes(in.u8() * (in.flag() ? 300U : 7U));

	for (size_t i = 0; i < bytes.size(); i++)
		bytes[i] = byte_out(i);
	out.size = sizeof(out);
	out.data = bytes.data();
	out.len = bytes.size();
	if (in.flag())
		out.to = endpoint(rig, in, false);
	ssize_t n = pln_udp_send(rig.stack, sock, &out);
	FUZZ_CHECK(n < 0 || n == static_cast<ssize_t>(bytes.size()));
}

static void
receive(Rig &rig, Input &in, uint64_t sock)
{
	Bytes room(in.u8() * 6U);
	pln_udp_in got{};

	got.size = sizeof(got);
	got.buf = room.data();
	got.room = room.size();
	got.flags = in.flag() ? PLN_UDP_PEEK : 0;
	ssize_t n = pln_udp_receive(rig.stack, sock, &got);
	if (n < 0)
		return;
	FUZZ_CHECK(static_cast<size_t>(n) == std::min(got.len, room.size()));
	FUZZ_CHECK(got.len <= PLN_UDP_PAYLOAD_MAX && got.from.addr.family == PLN_FAMILY_IP4);
	for (ssize_t i = 0; i < n && !rig.is_tainted; i++)
		FUZZ_CHECK(room[static_cast<size_t>(i)] ==
		           byte_in(got.from.port + static_cast<uint32_t>(i)));
}

static void
views(Rig &rig, uint64_t sock)
{
	pln_udp_view view[4];
	pln_udp_in got{};
	size_t total = 0;

	got.size = sizeof(got);
	int n = pln_udp_receive_views(rig.stack, sock, &got, view, 4);
	for (int i = 0; i < n; i++)
		total += view[i].len;
	FUZZ_CHECK(n < 0 || total <= got.len);
	FUZZ_CHECK((n >= 0) == (pln_udp_consume(rig.stack, sock) == 0));
}

static void
set_option(Rig &rig, Input &in, uint64_t sock)
{
	static const int64_t values[] = { -1, 0, 1, 2, 64, 255, 4096, INT64_MAX };
	auto opt = static_cast<pln_udp_opt>(in.u8() % (PLN_UDP_OPT_REUSEADDR + 2));
	int64_t value = values[in.u8() % 8], back = 0;

	if (pln_udp_opt_set(rig.stack, sock, opt, value) == 0)
		FUZZ_CHECK(pln_udp_opt_get(rig.stack, sock, opt, &back) == 0 && back == value);
}

static void
take_errors(Rig &rig, uint64_t sock)
{
	pln_udp_error errors[10];
	int n = pln_udp_errors(rig.stack, sock, errors, 10);

	FUZZ_CHECK(n >= 0 && n <= 8);
	for (int i = 0; i < n; i++)
		FUZZ_CHECK(errors[i].error < 0);
	FUZZ_CHECK(pln_udp_error_take(rig.stack, sock) <= 0);
	FUZZ_CHECK((pln_udp_readiness(rig.stack, sock) & PLN_UDP_READY_ERR) == 0);
}

static void
check_socket(const Rig &rig, uint64_t sock)
{
	struct pln_udp_info info {
	};

	info.size = sizeof(info);
	FUZZ_CHECK(pln_udp_info(rig.stack, sock, &info) == 0);
	FUZZ_CHECK((info.queued == 0) == (info.queued_bytes == 0));
	FUZZ_CHECK(info.soft_error <= 0);
	int ready = pln_udp_readiness(rig.stack, sock);
	FUZZ_CHECK(ready >= 0 && ((ready & PLN_UDP_READY_IN) != 0) == (info.queued > 0));
}

void
udp_call(Rig &rig, Input &in)
{
	unsigned int what = in.u8() % 10;
	uint64_t sock = 0;

	if (rig.socks.size() < max_sockets && (what == 0 || rig.socks.empty())) {
		FUZZ_CHECK(pln_udp_open(rig.stack, nullptr, &sock) == 0);
		rig.socks.push_back(sock);
		pln_endpoint local = endpoint(rig, in, true);
		(void)pln_udp_bind(rig.stack, sock, &local);
		return;
	}
	size_t which = in.u8() % rig.socks.size();
	pln_endpoint remote{};
	sock = rig.socks[which];
	switch (what) {
	case 1:
	case 2:
		send(rig, in, sock);
		break;
	case 3:
	case 4:
		receive(rig, in, sock);
		break;
	case 5:
		views(rig, sock);
		break;
	case 6:
		remote = endpoint(rig, in, false);
		(void)pln_udp_connect(rig.stack, sock, &remote);
		break;
	case 7:
		set_option(rig, in, sock);
		break;
	case 8:
		take_errors(rig, sock);
		break;
	default:
		FUZZ_CHECK(pln_udp_close(rig.stack, sock) == 0);
		FUZZ_CHECK(pln_udp_close(rig.stack, sock) == -EBADF);
		rig.socks.erase(rig.socks.begin() + static_cast<long>(which));
	}
	rig.settle();
	FUZZ_CHECK(pln_udp_count(rig.stack) == rig.socks.size());
	for (uint64_t s : rig.socks)
		check_socket(rig, s);
}

} // namespace fuzz
