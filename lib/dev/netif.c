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

#define DESCRIPTORS 4096 /* rings are opened early */

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

/* A membership's socket (above) speaks the first version of packet rings, as all do that have none. */
static bool
is_packet_ring(int fd, uint32_t index)
{
	struct sockaddr_ll name = { 0 };
	socklen_t len = sizeof(name);
	int version = TPACKET_V1;
	socklen_t version_len = sizeof(version);

	if (getsockname(fd, (struct sockaddr *)&name, &len) != 0 || name.sll_family != AF_PACKET ||
	    name.sll_ifindex != (int)index)
		return false;
	return getsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, &version_len) == 0 &&
	       version == TPACKET_V2;
}

int
pln_netif_packet_ring(uint32_t index, unsigned int i)
{
	for (int fd = 0; fd < DESCRIPTORS; fd++)
		if (is_packet_ring(fd, index) && i-- == 0)
			return fd;
	return -ENOENT;
}

static bool
is_xdp_socket(int fd)
{
	int domain = 0;
	socklen_t len = sizeof(domain);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_XDP;
}

int
pln_netif_xdp_socket(void)
{
	int found = -ENOENT;

	for (int fd = 0; fd < DESCRIPTORS; fd++) {
		if (!is_xdp_socket(fd))
			continue;
		if (found >= 0)
			return -ENOENT;
		found = fd;
	}
	return found;
}
