/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Turns a device's redirection table by one queue, as something beside us may do while we run: every flow arrives elsewhere from then on.
 */
#include "table.h"

#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>

#define GROUP  RTE_ETH_RETA_GROUP_SIZE
#define GROUPS (RTE_ETH_RSS_RETA_SIZE_512 / GROUP)

static int
turn(uint16_t port, uint16_t queues)
{
	struct rte_eth_rss_reta_entry64 groups[GROUPS] = { 0 };
	struct rte_eth_dev_info info;
	int rc = rte_eth_dev_info_get(port, &info);

	if (rc != 0)
		return rc;
	if (info.reta_size == 0 || info.reta_size > GROUPS * GROUP)
		return -ENOTSUP;
	for (unsigned int i = 0; i < info.reta_size; i++)
		groups[i / GROUP].mask |= UINT64_C(1) << i % GROUP;
	rc = rte_eth_dev_rss_reta_query(port, groups, info.reta_size);
	for (unsigned int i = 0; i < info.reta_size; i++) {
		uint16_t *queue = &groups[i / GROUP].reta[i % GROUP];

		*queue = (uint16_t)((*queue + 1) % queues);
	}
	return rc == 0 ? rte_eth_dev_rss_reta_update(port, groups, info.reta_size) : rc;
}

void
table_turn(uint16_t port, uint16_t queues)
{
	printf("turned: %s\n", strerror(-turn(port, queues)));
	fflush(stdout);
}
