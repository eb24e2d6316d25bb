/* SPDX-License-Identifier: BSD-3-Clause */
/* Socket options by the system's names: before there is a connection, on one, and inherited from a listener. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <gtest/gtest.h>
#include <pollen/socket.h>

#include "support/two_hosts.h"

namespace
{

using namespace support;

class SockOpt : public ::testing::Test
{
      protected:
	SockOpt()
	{
		EXPECT_EQ(pln_sock_table_create(w_.a.stack(), 8, &a_), 0);
		EXPECT_EQ(pln_sock_table_create(w_.b.stack(), 8, &b_), 0);
		client_ = pln_sock_socket(a_, AF_INET, SOCK_STREAM, 0);
		listener_ = pln_sock_socket(b_, AF_INET, SOCK_STREAM, 0);
	}

	~SockOpt() override
	{
		pln_sock_table_destroy(a_);
		pln_sock_table_destroy(b_);
	}

	void
	connect()
	{
		pln_endpoint local = { {}, 80 }, remote = { w_.b.addr, 80 };

		ASSERT_EQ(pln_sock_bind(b_, listener_, &local), 0);
		ASSERT_EQ(pln_sock_listen(b_, listener_, 5), 0);
		ASSERT_EQ(pln_sock_connect(a_, client_, &remote), -EINPROGRESS);
		w_.run_for(PLN_NS_PER_MS);
		server_ = pln_sock_accept(b_, listener_, nullptr);
		ASSERT_GE(server_, 0);
	}

	static int
	set(pln_socks *socks, int s, int level, int name, int value)
	{
		pln_sock_opt opt = { level, name, &value, sizeof(value) };

		return pln_sock_setsockopt(socks, s, &opt);
	}

	static int
	get(pln_socks *socks, int s, int level, int name)
	{
		int value = 0;
		pln_sock_opt opt = { level, name, &value, sizeof(value) };
		int ret = pln_sock_getsockopt(socks, s, &opt);

		EXPECT_TRUE(ret != 0 || opt.len == sizeof(value));
		return ret != 0 ? ret : value;
	}

	TwoHosts w_;
	pln_socks *a_ = nullptr, *b_ = nullptr;
	int client_, listener_, server_ = -1;
};

struct IntOption {
	int level, name, value;
};

/* But for TCP_DEFER_ACCEPT, which delays what a listener accepts, and TCP_MAXSEG, which is for before the SYN. */
constexpr IntOption ints[] = {
	{ SOL_SOCKET, SO_SNDBUF, 30000 },   { SOL_SOCKET, SO_RCVBUF, 40000 },
	{ SOL_SOCKET, SO_KEEPALIVE, 1 },    { IPPROTO_IP, IP_TOS, 0x10 },
	{ IPPROTO_IP, IP_TTL, 33 },         { IPPROTO_IP, IP_MTU_DISCOVER, 0 },
	{ IPPROTO_TCP, TCP_NODELAY, 1 },    { IPPROTO_TCP, TCP_CORK, 1 },
	{ IPPROTO_TCP, TCP_KEEPIDLE, 100 }, { IPPROTO_TCP, TCP_KEEPINTVL, 10 },
	{ IPPROTO_TCP, TCP_KEEPCNT, 3 },    { IPPROTO_TCP, TCP_USER_TIMEOUT, 5000 },
	{ IPPROTO_TCP, TCP_SYNCNT, 2 },     { IPPROTO_TCP, TCP_QUICKACK, 1 },
};

TEST_F(SockOpt, SetBeforeTheConnectionHoldOnIt)
{
	for (const IntOption &o : ints) {
		ASSERT_EQ(set(a_, client_, o.level, o.name, o.value), 0)
			<< o.level << ' ' << o.name;
		EXPECT_EQ(get(a_, client_, o.level, o.name), o.value) << o.level << ' ' << o.name;
	}
	ASSERT_EQ(set(a_, client_, SOL_SOCKET, SO_REUSEADDR, 1), 0);
	connect();
	for (const IntOption &o : ints)
		EXPECT_EQ(get(a_, client_, o.level, o.name), o.value) << o.level << ' ' << o.name;
	EXPECT_EQ(get(a_, client_, SOL_SOCKET, SO_REUSEADDR), 1);
}

