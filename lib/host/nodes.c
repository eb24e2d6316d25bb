/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The warning is DPDK's own, as its examples have it, so that it is found where people look for it. The remedy names as many processors
 * of the port's node as there are lcores now, from the kernel's list of them.
 */
#include "host/nodes.h"

#include <stdio.h>
#include <stdlib.h>

static bool
is_remote(const struct pln_nodes_facts *facts, unsigned int i)
{
	int node = facts->lcore[i].node;

	return facts->port_node >= 0 && node >= 0 && node != facts->port_node;
}

/* Of the kernel's list ("0-3,8-11") what comes first, `count` processors or all there are. */
static void
shorten(const char *list, unsigned int count, struct pln_text *text)
{
	const char *comma = "";

	while (count > 0 && *list >= '0' && *list <= '9') {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (last - first >= count)
			last = first + count - 1;
		count -= (unsigned int)(last - first + 1);
		pln_text_add(text, last > first ? "%s%lu-%lu" : "%s%lu", comma, first, last);
		comma = ",";
		list = *end == ',' ? end + 1 : end;
	}
}

static void
tell_remedy(const struct pln_nodes_facts *facts, struct pln_text *text)
{
	char path[256], list[1024] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/node%d/cpulist", facts->root, facts->port_node);
	file = fopen(path, "re");
	if (file == NULL)
		return;
	if (fgets(list, sizeof(list), file) != NULL && list[0] >= '0' && list[0] <= '9') {
		pln_text_add(text, " Lcores of node %d: -l ", facts->port_node);
		shorten(list, facts->n_lcores, text);
		pln_text_add(text, ".");
	}
	fclose(file);
}

void
pln_nodes_warn(const struct pln_nodes_facts *facts, struct pln_text *text)
{
	unsigned int remote = 0;

	for (unsigned int i = 0; i < facts->n_lcores; i++) {
		if (!is_remote(facts, i))
			continue;
		if (remote++ == 0)
			pln_text_add(text,
			             "port %u is on remote NUMA node to polling thread: it is on "
			             "node %d, and not so lcore",
			             facts->port, facts->port_node);
		pln_text_add(text, " %u", facts->lcore[i].id);
	}
	if (remote == 0)
		return;
	pln_text_add(text, ".");
	tell_remedy(facts, text);
	pln_text_add(text, "\n");
}
