/* SPDX-License-Identifier: BSD-3-Clause */
/* A few addresses are remembered: the target, the routers that complain. Which of them goes first does not matter. */
#include "ping/names.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static bool
look_up(const struct pln_addr *addr, char *name, size_t len)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };

	memcpy(&sin.sin_addr, addr->bytes, 4);
	return getnameinfo((const struct sockaddr *)&sin, sizeof(sin), name, (socklen_t)len, NULL,
	                   0, NI_NAMEREQD) == 0;
}

const char *
names_get(struct names *names, const struct pln_addr *addr)
{
	char number[PLN_ADDR_TEXT_LEN];
	char name[NAMES_TEXT_LEN - PLN_ADDR_TEXT_LEN - 4];
	char *text;

	for (unsigned int i = 0; i < names->count; i++)
		if (memcmp(&names->kept[i].addr, addr, sizeof(*addr)) == 0)
			return names->kept[i].text;
	text = names->kept[names->next].text;
	names->kept[names->next].addr = *addr;
	names->next = (names->next + 1) % NAMES_KEPT;
	if (names->count < NAMES_KEPT)
		names->count++;
	pln_addr_format(addr, number);
	if (!names->is_numeric && look_up(addr, name, sizeof(name)))
		(void)snprintf(text, NAMES_TEXT_LEN, "%s (%s)", name, number);
	else
		(void)snprintf(text, NAMES_TEXT_LEN, "%s", number);
	return text;
}
