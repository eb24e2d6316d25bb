/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A whole stack: an input is a line of steps, each a frame, a call of the program or a step of the clock. Frames are made with right
 * checksums and, for most, with numbers near those the stack is waiting for, so that inputs get deep: through handshakes, data,
 * closes, time-outs. What must hold after each step is in stack_rig.cc; an invariant more is that the input ends: all windows,
 * retries and queues are bounded.
 */
#include "dev/eal.h"
#include "fuzz/stack_frames.h"

namespace
{

using fuzz::Flow;
using fuzz::Input;
using fuzz::Rig;

constexpr unsigned int max_steps = 200;
constexpr uint64_t max_clock_ns = UINT64_C(2000) * PLN_NS_PER_S;

void
open_conn(Rig &rig, Input &in)
{
	const Flow &flow = rig.flows[2 + in.u8() % 2];
	pln_tcp_open_args args{};
	uint64_t conn = 0;

	args.size = sizeof(args);
	args.remote = { rig.peer_addr, flow.peer_port };
	args.local.port = flow.our_port;
	if (pln_tcp_open(rig.stack, &args, &conn) == 0)
		rig.add(conn);
}

void
set_option(Rig &rig, Input &in, uint64_t conn)
{
	static const int64_t values[] = { -1, 0, 1, 2, 10, 536, 4096, 65535, 1 << 20, INT64_MAX };
	auto opt = static_cast<pln_tcp_opt>(1 + in.u8() % 19);
	int64_t value = values[in.u8() % 10], back = 0;

	if (pln_tcp_opt_set(rig.stack, conn, opt, value) == 0)
		FUZZ_CHECK(pln_tcp_opt_get(rig.stack, conn, opt, &back) == 0);
}

void
set_stack_option(Rig &rig, Input &in)
{
	static const char *const values[] = { "0", "1", "2", "10", "100", "1000", "65536", "off" };
	bool is_supported = false;
	const char *name = pln_stack_opt_name(in.u8() % 64, &is_supported);
	const char *value = values[in.u8() % 8];
	char buf[64];

	if (name == nullptr || !is_supported)
		return;
	(void)pln_stack_opt_set(rig.stack, name, value);
	FUZZ_CHECK(pln_stack_opt_get(rig.stack, name, buf, sizeof(buf)) == 0);
}

void
end_conn(Rig &rig, Input &in, uint64_t conn)
{
	int ret = in.flag() ? pln_tcp_close(rig.stack, conn) : pln_tcp_abort(rig.stack, conn);

	FUZZ_CHECK(ret == 0);
	rig.forget(conn);
}

void
ping(Rig &rig, Input &in)
{
	fuzz::Bytes payload(in.u16() % 4000);
	pln_icmp_echo_args args{};

	args.size = sizeof(args);
	args.dst = in.flag() ? rig.peer_addr : pln_addr_ip4(192, 0, 2, in.u8());
	args.data = payload.data();
	args.len = static_cast<uint16_t>(payload.size());
	(void)pln_icmp_echo(rig.stack, &args);
}

void
send_arp(Rig &rig, Input &in)
{
	unsigned int how = in.u8();
	pln_arp_args args{};

	args.size = sizeof(args);
	args.sender = (how & 1U) != 0 ? rig.our_addr : pln_addr{};
	args.target = (how & 2U) != 0 ? rig.peer_addr : pln_addr_ip4(10, 0, 0, in.u8());
	args.target_mac = (how & 4U) != 0 ? rig.peer_mac : pln_mac{};
	args.to = (how & 8U) != 0 ? rig.peer_mac : pln_mac{};
	args.is_reply = (how & 16U) != 0;
	(void)pln_arp_send(rig.stack, &args);
}

/* Calls that concern no connection. */
void
stack_call(Rig &rig, Input &in)
{
	pln_neigh_info info{};

	info.size = sizeof(info);
	switch (in.u8() % 9) {
	case 0:
		ping(rig, in);
		break;
	case 1:
		set_stack_option(rig, in);
		break;
	case 2:
		rig.mtu = std::max<uint16_t>(rig.mtu, 1500);
		(void)pln_stack_mtu_set(rig.stack, static_cast<uint16_t>(68 + in.u8() * 5));
		break;
	case 3:
		(void)pln_stack_neigh_del(rig.stack, &rig.peer_addr);
		break;
	case 4:
		(void)pln_stack_neigh_probe(rig.stack, &rig.peer_addr);
		break;
	case 5:
		(void)pln_stack_neigh_get(rig.stack, &rig.peer_addr, &info);
		break;
	case 6:
		send_arp(rig, in);
		break;
	case 7:
		pln_arp_listen(rig.stack, in.flag());
		break;
	default:
		rig.is_blocked = !rig.is_blocked;
		pln_memlink_block_tx(rig.link, rig.is_blocked);
	}
	rig.settle();
}

void
call(Rig &rig, Input &in)
{
	unsigned int what = in.u8() % 12;
	uint64_t conn = rig.conn(in.u8());
	size_t len = in.u8() * 16U;

	if (what == 0 || conn == 0) {
		open_conn(rig, in);
		rig.settle();
		return;
	}
	switch (what) {
	case 1:
	case 2:
		rig.send(conn, len, in.u8() % 8 & (PLN_TCP_MORE | PLN_TCP_URGENT));
		break;
	case 3:
		rig.send_ref(conn, len + 1);
		break;
	case 4:
		rig.receive(conn, len, in.flag() ? PLN_TCP_PEEK : 0);
		break;
	case 5:
		rig.receive_views(conn, len);
		break;
	case 6:
		rig.apps[conn].is_blind = true;
		(void)pln_tcp_shutdown(rig.stack, conn, static_cast<pln_tcp_how>(in.u8() % 3));
		break;
	case 7:
	case 8:
		(void)pln_tcp_shutdown(rig.stack, conn, PLN_TCP_SHUT_WR);
		break;
	case 9:
		end_conn(rig, in, conn);
		break;
	case 10:
		set_option(rig, in, conn);
		break;
	default:
		FUZZ_CHECK(pln_tcp_error_take(rig.stack, conn) <= 0);
	}
	rig.settle();
}

void
step(Rig &rig, Input &in)
{
	switch (in.u8() % 16) {
	case 0:
	case 1:
	case 2:
		fuzz::any_segment(rig, in);
		break;
	case 3:
	case 4:
		fuzz::honest_segment(rig, in);
		break;
	case 5:
		fuzz::lagging_acks(rig, in);
		break;
	case 6:
		fuzz::icmp_error(rig, in);
		break;
	case 7:
		fuzz::arp(rig, in);
		break;
	case 8:
		fuzz::raw(rig, in);
		break;
	case 9:
		fuzz::fragments(rig, in);
		break;
	case 10:
	case 11:
	case 12:
		call(rig, in);
		break;
	case 13:
		stack_call(rig, in);
		break;
	case 14:
		if (in.flag())
			fuzz::datagram(rig, in);
		else
			fuzz::udp_call(rig, in);
		break;
	default:
		rig.advance(PLN_NS_PER_US << in.u8() % 28);
	}
}

} // namespace

int
LLVMFuzzerInitialize(int *, char ***)
{
	FUZZ_CHECK(pln_eal_ensure() == 0);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input in(data, size);
	unsigned int how = in.u8();
	fuzz::RigConfig config{};

	config.capabilities =
		in.u8() & (PLN_LINK_TX_TCP_CKSUM | PLN_LINK_TX_IP4_CKSUM | PLN_LINK_TX_MULTI_SEGS |
	                   PLN_LINK_TX_TSO | PLN_LINK_TX_UDP_CKSUM);
	if ((config.capabilities & PLN_LINK_TX_TSO) != 0) /* who cuts segments sums them, too */
		config.capabilities |= PLN_LINK_TX_TCP_CKSUM;
	config.mtu = (how & 1U) != 0 ? 576 : 1500;
	config.knows_peer = (how & 2U) == 0;
	config.is_pool_small = (how & 12U) == 12;
	config.seed = 1 + (how >> 4);
	Rig rig(config);
	for (unsigned int i = 0;
	     i < max_steps && !in.empty() && rig.now < 1000 * PLN_NS_PER_S + max_clock_ns; i++)
		step(rig, in);
	return 0;
}