TEST_F(SockOpt, SetOnTheConnectionHoldAtOnce)
{
	connect();
	for (const IntOption &o : ints) {
		ASSERT_EQ(set(a_, client_, o.level, o.name, o.value), 0)
			<< o.level << ' ' << o.name;
		EXPECT_EQ(get(a_, client_, o.level, o.name), o.value) << o.level << ' ' << o.name;
	}
}

TEST_F(SockOpt, OfAListenerGoToWhatItAccepts)
{
	for (const IntOption &o : ints)
		ASSERT_EQ(set(b_, listener_, o.level, o.name, o.value), 0)
			<< o.level << ' ' << o.name;
	connect();
	for (const IntOption &o : ints)
		EXPECT_EQ(get(b_, server_, o.level, o.name), o.value) << o.level << ' ' << o.name;
}

TEST_F(SockOpt, DeferAcceptHoldsAConnectionBackUntilThereIsData)
{
	ASSERT_EQ(set(b_, listener_, IPPROTO_TCP, TCP_DEFER_ACCEPT, 3), 0);
	EXPECT_EQ(get(b_, listener_, IPPROTO_TCP, TCP_DEFER_ACCEPT), 3);
	pln_endpoint local = { {}, 80 }, remote = { w_.b.addr, 80 };
	ASSERT_EQ(pln_sock_bind(b_, listener_, &local), 0);
	ASSERT_EQ(pln_sock_listen(b_, listener_, 5), 0);
	ASSERT_EQ(pln_sock_connect(a_, client_, &remote), -EINPROGRESS);
	w_.run_for(100 * PLN_NS_PER_MS);
	EXPECT_EQ(pln_sock_accept(b_, listener_, nullptr), -EAGAIN);
	ASSERT_EQ(pln_sock_send(a_, client_, "x", 1, 0), 1);
	w_.run_for(100 * PLN_NS_PER_MS);
	EXPECT_GE(pln_sock_accept(b_, listener_, nullptr), 0);
}

