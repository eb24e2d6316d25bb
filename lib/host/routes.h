/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The system's IPv4 routes of one interface, from the text of /proc/net/route.
 */
#ifndef POLLEN_HOST_ROUTES_H
#define POLLEN_HOST_ROUTES_H

#include "base/decl.h"

PLN_C_BEGIN

struct pln_routes {
	uint8_t prefix_len; /* of the longest on-link route that holds our address; 0: there is none */
	struct pln_addr
		gateway; /* of the default route with the lowest metric; family NONE: there is none */
};

/* @param text  NUL-terminated, the file's lines, header included; a line that is no route is passed over */
struct pln_routes pln_routes_parse(const char *text, const char *interface,
                                   const struct pln_addr *addr);

/* Read the file and parse it. An unreadable file has no routes. */
struct pln_routes pln_routes_read(const char *path, const char *interface,
                                  const struct pln_addr *addr);

PLN_C_END

#endif
