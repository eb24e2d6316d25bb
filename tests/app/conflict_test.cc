/* SPDX-License-Identifier: BSD-3-Clause */
/* What a user reads of address conflicts, and how often; the stack's list of addresses, from which it is read. */
#include "common/conflict.h"

#include <gtest/gtest.h>

#include "support/two_hosts.h"

namespace
{

using namespace support;

class ConflictRfc5227 : public ::testing::Test
{
      protected:
	explicit ConflictRfc5227(const char *mode = "detect") : host_(with(mode), "10.0.0.1", 1)
	{
		pln_addr second = ip4("10.0.0.7");

		EXPECT_EQ(pln_stack_addr_add(host_.stack(), &second, 24), 0);
		wait(20 * PLN_NS_PER_S);
	}

	static HostOptions
	with(const char *mode)
	{
		HostOptions options;

		options.options.emplace_back("acd", mode);
		return options;
	}

	void
	wait(uint64_t ns)
	{
		for (uint64_t end = now_ + ns; now_ < end;) {
			now_ += 100 * PLN_NS_PER_MS;
			pln_stack_run(host_.stack(), now_);
		}
		while (host_.collect())
			continue;
	}

	/* Host 0x66 says that an address is its own. */
	void
	rival(const char *addr)
	{
		Frame f;
		Arp arp;

		f.dst = host_.mac;
		f.src = mac(0x66);
		f.type = ETH_ARP;
		arp.opcode = 2;
		arp.sha = f.src;
		arp.tha = host_.mac;
		arp.spa = ip4(addr);
		arp.tpa = host_.addr;
		f.arp = arp;

		Bytes bytes = f.bytes();

		ASSERT_EQ(pln_memlink_inject(host_.link(), bytes.data(), bytes.size(), 0), 0);
		wait(100 * PLN_NS_PER_MS);
	}

	bool
	look()
	{
		return conflict_look(&conflict_, host_.stack(), now_, &warning_);
	}

	uint64_t now_ = 0;
	Host host_;
	conflict conflict_{};
	pln_error warning_{};
};

class LostRfc5227 : public ConflictRfc5227
{
      protected:
	LostRfc5227() : ConflictRfc5227("full")
	{
	}
};

TEST_F(ConflictRfc5227, QuietWhereNobodyElseSpeaks)
{
	pln_error error{};

	EXPECT_FALSE(look());
	EXPECT_FALSE(conflict_.is_lost);
	EXPECT_FALSE(conflict_explain(host_.stack(), &error));
	EXPECT_STREQ(error.text, "");
}

TEST_F(ConflictRfc5227, TheWarningNamesAddressAndRival)
{
	rival("10.0.0.7");
	ASSERT_TRUE(look());
	EXPECT_STREQ(warning_.text,
	             "another host on this link, 02:00:00:00:00:66, uses our address 10.0.0.7 too: "
	             "connections may break. Choose another address.");
	EXPECT_FALSE(look()) << "it was told";
	EXPECT_FALSE(conflict_.is_lost);
}

TEST_F(ConflictRfc5227, WarningsComeOnceInTenSeconds)
{
	unsigned int warnings = 0;

	for (int i = 0; i < 250; i++) {
		rival("10.0.0.1");
		warnings += look();
	}
	EXPECT_EQ(warnings, 3U);
	wait(20 * PLN_NS_PER_S);
	EXPECT_TRUE(look()) << "of those that were not told";
	EXPECT_FALSE(look());
}

TEST_F(LostRfc5227, AnAddressGivenUpIsExplained)
{
	pln_error error = { -EADDRNOTAVAIL, "It broke." };

	rival("10.0.0.7");
	rival("10.0.0.7");
	look();
	EXPECT_TRUE(conflict_.is_lost);
	ASSERT_TRUE(conflict_explain(host_.stack(), &error));
	EXPECT_STREQ(error.text,
	             "It broke. Our address 10.0.0.7 was given up: another host on this link, "
	             "02:00:00:00:00:66, uses it. Choose another address.");
}

TEST_F(ConflictRfc5227, AddressesAreListedInTheirOrder)
{
	pln_addr_info info{};
	pln_addr nobody = ip4("10.0.0.99"), six{};

	info.size = sizeof(info);
	ASSERT_EQ(pln_stack_addr_next(host_.stack(), nullptr, &info), 0);
	EXPECT_EQ(info.addr.bytes[3], 1);
	ASSERT_EQ(pln_stack_addr_next(host_.stack(), &info.addr, &info), 0);
	EXPECT_EQ(info.addr.bytes[3], 7);
	EXPECT_EQ(info.prefix_len, 24);
	EXPECT_TRUE(info.checked);
	EXPECT_EQ(pln_stack_addr_next(host_.stack(), &info.addr, &info), -ENOENT);
	EXPECT_EQ(pln_stack_addr_next(host_.stack(), &nobody, &info), -ENOENT);
	six.family = PLN_FAMILY_IP6;
	EXPECT_EQ(pln_stack_addr_next(host_.stack(), &six, &info), -EAFNOSUPPORT);
	info.size = 0;
	EXPECT_EQ(pln_stack_addr_next(host_.stack(), nullptr, &info), -EINVAL);
}

} // namespace