TEST_F(SockOpt, DefaultsAreTheStacks)
{
	ASSERT_EQ(pln_stack_opt_set(w_.a.stack(), "keepalive_idle_ms", "60000"), 0);
	ASSERT_EQ(pln_stack_opt_set(w_.a.stack(), "sndbuf", "70000"), 0);
	EXPECT_EQ(get(a_, client_, IPPROTO_TCP, TCP_KEEPIDLE), 60);
	EXPECT_EQ(get(a_, client_, SOL_SOCKET, SO_SNDBUF), 70000);
	EXPECT_EQ(get(a_, client_, IPPROTO_IP, IP_TTL), 64);
	EXPECT_EQ(get(a_, client_, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_WANT);
	connect();
	EXPECT_EQ(get(a_, client_, IPPROTO_TCP, TCP_KEEPIDLE), 60);
	EXPECT_EQ(get(a_, client_, IPPROTO_IP, IP_TTL), 64);
}

TEST_F(SockOpt, MaxsegBoundsWhatThePeerSendsAndIsTooLateAfterwards)
{
	ASSERT_EQ(set(a_, client_, IPPROTO_TCP, TCP_MAXSEG, 700), 0);
	EXPECT_EQ(get(a_, client_, IPPROTO_TCP, TCP_MAXSEG), 700);
	connect();
	EXPECT_EQ(set(a_, client_, IPPROTO_TCP, TCP_MAXSEG, 600), -EISCONN);
	EXPECT_LE(get(b_, server_, IPPROTO_TCP, TCP_MAXSEG), 700);
	EXPECT_GT(get(b_, server_, IPPROTO_TCP, TCP_MAXSEG), 600);
}

TEST_F(SockOpt, RangesAreLinuxs)
{
	struct {
		int level, name, value, expected;
	} cases[] = {
		{ IPPROTO_IP, IP_TTL, 0, -EINVAL },
		{ IPPROTO_IP, IP_TTL, 256, -EINVAL },
		{ IPPROTO_IP, IP_TOS, 256, -EINVAL },
		{ IPPROTO_TCP, TCP_MAXSEG, 87, -EINVAL },
		{ IPPROTO_TCP, TCP_KEEPIDLE, 0, -EINVAL },
		{ IPPROTO_TCP, TCP_KEEPIDLE, 32768, -EINVAL },
		{ IPPROTO_TCP, TCP_KEEPCNT, 128, -EINVAL },
		{ IPPROTO_TCP, TCP_SYNCNT, 0, -EINVAL },
		{ IPPROTO_IP, IP_MTU_DISCOVER, 9, -EINVAL },
		{ IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE, -EOPNOTSUPP },
		{ IPPROTO_TCP, TCP_FASTOPEN, 65536, -EINVAL },
		{ SOL_SOCKET, SO_BROADCAST, 1, -ENOPROTOOPT },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, -1, -EINVAL },
		{ 12345, 1, 1, -ENOPROTOOPT },
	};

	for (auto &c : cases)
		EXPECT_EQ(set(a_, client_, c.level, c.name, c.value), c.expected)
			<< c.level << ' ' << c.name;
	EXPECT_EQ(set(a_, client_, SOL_SOCKET, SO_SNDBUF, 1), 0) << "raised to the least";
	EXPECT_EQ(get(a_, client_, SOL_SOCKET, SO_SNDBUF), 2048);
	EXPECT_EQ(set(a_, client_, IPPROTO_TCP, TCP_NODELAY, 77), 0);
	EXPECT_EQ(get(a_, client_, IPPROTO_TCP, TCP_NODELAY), 1);
	EXPECT_EQ(get(a_, client_, IPPROTO_TCP, TCP_FASTOPEN), 0);
	EXPECT_EQ(get(a_, client_, SOL_SOCKET, SO_BROADCAST), -ENOPROTOOPT);
	EXPECT_EQ(set(a_, 7, IPPROTO_IP, IP_TTL, 1), -EBADF);
}

TEST_F(SockOpt, ShortValuesAreRefused)
{
	char byte = 1;
	pln_sock_opt opt = { IPPROTO_IP, IP_TTL, &byte, sizeof(byte) };

	EXPECT_EQ(pln_sock_setsockopt(a_, client_, &opt), -EINVAL);
	EXPECT_EQ(pln_sock_getsockopt(a_, client_, &opt), -EINVAL);
	opt = { SOL_SOCKET, SO_LINGER, &byte, sizeof(byte) };
	EXPECT_EQ(pln_sock_setsockopt(a_, client_, &opt), -EINVAL);
	EXPECT_EQ(pln_sock_getsockopt(a_, client_, &opt), -EINVAL);
}

TEST_F(SockOpt, UrgentDataIsAlwaysInLine)
{
	int value = 0;
	pln_sock_opt opt = { SOL_SOCKET, SO_OOBINLINE, &value, sizeof(value) };

	EXPECT_EQ(pln_sock_setsockopt(a_, client_, &opt), -EOPNOTSUPP);
	EXPECT_EQ(pln_sock_getsockopt(a_, client_, &opt), 0);
	EXPECT_EQ(value, 1);
	EXPECT_EQ(pln_sock_setsockopt(a_, client_, &opt), 0);
}

