/* SPDX-License-Identifier: BSD-3-Clause */
#include "dev/linkinfo.h"

#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string>

#include <gtest/gtest.h>

namespace
{

std::string
attr(uint16_t type, const std::string &value)
{
	rtattr head = { (unsigned short)(sizeof(rtattr) + value.size()), type };
	std::string out(reinterpret_cast<char *>(&head), sizeof(head));

	out += value;
	out.resize(RTA_ALIGN(out.size()));
	return out;
}

std::string
message(const std::string &attrs, unsigned short hardware = ARPHRD_ETHER)
{
	nlmsghdr head = {};
	ifinfomsg info = {};

	head.nlmsg_type = RTM_NEWLINK;
	head.nlmsg_len = (uint32_t)(sizeof(head) + sizeof(info) + attrs.size());
	info.ifi_type = hardware;
	return std::string(reinterpret_cast<char *>(&head), sizeof(head)) +
	       std::string(reinterpret_cast<char *>(&info), sizeof(info)) + attrs;
}

const std::string tun_kind = attr(IFLA_INFO_KIND, std::string("tun", 4));

std::string
tun(char type, char queues)
{
	return attr(IFLA_IFNAME, std::string("t0", 3)) +
	       attr(IFLA_LINKINFO | NLA_F_NESTED,
	            tun_kind +
	                    attr(IFLA_INFO_DATA, attr(IFLA_TUN_TYPE, { type }) +
	                                                 attr(IFLA_TUN_MULTI_QUEUE, { queues })));
}

pln_linkinfo_kind
parse(const std::string &text)
{
	return pln_linkinfo_parse(text.data(), text.size());
}

} // namespace

TEST(Linkinfo, TunAndTapAreToldApart)
{
	EXPECT_EQ(parse(message(tun(IFF_TUN, 0), ARPHRD_NONE)), PLN_LINKINFO_TUN);
	EXPECT_EQ(parse(message(tun(IFF_TAP, 0))), PLN_LINKINFO_TAP_SINGLE);
	EXPECT_EQ(parse(message(tun(IFF_TAP, 1))), PLN_LINKINFO_TAP);
}

TEST(Linkinfo, OldKernelsTellOnlyTheHardware)
{
	std::string plain = attr(IFLA_LINKINFO, tun_kind);

	EXPECT_EQ(parse(message(plain)), PLN_LINKINFO_TAP);
	EXPECT_EQ(parse(message(plain, ARPHRD_NONE)), PLN_LINKINFO_TUN);
}

TEST(Linkinfo, OtherInterfacesAreNeither)
{
	EXPECT_EQ(parse(message("")), PLN_LINKINFO_OTHER);
	EXPECT_EQ(parse(message(attr(IFLA_LINKINFO, attr(IFLA_INFO_KIND, std::string("veth", 5))))),
	          PLN_LINKINFO_OTHER);
	EXPECT_EQ(pln_linkinfo_get(if_nametoindex("lo")), PLN_LINKINFO_OTHER);
	EXPECT_EQ(pln_linkinfo_get(0x7ffffff0), PLN_LINKINFO_OTHER);
}

TEST(Linkinfo, CutOffMessagesAreSafe)
{
	std::string whole = message(tun(IFF_TAP, 1));

	for (size_t len = 0; len < whole.size(); len++) {
		std::string cut = whole.substr(0, len);

		EXPECT_EQ(parse(cut), PLN_LINKINFO_OTHER);
		if (len < sizeof(nlmsghdr))
			continue;
		/* And one that claims to be whole. */
		*reinterpret_cast<uint32_t *>(cut.data()) = (uint32_t)len;
		parse(cut);
	}
}
