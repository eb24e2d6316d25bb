/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Asks the kernel about an interface by ioctl. Only questions: what an interface is set to stays the administrator's business.
 */
#include "dev/netif.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int
ask(int fd, unsigned long question, struct ifreq *request)
{
	return ioctl(fd, question, request) < 0 ? -errno : 0;
}

static int
ask_all(int fd, struct ifreq *request, struct pln_netif *netif)
{
	int rc = ask(fd, SIOCGIFINDEX, request);

	if (rc < 0)
		return rc;
	netif->index = (uint32_t)request->ifr_ifindex;
	rc = ask(fd, SIOCGIFMTU, request);
	if (rc < 0)
		return rc;
	netif->mtu = request->ifr_mtu > UINT16_MAX ? UINT16_MAX : (uint16_t)request->ifr_mtu;
	rc = ask(fd, SIOCGIFFLAGS, request);
	if (rc < 0)
		return rc;
	netif->up = (request->ifr_flags & IFF_UP) != 0;
	netif->running = netif->up && (request->ifr_flags & IFF_RUNNING) != 0;
	rc = ask(fd, SIOCGIFHWADDR, request);
	if (rc < 0)
		return rc;
	netif->ethernet = request->ifr_hwaddr.sa_family == ARPHRD_ETHER;
	memcpy(netif->mac.bytes, request->ifr_hwaddr.sa_data, sizeof(netif->mac.bytes));
	return 0;
}

int
pln_netif_get(const char *name, struct pln_netif *out)
{
	struct ifreq request = { 0 };
	struct pln_netif netif = { 0 };
	size_t len = strlen(name);
	int fd, rc;

	if (len == 0 || len >= sizeof(request.ifr_name))
		return -ENODEV;
	memcpy(request.ifr_name, name, len);
	memcpy(netif.name, name, len);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	rc = ask_all(fd, &request, &netif);
	close(fd);
	if (rc == 0)
		*out = netif;
	return rc;
}

int
pln_netif_get_index(uint32_t index, struct pln_netif *out)
{
	char name[IF_NAMESIZE];

	if (index == 0 || if_indextoname(index, name) == NULL)
		return -ENODEV;
	return pln_netif_get(name, out);
}

int
pln_netif_accept_all(uint32_t index)
{
	struct packet_mreq membership = { .mr_ifindex = (int)index, .mr_type = PACKET_MR_PROMISC };
	/* Protocol 0: the socket itself receives nothing. */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	int rc;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof(membership)) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}