TEST_F(SockOpt, LingerIsKeptAsGiven)
{
	linger in = { 1, 7 }, out = { 9, 9 };
	pln_sock_opt opt = { SOL_SOCKET, SO_LINGER, &out, sizeof(out) };

	EXPECT_EQ(pln_sock_getsockopt(a_, client_, &opt), 0);
	EXPECT_EQ(out.l_onoff, 0);
	opt.value = &in;
	EXPECT_EQ(pln_sock_setsockopt(a_, client_, &opt), 0);
	connect();
	opt.value = &out;
	EXPECT_EQ(pln_sock_getsockopt(a_, client_, &opt), 0);
	EXPECT_EQ(out.l_onoff, 1);
	EXPECT_EQ(out.l_linger, 7);
	in = { 0, 0 };
	opt.value = &in;
	EXPECT_EQ(pln_sock_setsockopt(a_, client_, &opt), 0);
	opt.value = &out;
	EXPECT_EQ(pln_sock_getsockopt(a_, client_, &opt), 0);
	EXPECT_EQ(out.l_onoff, 0);
}

TEST_F(SockOpt, SaysWhatItIs)
{
	EXPECT_EQ(get(a_, client_, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
	EXPECT_EQ(get(a_, client_, SOL_SOCKET, SO_DOMAIN), AF_INET);
	EXPECT_EQ(get(a_, client_, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
	EXPECT_EQ(get(a_, client_, SOL_SOCKET, SO_ERROR), 0);
	EXPECT_EQ(get(a_, client_, IPPROTO_IP, IP_MTU), -ENOTCONN);
	connect();
	EXPECT_EQ(get(a_, client_, IPPROTO_IP, IP_MTU), 1500);
}

TEST_F(SockOpt, CongestionControlIsNamed)
{
	char name[16] = "";
	pln_sock_opt opt = { IPPROTO_TCP, TCP_CONGESTION, name, sizeof(name) };
	char longer[] = "newreno2", cut[] = "newren", endless[] = "newreno_and_cubic",
	     reno[] = "newreno", cubic[] = "cubic";

	EXPECT_EQ(pln_sock_getsockopt(a_, client_, &opt), 0);
	EXPECT_STREQ(name, "cubic");
	for (char *text : { longer, cut, endless }) {
		opt = { IPPROTO_TCP, TCP_CONGESTION, text, strlen(text) };
		EXPECT_EQ(pln_sock_setsockopt(a_, client_, &opt), -ENOENT) << text;
	}
	opt = { IPPROTO_TCP, TCP_CONGESTION, reno, strlen(reno) };
	EXPECT_EQ(pln_sock_setsockopt(a_, client_, &opt), 0);
	connect();
	opt = { IPPROTO_TCP, TCP_CONGESTION, name, sizeof(name) };
	EXPECT_EQ(pln_sock_getsockopt(a_, client_, &opt), 0);
	EXPECT_STREQ(name, "newreno") << "what was asked for before there was a connection";
	opt = { IPPROTO_TCP, TCP_CONGESTION, cubic, strlen(cubic) };
	EXPECT_EQ(pln_sock_setsockopt(a_, client_, &opt), 0);
	opt = { IPPROTO_TCP, TCP_CONGESTION, name, sizeof(name) };
	EXPECT_EQ(pln_sock_getsockopt(a_, client_, &opt), 0);
	EXPECT_STREQ(name, "cubic");
}

TEST_F(SockOpt, InfoIsTheSnapshotCutToTheCallersSize)
{
	struct {
		struct pln_tcp_info info;
		uint64_t guard;
	} out = { {}, 0x5555 };
	pln_sock_opt opt = { IPPROTO_TCP, TCP_INFO, &out.info, sizeof(out.info) };

	out.info.size = sizeof(out.info);
	EXPECT_EQ(pln_sock_getsockopt(a_, client_, &opt), -ENOTCONN);
	connect();
	EXPECT_EQ(pln_sock_getsockopt(a_, client_, &opt), 0);
	EXPECT_EQ(out.info.state, PLN_TCP_ESTABLISHED);
	EXPECT_EQ(out.info.remote.port, 80);
	out.info.size = sizeof(out.info) + 8;
	EXPECT_EQ(pln_sock_getsockopt(a_, client_, &opt), -EINVAL)
		<< "more than the value has room for";
	EXPECT_EQ(out.guard, 0x5555u);
	out.info.size = 0;
	EXPECT_EQ(pln_sock_getsockopt(a_, client_, &opt), -EINVAL);
}

} // namespace
