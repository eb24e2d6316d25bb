/* SPDX-License-Identifier: BSD-3-Clause */
#include "peer.h"

#include <algorithm>

#include <pollen/stats.h>

namespace peer
{

namespace
{

support::HostOptions
host_options(std::vector<std::pair<std::string, std::string>> options, uint16_t mtu,
             uint32_t capabilities)
{
	support::HostOptions o;

	o.options = std::move(options);
	o.mtu = mtu;
	o.capabilities = capabilities;
	o.trace_records = 256;
	return o;
}

} // namespace

PeerTest::PeerTest(std::vector<std::pair<std::string, std::string>> options, uint16_t mtu,
                   uint32_t capabilities)
    : host(host_options(std::move(options), mtu, capabilities), "10.0.0.1", 1, PLN_NS_PER_S)
{
	pln_mac mac = support::mac(9);

	EXPECT_EQ(pln_stack_neigh_set(stack(), &addr, &mac), 0);
	run();
	while (host.collect())
		;
}

void
PeerTest::run()
{
	pln_stack_run(stack(), now);
}

void
PeerTest::advance(uint64_t ns)
{
	now += ns;
	run();
}

void
PeerTest::pass(uint64_t ns)
{
	uint64_t end = now + ns;

	while (now < end) {
		now = std::clamp(pln_stack_next(stack()), now + 1, end);
		run();
	}
}

void
PeerTest::send(const Out &out)
{
	inject(out);
	run();
}

void
PeerTest::icmp_error(uint8_t type, uint8_t code, uint32_t seq, uint16_t mtu)
{
	Frame quoted, error;
	support::Ip4 ip;
	support::Tcp tcp;
	support::Icmp icmp;
	Bytes bytes;

	ip.src = host.addr;
	ip.dst = addr;
	ip.proto = support::PROTO_TCP;
	tcp.sport = port;
	tcp.dport = remote_port;
	tcp.seq = iss + seq;
	quoted.ip = ip;
	quoted.ip->total_len = 1500; /* more than is quoted */
	quoted.tcp = tcp;
	ip.src = support::ip4("10.0.0.254");
	ip.dst = host.addr;
	ip.proto = support::PROTO_ICMP;
	icmp.type = type;
	icmp.code = code;
	icmp.seq = mtu;
	error.dst = host.mac;
	error.src = support::mac(9);
	error.ip = ip;
	error.icmp = icmp;
	error.payload = quoted.ip_bytes();
	bytes = error.bytes();
	ASSERT_EQ(pln_memlink_inject(host.link(), bytes.data(), bytes.size(), 0), 0);
	run();
}

void
PeerTest::inject(const Out &out)
{
	ASSERT_EQ(try_inject(out), 0);
}

int
PeerTest::try_inject(const Out &out)
{
	Frame f;
	support::Ip4 ip;
	support::Tcp tcp;
	Bytes bytes;

	f.dst = host.mac;
	f.src = support::mac(9);
	ip.src = addr;
	ip.dst = host.addr;
	ip.proto = support::PROTO_TCP;
	tcp.sport = remote_port;
	tcp.dport = port;
	tcp.seq = irs + out.seq;
	tcp.ack = (out.flags & ACK) != 0 ? iss + out.ack : 0;
	tcp.flags = out.flags;
	tcp.wnd = out.wnd;
	tcp.up = out.up;
	tcp.options = out.options;
	f.ip = ip;
	f.tcp = tcp;
	for (size_t i = 0; i < out.len; i++)
		f.payload.push_back(static_cast<uint8_t>(out.seq + i));
	bytes = f.bytes();
	return pln_memlink_inject(host.link(), bytes.data(), bytes.size(), 0);
}

std::optional<In>
PeerTest::take()
{
	for (;;) {
		std::optional<Frame> f = host.collect();

		if (!f)
			return std::nullopt;
		if (!f->tcp)
			continue;
		EXPECT_TRUE(f->tcp->cksum_good && f->ip->cksum_good) << f->text();
		if ((f->tcp->flags & SYN) != 0 && !iss_known_) {
			iss = f->tcp->seq;
			iss_known_ = true;
			port = f->tcp->sport;
		}
		return In{ f->tcp->flags,
			   f->tcp->seq - iss,
			   (f->tcp->flags & ACK) != 0 ? f->tcp->ack - irs : 0,
			   f->payload.size(),
			   f->tcp->wnd,
			   *f };
	}
}

In
PeerTest::expect(uint8_t flags, uint32_t seq, uint32_t ack, size_t len)
{
	std::optional<In> in = take();

	if (!in) {
		ADD_FAILURE() << "nothing was sent\n" << host.dump();
		return In{};
	}
	EXPECT_EQ(in->flags & ~PSH, flags & ~PSH) << in->frame.text();
	EXPECT_EQ(in->seq, seq) << in->frame.text();
	EXPECT_EQ(in->ack, ack) << in->frame.text();
	EXPECT_EQ(in->len, len) << in->frame.text();
	return *in;
}

void
PeerTest::expect_nothing()
{
	std::optional<In> in = take();

	EXPECT_FALSE(in) << in->frame.text();
}

uint64_t
PeerTest::open()
{
	pln_tcp_open_args args{};
	uint64_t conn = 0;

	args.size = sizeof(args);
	args.remote = { addr, remote_port };
	iss_known_ = false;
	EXPECT_EQ(pln_tcp_open(stack(), &args, &conn), 0);
	run();
	return conn;
}

uint64_t
PeerTest::connect(const Out &syn_ack)
{
	uint64_t conn = open();

	expect(SYN, 0, 0);
	send(syn_ack);
	expect(ACK, 1, 1);
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
	return conn;
}

uint64_t
PeerTest::listen(uint32_t backlog)
{
	pln_tcp_listen_args args{};

	args.size = sizeof(args);
	args.local.port = 7;
	args.backlog = backlog;
	EXPECT_EQ(pln_tcp_listen(stack(), &args, &listener), 0);
	port = 7;
	remote_port = 40000;
	iss_known_ = false;
	return listener;
}

uint64_t
PeerTest::accept(const Out &syn)
{
	uint64_t conn = 0;

	if (listener == 0)
		listen();
	send(syn);
	expect(SYN | ACK, 0, 1);
	send({});
	EXPECT_EQ(pln_tcp_accept(stack(), listener, nullptr, &conn), 0);
	EXPECT_EQ(state(conn), PLN_TCP_ESTABLISHED);
	return conn;
}

pln_tcp_state
PeerTest::state(uint64_t conn)
{
	return host.info(conn).state;
}

ssize_t
PeerTest::write(uint64_t conn, size_t len, int flags)
{
	Bytes bytes(len);
	ssize_t n;

	for (size_t i = 0; i < len; i++)
		bytes[i] = static_cast<uint8_t>(i);
	n = pln_tcp_send(stack(), conn, bytes.data(), len, flags);
	run();
	return n;
}

unsigned int
PeerTest::drain()
{
	unsigned int n = 0;

	while (take())
		n++;
	return n;
}

Bytes
PeerTest::read(uint64_t conn, size_t len)
{
	Bytes bytes(len);
	ssize_t n = pln_tcp_receive(stack(), conn, bytes.data(), len, 0);

	bytes.resize(n > 0 ? static_cast<size_t>(n) : 0);
	run();
	return bytes;
}

uint32_t
PeerTest::event_bits(uint64_t conn)
{
	uint32_t bits = 0;

	for (const pln_event &ev : events())
		bits |= ev.conn == conn ? ev.bits : 0;
	return bits;
}

void
PeerTest::fresh_iss()
{
	iss_known_ = false;
}

std::vector<pln_event>
PeerTest::events()
{
	std::vector<pln_event> ev(64);

	ev.resize(pln_stack_events(stack(), ev.data(), 64));
	return ev;
}

uint64_t
PeerTest::counter(const char *name)
{
	return host.counter(name);
}

} // namespace peer
