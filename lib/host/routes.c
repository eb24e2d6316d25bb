/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads the kernel's IPv4 routing table to take over the prefix and the gateway that an interface already has. Numbers in that file
 * are network-order words printed as the host sees them.
 */
#include "host/routes.h"

#include <stdio.h>
#include <stdlib.h>

#define FLAG_UP      0x1U
#define FLAG_GATEWAY 0x2U
#define FLAG_REJECT  0x200U
#define FILE_MAX     (UINT64_C(1024) * 1024)

struct line {
	char interface[32];
	uint32_t dst, gateway, mask; /* network order */
	uint32_t flags, metric;
};

static bool
parse_line(const char *text, struct line *line)
{
	/* NOLINTNEXTLINE(cert-err34-c): the kernel wrote these numbers */
	return sscanf(text, "%31s %x %x %x %*u %*u %u %x", line->interface, &line->dst,
	              &line->gateway, &line->flags, &line->metric, &line->mask) == 6 &&
	       (line->flags & FLAG_UP) != 0 && (line->flags & FLAG_REJECT) == 0;
}

static uint32_t
addr_word(const struct pln_addr *addr)
{
	uint32_t word;

	memcpy(&word, addr->bytes, sizeof(word));
	return word;
}

static uint8_t
mask_len(uint32_t mask)
{
	return (uint8_t)__builtin_popcount(mask);
}

static void
take_line(struct pln_routes *routes, uint32_t *best_metric, const struct line *line, uint32_t ours)
{
	if ((line->flags & FLAG_GATEWAY) == 0) {
		uint8_t len = mask_len(line->mask);

		/* A route to one host alone is no subnet. */
		if ((ours & line->mask) == line->dst && len < 32 && len > routes->prefix_len)
			routes->prefix_len = len;
		return;
	}
	if (line->mask != 0 || line->dst != 0 || line->gateway == 0 || line->metric >= *best_metric)
		return;
	*best_metric = line->metric;
	routes->gateway.family = PLN_FAMILY_IP4;
	memcpy(routes->gateway.bytes, &line->gateway, sizeof(line->gateway));
}

struct pln_routes
pln_routes_parse(const char *text, const char *interface, const struct pln_addr *addr)
{
	struct pln_routes routes = { 0 };
	uint32_t best_metric = UINT32_MAX;

	while (text != NULL && *text != '\0') {
		struct line line;

		if (parse_line(text, &line) && strcmp(line.interface, interface) == 0)
			take_line(&routes, &best_metric, &line, addr_word(addr));
		text = strchr(text, '\n');
		if (text != NULL)
			text++;
	}
	return routes;
}

struct pln_routes
pln_routes_read(const char *path, const char *interface, const struct pln_addr *addr)
{
	struct pln_routes routes = { 0 };
	FILE *file = fopen(path, "re");
	char *text = file == NULL ? NULL : malloc(FILE_MAX);

	if (text != NULL) {
		text[fread(text, 1, FILE_MAX - 1, file)] = '\0';
		routes = pln_routes_parse(text, interface, addr);
	}
	free(text);
	if (file != NULL)
		fclose(file);
	return routes;
}
