/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads IFLA_LINKINFO (rtnetlink(7)): the kind "tun" stands for tun and tap, and its data tells which and how many queues. Every
 * length is checked: the message is the kernel's, but tests hand us others.
 */
#include "dev/linkinfo.h"

#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_MAX 32768U

/* A run of attributes. */
struct attrs {
	const uint8_t *at;
	size_t len;
};

struct request {
	struct nlmsghdr header;
	struct ifinfomsg info;
};

/* The value of the first attribute of a type; an empty run when there is none. */
static struct attrs
find_attr(struct attrs in, uint16_t type)
{
	struct rtattr head;

	while (in.len >= sizeof(head)) {
		size_t padded;

		memcpy(&head, in.at, sizeof(head));
		if (head.rta_len < sizeof(head) || head.rta_len > in.len)
			break;
		if ((head.rta_type & NLA_TYPE_MASK) == type)
			return (struct attrs){ in.at + sizeof(head), head.rta_len - sizeof(head) };
		padded = RTA_ALIGN(head.rta_len);
		if (padded > in.len)
			break;
		in.at += padded;
		in.len -= padded;
	}
	return (struct attrs){ in.at, 0 };
}

enum pln_linkinfo_kind
pln_linkinfo_parse(const void *message, size_t len)
{
	struct attrs attrs, info, kind, data, type, queues;
	struct request head;

	if (len < sizeof(head))
		return PLN_LINKINFO_OTHER;
	memcpy(&head, message, sizeof(head));
	if (head.header.nlmsg_type != RTM_NEWLINK || head.header.nlmsg_len < sizeof(head) ||
	    head.header.nlmsg_len > len)
		return PLN_LINKINFO_OTHER;
	attrs = (struct attrs){ (const uint8_t *)message + sizeof(head),
		                head.header.nlmsg_len - sizeof(head) };
	info = find_attr(attrs, IFLA_LINKINFO);
	kind = find_attr(info, IFLA_INFO_KIND);
	if (kind.len < 4 || memcmp(kind.at, "tun", 4) != 0)
		return PLN_LINKINFO_OTHER;
	data = find_attr(info, IFLA_INFO_DATA);
	type = find_attr(data, IFLA_TUN_TYPE);
	queues = find_attr(data, IFLA_TUN_MULTI_QUEUE);
	if (type.len > 0 ? *type.at == IFF_TUN : head.info.ifi_type != ARPHRD_ETHER)
		return PLN_LINKINFO_TUN;
	return queues.len > 0 && *queues.at == 0 ? PLN_LINKINFO_TAP_SINGLE : PLN_LINKINFO_TAP;
}

enum pln_linkinfo_kind
pln_linkinfo_get(uint32_t index)
{
	struct request request = {
		.header = { .nlmsg_len = sizeof(request),
		            .nlmsg_type = RTM_GETLINK,
		            .nlmsg_flags = NLM_F_REQUEST },
		.info = { .ifi_index = (int)index },
	};
	_Alignas(struct nlmsghdr) uint8_t answer[MESSAGE_MAX];
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ssize_t n = -1;

	if (fd < 0)
		return PLN_LINKINFO_OTHER;
	if (send(fd, &request, sizeof(request), 0) == (ssize_t)sizeof(request))
		n = recv(fd, answer, sizeof(answer), 0);
	close(fd);
	return n > 0 ? pln_linkinfo_parse(answer, (size_t)n) : PLN_LINKINFO_OTHER;
}
