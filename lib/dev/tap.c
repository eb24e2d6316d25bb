/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tun driver's ioctls. Decides how a tap is opened: frames alone, without a header of the driver's, so that the kernel completes
 * every checksum and cuts every segment before we see them. What is already as it must be is not touched, so that a user who owns the tap
 * needs no more rights than that.
 */
#include "dev/tap.h"

#include <ctype.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dev/linkinfo.h"

#define DEVICE "/dev/net/tun"

int
pln_tap_check_name(const char *name, struct pln_error *error)
{
	size_t len = strlen(name);
	bool good = len > 0 && len < PLN_NETIF_NAME_LEN && strcmp(name, ".") != 0 &&
	            strcmp(name, "..") != 0;

	for (size_t i = 0; good && i < len; i++)
		good = isgraph((unsigned char)name[i]) && strchr("/:%", name[i]) == NULL;
	if (good)
		return 0;
	return pln_error_set(error, -EINVAL,
	                     "An interface cannot be called \"%s\": up to %u characters, without "
	                     "blanks, / : or %%.",
	                     name, PLN_NETIF_NAME_LEN - 1);
}

static int
check_kind(const struct pln_netif *netif, enum pln_linkinfo_kind kind, struct pln_error *error)
{
	if (kind == PLN_LINKINFO_TUN)
		return pln_error_set(error, -EINVAL,
		                     "%s is a tun interface, which carries no Ethernet frames. "
		                     "Make a tap: ip tuntap add dev NAME mode tap",
		                     netif->name);
	if (kind == PLN_LINKINFO_OTHER)
		return pln_error_set(error, -EINVAL,
		                     "%s is no tap. Give the name of one (ip tuntap add dev NAME "
		                     "mode tap), or one that no interface has: it is then made.",
		                     netif->name);
	return 0;
}

static int
open_device(struct pln_error *error)
{
	int fd = open(DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	if (errno == EACCES || errno == EPERM)
		return pln_error_set(error, -EPERM, DEVICE " cannot be opened: %s.",
		                     strerror(errno));
	return pln_error_set(error, -ENOENT,
	                     DEVICE " cannot be opened (%s): the kernel has no taps. Try: "
	                            "modprobe tun",
	                     strerror(errno));
}

static int
explain_attach(const char *name, int rc, struct pln_error *error)
{
	if (rc == -EBUSY)
		return pln_error_set(error, rc, "Another program uses the tap %s.", name);
	if (rc == -EPERM)
		return pln_error_set(error, rc,
		                     "The tap %s cannot be had without the right to configure "
		                     "networks (CAP_NET_ADMIN). Have root make it for you: ip "
		                     "tuntap add dev %s mode tap user NAME",
		                     name, name);
	return pln_error_set(error, rc, "The tap %s cannot be opened: %s.", name, strerror(-rc));
}

/* A tap of several queues is opened as such, or not at all; an old kernel does not tell. */
static int
attach(struct pln_tap *tap, bool several, struct pln_error *error)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int rc;

	memcpy(request.ifr_name, tap->name, sizeof(tap->name));
	rc = ioctl(tap->fd, TUNSETIFF, &request);
	if (rc < 0 && errno == EINVAL && several) {
		request.ifr_flags |= IFF_MULTI_QUEUE;
		rc = ioctl(tap->fd, TUNSETIFF, &request);
	}
	if (rc < 0)
		return explain_attach(tap->name, -errno, error);
	rc = ioctl(tap->fd, TUNSETOFFLOAD, 0);
	return rc < 0 ? explain_attach(tap->name, -errno, error) : 0;
}

static int
set(int fd, unsigned long what, struct ifreq *request)
{
	return ioctl(fd, what, request) < 0 ? -errno : 0;
}

/* What it has now is in `netif`. */
static int
adjust(const struct pln_tap *tap, const struct pln_tap_config *config,
       const struct pln_netif *netif, int fd)
{
	struct ifreq request = { 0 };
	int rc = 0;

	memcpy(request.ifr_name, tap->name, sizeof(tap->name));
	if (memcmp(&netif->mac, &config->mac, sizeof(netif->mac)) != 0) {
		request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
		memcpy(request.ifr_hwaddr.sa_data, &config->mac, sizeof(config->mac));
		rc = set(fd, SIOCSIFHWADDR, &request);
	}
	if (rc == 0 && (netif->mtu > config->mtu || (tap->made && netif->mtu != config->mtu))) {
		request.ifr_mtu = config->mtu;
		rc = set(fd, SIOCSIFMTU, &request);
	}
	if (rc != 0 || !tap->made)
		return rc;
	rc = set(fd, SIOCGIFFLAGS, &request);
	request.ifr_flags |= IFF_UP;
	return rc == 0 ? set(fd, SIOCSIFFLAGS, &request) : rc;
}

static int
settle(const struct pln_tap *tap, const struct pln_tap_config *config, struct pln_error *error)
{
	struct pln_netif netif;
	int rc, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return pln_error_set(error, -errno, "There is no socket: %s.", strerror(errno));
	rc = pln_netif_get(tap->name, &netif);
	if (rc == 0)
		rc = adjust(tap, config, &netif, fd);
	close(fd);
	if (rc == 0)
		return 0;
	return pln_error_set(error, rc,
	                     "The tap %s cannot be given the port's MAC and an MTU of %u: %s.",
	                     tap->name, config->mtu, strerror(-rc));
}

int
pln_tap_open(struct pln_tap *tap, const struct pln_tap_config *config, struct pln_error *error)
{
	enum pln_linkinfo_kind kind = PLN_LINKINFO_TAP_SINGLE;
	struct pln_netif netif;
	int rc;

	*tap = (struct pln_tap){ .fd = -1, .up = true };
	rc = pln_tap_check_name(config->name, error);
	if (rc != 0)
		return rc;
	memcpy(tap->name, config->name, strlen(config->name));
	tap->made = pln_netif_get(tap->name, &netif) != 0;
	if (!tap->made) {
		kind = pln_linkinfo_get(netif.index);
		rc = check_kind(&netif, kind, error);
		if (rc != 0)
			return rc;
	}
	rc = open_device(error);
	if (rc < 0)
		return rc;
	tap->fd = rc;
	rc = attach(tap, kind == PLN_LINKINFO_TAP, error);
	if (rc == 0)
		rc = settle(tap, config, error);
	if (rc != 0)
		pln_tap_close(tap);
	return rc;
}

void
pln_tap_close(struct pln_tap *tap)
{
	if (tap->fd >= 0)
		close(tap->fd);
	tap->fd = -1;
}

void
pln_tap_set_carrier(struct pln_tap *tap, bool up)
{
	int carrier = up;

	if (up != tap->up && ioctl(tap->fd, TUNSETCARRIER, &carrier) == 0)
		tap->up = up;
}
