/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ping(8) has letters for things that only the kernel's sockets have, or that this stack does not do. To pass them over would be to
 * answer another question than the one that was asked, so each is refused, with the reason.
 */
#include "ping/refused.h"

#include <stddef.h>

const char *
refused_why(int letter)
{
	switch (letter) {
	case '6':
		return "IPv6 is not in this version";
	case 'F':
	case 'N':
		return "it is for IPv6, which is not in this version";
	case 'C':
	case 'd':
	case 'm':
	case 'S':
		return "it is for the kernel's sockets, and there is none here";
	case 'L':
		return "there is no multicast here";
	case 'r':
		return "routes are what --ip and --gw say; --arp asks a host on the link";
	case 'R':
	case 'T':
		return "no IP options are sent here";
	default:
		return NULL;
	}
}
