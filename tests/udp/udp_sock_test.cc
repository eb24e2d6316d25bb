/* SPDX-License-Identifier: BSD-3-Clause */
/* A socket's names and life: handles, ports, addresses, peers, options (RFC 1122 §4.1, RFC 6056). */
#include <set>

#include "udp/udp_host.h"

namespace
{
class UdpSock : public UdpHost
{
      protected:
	int
	try_bind(Be32 addr, uint16_t port, bool reuse = false)
	{
		pln_udp_sock *s = open();
		pln_endpoint local = endpoint(addr, port);
		int ret;

		pln_usock_opt_set(s, PLN_UDP_OPT_REUSEADDR, reuse);
		ret = pln_usock_bind(s, &local);
		if (ret != 0)
			pln_usock_close(s);
		return ret;
	}
};

TEST_F(UdpSock, ADeadHandleNamesNothing)
{
	uint64_t handle = open()->handle;

	EXPECT_NE(pln_usock_find(&udp, handle), nullptr);
	pln_usock_close(pln_usock_find(&udp, handle));
	EXPECT_EQ(pln_usock_find(&udp, handle), nullptr);
	EXPECT_EQ(pln_usock_find(&udp, 0), nullptr);
	open();
	EXPECT_EQ(pln_usock_find(&udp, handle), nullptr);
	EXPECT_EQ(pln_usock_find(&udp, UINT64_C(1) << 32 | 1), nullptr) << "a connection's";
}

TEST_F(UdpSock, TheNumberOfSocketsIsBounded)
{
	uint64_t handle;

	for (unsigned int i = 0; i < 64; i++)
		open();
	EXPECT_EQ(pln_usock_open(&udp, nullptr, &handle), -ENOMEM);
}

TEST_F(UdpSock, APortHasOneOwnerUnlessBothShareIt)
{
	Be32 second_addr = addr4(10, 0, 0, 77);

	ASSERT_EQ(pln_ip_addr_add(&ip, second_addr, 24, false), 0);
	EXPECT_EQ(try_bind(our_addr, 5000), 0);
	EXPECT_EQ(try_bind(our_addr, 5000), -EADDRINUSE);
	EXPECT_EQ(try_bind(any_addr, 5000), -EADDRINUSE);
	EXPECT_EQ(try_bind(any_addr, 5000, true), -EADDRINUSE) << "the other does not share";
	EXPECT_EQ(try_bind(second_addr, 5000), 0);
	EXPECT_EQ(try_bind(our_addr, 6000, true), 0);
	EXPECT_EQ(try_bind(any_addr, 6000, true), 0);
	EXPECT_EQ(try_bind(our_addr, 6000, true), -EADDRINUSE) << "which would get a datagram?";
}

TEST_F(UdpSock, BindIsRefusedWithTheReason)
{
	pln_udp_sock *s = bound();
	pln_endpoint again = endpoint(any_addr, 5005), six{};

	EXPECT_EQ(pln_usock_bind(s, &again), -EINVAL);
	EXPECT_EQ(try_bind(peer_addr, 5000), -EADDRNOTAVAIL);
	six.addr.family = PLN_FAMILY_IP6;
	EXPECT_EQ(pln_usock_bind(open(), &six), -EAFNOSUPPORT);
}

TEST_F(UdpSock, APortIsFreeAgainWhenItsSocketCloses)
{
	pln_usock_close(bound(5000));
	EXPECT_EQ(try_bind(any_addr, 5000), 0);
}

TEST_F(UdpSock, PortsAreChosenFromTheRangeEachOnceRfc6056)
{
	std::set<uint16_t> seen;
	pln_endpoint any{};

	pln_sport_init(&udp.sport, &env.secret, 40000, 40009);
	for (unsigned int i = 0; i < 10; i++) {
		pln_udp_sock *s = open();

		EXPECT_EQ(pln_usock_bind(s, &any), 0);
		EXPECT_GE(s->key.local_port, 40000);
		EXPECT_LE(s->key.local_port, 40009);
		seen.insert(s->key.local_port);
	}
	EXPECT_EQ(seen.size(), 10U);

	pln_udp_sock *s = open();
	pln_endpoint remote = endpoint(peer_addr, 53);

	EXPECT_EQ(pln_usock_bind(s, &any), -EADDRNOTAVAIL);
	EXPECT_EQ(pln_usock_connect(s, &remote), -EADDRNOTAVAIL);
	EXPECT_EQ(send(s, {}, remote), -EADDRNOTAVAIL);
}

TEST_F(UdpSock, ConnectGivesPortAndAddressAndDisconnectTakesTheAddress)
{
	pln_udp_sock *s = open();
	pln_endpoint remote = endpoint(peer_addr, 53);
	struct pln_udp_info info = {};
	uint16_t port;

	EXPECT_EQ(pln_usock_connect(s, &remote), 0);
	pln_usock_info(s, &info);
	EXPECT_EQ(memcmp(info.local.addr.bytes, &our_addr, 4), 0);
	EXPECT_EQ(memcmp(info.remote.addr.bytes, &peer_addr, 4), 0);
	EXPECT_EQ(info.remote.port, 53);
	port = info.local.port;
	EXPECT_NE(port, 0);
	EXPECT_EQ(pln_usock_connect(s, &nowhere), 0);
	EXPECT_EQ(pln_usock_connect(s, &nowhere), 0) << "once more does nothing";
	pln_usock_info(s, &info);
	EXPECT_EQ(info.local.addr.family, PLN_FAMILY_NONE);
	EXPECT_EQ(info.local.port, port);
	EXPECT_EQ(info.remote.addr.family, PLN_FAMILY_NONE);
}

TEST_F(UdpSock, ConnectIsRefusedWithTheReasonAndChangesNothing)
{
	pln_udp_sock *s = connected();
	pln_endpoint bad = endpoint(addr4(224, 0, 0, 1), 53);

	EXPECT_EQ(pln_usock_connect(s, &bad), -EOPNOTSUPP);
	bad = endpoint(addr4(10, 0, 0, 255), 53);
	EXPECT_EQ(pln_usock_connect(s, &bad), -EACCES);
	bad = endpoint(peer_addr, 0);
	EXPECT_EQ(pln_usock_connect(s, &bad), -EINVAL);
	bad = endpoint(our_addr, 53);
	EXPECT_EQ(pln_usock_connect(s, &bad), -ENETUNREACH);
	EXPECT_EQ(receive(), PLN_ACCEPT) << "still with the first peer";
	EXPECT_EQ(send(s, {}), 0);
}

TEST_F(UdpSock, TwoCannotHaveTheSamePeerFromTheSamePlace)
{
	pln_udp_sock *first = open(), *other = open();
	pln_endpoint here = endpoint(our_addr, 5000), any = endpoint(any_addr, 5000);
	pln_endpoint remote = endpoint(peer_addr, 53);

	for (pln_udp_sock *s : { first, other })
		pln_usock_opt_set(s, PLN_UDP_OPT_REUSEADDR, 1);
	EXPECT_EQ(pln_usock_bind(first, &here), 0);
	EXPECT_EQ(pln_usock_bind(other, &any), 0);
	EXPECT_EQ(pln_usock_connect(first, &remote), 0);
	EXPECT_EQ(pln_usock_connect(other, &remote), -EADDRINUSE);
	EXPECT_EQ(pln_usock_connect(first, &nowhere), 0);
	EXPECT_EQ(pln_usock_connect(other, &remote), 0);
}

TEST_F(UdpSock, OptionsHaveRangesAndRememberTheirValue)
{
	struct Case {
		pln_udp_opt opt;
		int64_t min, max, initial;
	};
	pln_udp_sock *s = open();
	int64_t value;

	for (const Case &c :
	     { Case{ PLN_UDP_OPT_RCVBUF, 2048, 1 << 30, 1 << 20 },
	       Case{ PLN_UDP_OPT_RCVQ, 1, INT32_MAX, 1024 }, Case{ PLN_UDP_OPT_BROADCAST, 0, 1, 0 },
	       Case{ PLN_UDP_OPT_TTL, 1, 255, 64 }, Case{ PLN_UDP_OPT_TOS, 0, 255, 0 },
	       Case{ PLN_UDP_OPT_MTU_DISCOVER, 0, 2, 1 }, Case{ PLN_UDP_OPT_NO_CHECKSUM, 0, 1, 0 },
	       Case{ PLN_UDP_OPT_ERRORS, 0, 1, 0 }, Case{ PLN_UDP_OPT_REUSEADDR, 0, 1, 0 } }) {
		EXPECT_EQ(pln_usock_opt_get(s, c.opt, &value), 0);
		EXPECT_EQ(value, c.initial) << c.opt;
		EXPECT_EQ(pln_usock_opt_set(s, c.opt, c.min - 1), -EINVAL) << c.opt;
		EXPECT_EQ(pln_usock_opt_set(s, c.opt, c.max + 1), -EINVAL) << c.opt;
		for (int64_t set : { c.max, c.min }) {
			EXPECT_EQ(pln_usock_opt_set(s, c.opt, set), 0);
			EXPECT_EQ(pln_usock_opt_get(s, c.opt, &value), 0);
			EXPECT_EQ(value, set) << c.opt;
		}
	}
	EXPECT_EQ(pln_usock_opt_set(s, static_cast<pln_udp_opt>(0), 1), -ENOPROTOOPT);
	EXPECT_EQ(pln_usock_opt_set(s, static_cast<pln_udp_opt>(99), 1), -ENOPROTOOPT);
	EXPECT_EQ(pln_usock_opt_get(s, static_cast<pln_udp_opt>(99), &value), -ENOPROTOOPT);
}
} // namespace
