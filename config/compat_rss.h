/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hash functions of RSS, which DPDK names since 23.11: before, nobody could ask which one a device uses. Apart from compat.h, because
 * device headers are for the rooms of devices alone.
 */
#ifndef POLLEN_CONFIG_COMPAT_RSS_H
#define POLLEN_CONFIG_COMPAT_RSS_H

#include <stdbool.h>

#include <rte_ethdev.h>
#include <rte_version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Ask for Toeplitz where the device can be asked. */
static inline void
pln_compat_rss_ask_toeplitz(const struct rte_eth_dev_info *info, struct rte_eth_rss_conf *conf)
{
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
	if (info->rss_algo_capa & RTE_ETH_HASH_ALGO_CAPA_MASK(TOEPLITZ))
		conf->algorithm = RTE_ETH_HASH_FUNCTION_TOEPLITZ;
#else
	(void)info, (void)conf;
#endif
}

/* Does the device say that it uses another function? */
static inline bool
pln_compat_rss_other_function(const struct rte_eth_rss_conf *conf)
{
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
	return conf->algorithm != RTE_ETH_HASH_FUNCTION_DEFAULT &&
	       conf->algorithm != RTE_ETH_HASH_FUNCTION_TOEPLITZ;
#else
	(void)conf;
	return false;
#endif
}

#ifdef __cplusplus
}
#endif

#endif
